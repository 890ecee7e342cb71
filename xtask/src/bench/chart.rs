//! Bar charts as SVG, in colours that are readable on light and on dark ground.

use std::fmt::Write as _;

use super::series::Series;

const WIDTH: f64 = 760.0;
/// Where the bars begin: their names stand before it.
const LEFT: f64 = 190.0;
/// What is left behind the longest bar for its figure.
const RIGHT: f64 = 150.0;
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
const HEADING: f64 = 34.0;

const TEXT: &str = "#6e7781";
const OURS: &str = "#2f81f7";
const THEIRS: &str = "#8c959f";
const MARK: &str = "#d1433f";

/// Horizontal bars from zero, all on one scale.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    /// A budget, drawn as a line.
    pub(super) limit: Option<f64>,
    pub(super) groups: Vec<Group>,
}

/// Bars that belong together.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
}

/// A median, with a whisker from the first quartile to the third.
pub(super) struct Bar {
    name: String,
    median: f64,
    quartiles: (f64, f64),
    is_ours: bool,
}

impl Bar {
    pub(super) fn new(name: &str, figures: &Series, is_ours: bool) -> Self {
        Self {
            name: name.to_owned(),
            median: figures.median(),
            quartiles: (figures.quantile(0.25), figures.quantile(0.75)),
            is_ours,
        }
    }
}

impl Chart {
    pub(super) fn to_svg(&self) -> String {
        let mut body = String::new();
        let mut y = 24.0;
        label(&mut body, 0.0, y, "start", "bold", self.title);
        for group in &self.groups {
            y += HEADING;
            label(&mut body, 0.0, y, "start", "normal", &group.title);
            y += 8.0;
            for bar in &group.bars {
                self.draw(&mut body, y, bar);
                y += ROW;
            }
        }
        if let Some(limit) = self.limit {
            let x = LEFT + self.scale(limit);
            let top = 24.0 + HEADING / 2.0;
            let _ = write!(
                body,
                r#"<path d="M{x:.1} {top:.1}V{y:.1}" stroke="{MARK}" stroke-dasharray="4 3"/>"#
            );
            let text = format!("budget {limit} {}", self.unit);
            label(&mut body, x + 6.0, top + 10.0, "start", "normal", &text);
        }
        let height = y + 8.0;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" font-family="system-ui,sans-serif" font-size="13"><title>{}</title>{body}</svg>
"#,
            escape(self.title)
        )
    }

    fn draw(&self, body: &mut String, y: f64, bar: &Bar) {
        let text_y = y + BAR - 3.0;
        label(body, LEFT - 8.0, text_y, "end", "normal", &bar.name);
        let colour = if bar.is_ours { OURS } else { THEIRS };
        let width = self.scale(bar.median).max(1.0);
        let _ = write!(
            body,
            r#"<rect x="{LEFT}" y="{y:.1}" width="{width:.1}" height="{BAR}" rx="2" fill="{colour}"/>"#
        );
        let (from, to) = bar.quartiles;
        let (from, to) = (LEFT + self.scale(from), LEFT + self.scale(to));
        let middle = y + BAR / 2.0;
        let _ = write!(
            body,
            r#"<path d="M{from:.1} {middle:.1}H{to:.1}" stroke="{TEXT}" stroke-width="1.5"/>"#
        );
        let figure = format!("{} {}", round(bar.median), self.unit);
        let x = (LEFT + width).max(to) + 8.0;
        label(body, x, text_y, "start", "normal", &figure);
    }

    fn scale(&self, figure: f64) -> f64 {
        figure / self.longest() * (WIDTH - LEFT - RIGHT)
    }

    fn longest(&self) -> f64 {
        let bars = self.groups.iter().flat_map(|group| &group.bars);
        let longest = bars
            .map(|bar| bar.quartiles.1)
            .fold(f64::MIN_POSITIVE, f64::max);
        longest.max(self.limit.unwrap_or_default())
    }
}

fn round(figure: f64) -> String {
    if figure < 100.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.0}")
    }
}

fn label(body: &mut String, x: f64, y: f64, anchor: &str, weight: &str, text: &str) {
    let text = escape(text);
    let _ = write!(
        body,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" font-weight="{weight}" fill="{TEXT}">{text}</text>"#
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
