//! What was proved, at the end.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::evidence::Row;
use super::play::Stop;
use super::stage::Paint;

/// All claims, and what was seen of each.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) holds: bool,
    rows: Vec<Row>,
    /// Why the demo ended before its end, where it did.
    stopped: Vec<String>,
    seconds: f64,
    #[serde(skip)]
    paint: Paint,
}

impl Report {
    pub(super) fn new(rows: Vec<Row>, stopped: Vec<Stop>, took: Duration, paint: Paint) -> Self {
        Self {
            holds: rows.iter().all(|row| row.holds) && stopped.is_empty(),
            rows,
            stopped: stopped.into_iter().map(|stop| stop.0).collect(),
            seconds: (took.as_secs_f64() * 10.0).round() / 10.0,
            paint,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { paint, rows, .. } = self;
        let width = |text: fn(&Row) -> &str| {
            let widths = rows.iter().map(|row| text(row).chars().count());
            widths.max().unwrap_or_default()
        };
        let claims = width(|row| row.claim);
        let figures = width(|row| &row.seen);
        writeln!(f, "\n  {}", paint.strong("What was proved"))?;
        let rule = "─".repeat(claims + figures + 6);
        writeln!(f, "  {}", paint.faint(&rule))?;
        for Row { claim, seen, holds } in rows {
            let mark = if *holds {
                paint.good("✓")
            } else {
                paint.bad("✗")
            };
            writeln!(f, "  {mark}  {claim:claims$}   {seen}")?;
        }
        writeln!(f, "  {}", paint.faint(&rule))?;
        let all = rows.len();
        let failed = rows.iter().filter(|row| !row.holds).count();
        let sum = if failed == 0 {
            paint.good(format!("All {all} hold."))
        } else {
            paint.bad(format!("{failed} of {all} do not hold."))
        };
        writeln!(f, "  {sum} {} s", self.seconds)?;
        for stop in &self.stopped {
            writeln!(f, "  {} {stop}", paint.bad("The demo stopped:"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(holds: bool, stopped: Vec<Stop>) -> Report {
        let row = |claim, holds| Row {
            claim,
            seen: "as seen".to_owned(),
            holds,
        };
        let rows = vec![row("one", true), row("another", holds)];
        let took = Duration::from_millis(1_234);
        Report::new(rows, stopped, took, Paint::new(true))
    }

    #[test]
    fn all_rows_have_to_hold() {
        let report = report(true, Vec::new());
        assert!(report.holds);
        let text = report.to_string();
        assert!(text.contains("✓  one       as seen"), "{text}");
        assert!(text.contains("All 2 hold. 1.2 s"), "{text}");
    }

    #[test]
    fn a_row_that_does_not_hold_is_marked_and_told() {
        let report = report(false, Vec::new());
        assert!(!report.holds);
        let text = report.to_string();
        assert!(text.contains("✓  one"), "{text}");
        assert!(text.contains("✗  another"), "{text}");
        assert!(text.contains("1 of 2 do not hold."), "{text}");
    }

    #[test]
    fn a_demo_that_stopped_does_not_hold() {
        let report = report(true, vec![Stop("the device died".to_owned())]);
        assert!(!report.holds);
        assert!(report.to_string().contains("the device died"));
    }
}
