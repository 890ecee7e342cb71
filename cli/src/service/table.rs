//! Tables for people.

use std::fmt;

use crate::output::plain;

/// Rows of cells, in columns that are as wide as they need to be.
#[derive(Debug)]
pub(super) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty one. A head that begins with `>` is that of a column of numbers.
    pub(super) fn new(heads: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            heads: heads.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells = cells.into_iter().map(|cell| plain(cell.as_ref()));
        self.rows.push(cells.collect());
    }

    fn width(&self, column: usize) -> usize {
        let head = self.heads.get(column).map_or("", |head| bare(head));
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths.fold(head.chars().count(), usize::max)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = self.heads.iter().map(|head| bare(head).to_owned());
        let heads: Vec<String> = heads.collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                let is_number = self.heads.get(column).is_some_and(|h| h.starts_with('>'));
                match is_number {
                    true => line.push_str(&format!("{cell:>width$}  ")),
                    false => line.push_str(&format!("{cell:<width$}  ")),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn bare(head: &str) -> &str {
    head.trim_start_matches('>')
}

/// A moment, to the minute.
pub(super) fn moment(iso: &str) -> String {
    iso.get(..16).unwrap_or(iso).replacen('T', " ", 1)
}

/// Percent, without digits that say nothing.
pub(super) fn percent(share: f64) -> String {
    format!("{share} %")
}

pub(super) fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Names with commas between, or what their absence means.
pub(super) fn names(names: &[String], none: &str) -> String {
    match names {
        [] => none.to_owned(),
        names => names.join(", "),
    }
}
