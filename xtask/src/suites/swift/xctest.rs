//! Reads what XCTest prints.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::super::{Outcome, Tally};
use super::Result;

/// Runs `swift test`, counts each test, and passes on what else it prints.
///
/// # Errors
///
/// It doesn't compile, or ends without a verdict on a test.
pub(super) fn run(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut report = Report::default();
    if let Some(stdout) = child.stdout.take() {
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        while stdout.read_until(b'\n', &mut line)? > 0 {
            report.read(String::from_utf8_lossy(&line).trim_end(), tally);
            line.clear();
        }
    }
    let status = child.wait()?;
    if let Some(test) = report.running {
        tally.note(&test, Outcome::Failed);
    }
    if !status.success() && report.failed == 0 {
        return Err(format!("swift test ended with {status}").into());
    }
    if report.ended == 0 {
        return Err("swift test ran no test".into());
    }
    Ok(())
}

#[derive(Default)]
struct Report {
    running: Option<String>,
    ended: usize,
    failed: usize,
}

impl Report {
    /// `Test Case 'StartTests.testIt' started at …`, `Test Case 'StartTests.testIt' passed (0.1 seconds)`
    fn read(&mut self, line: &str, tally: &mut Tally) {
        let case = line
            .strip_prefix("Test Case '")
            .and_then(|rest| rest.split_once("' "));
        let Some((test, what)) = case else {
            if !is_noise(line) {
                println!("{line}");
            }
            return;
        };
        let name = format!("swift::{}", test.replace('.', "::"));
        let outcome = match what.split([' ', '.']).next() {
            Some("passed") => Outcome::Passed,
            Some("skipped") => Outcome::Skipped("it says so".to_owned()),
            Some("failed") => Outcome::Failed,
            _ => {
                self.running = Some(name);
                return;
            }
        };
        self.running = None;
        self.ended += 1;
        self.failed += usize::from(outcome == Outcome::Failed);
        tally.note(&name, outcome);
    }
}

/// Steps of the build and sums, a line each.
fn is_noise(line: &str) -> bool {
    line.starts_with('[') || line.starts_with("Test Suite '") || line.starts_with("\t Executed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(lines: &[&str]) -> (Report, String) {
        let (mut report, mut tally) = (Report::default(), Tally::default());
        for line in lines {
            report.read(line, &mut tally);
        }
        (report, tally.total())
    }

    #[test]
    fn every_test_is_counted() {
        let (report, total) = tally_of(&[
            "Test Suite 'All tests' started at 2026-11-21 21:00:00.000",
            "Test Case 'StartTests.testOne' started at 2026-11-21 21:00:00.000",
            "Test Case 'StartTests.testOne' passed (0.012 seconds)",
            "Test Case 'StartTests.testTwo' started at 2026-11-21 21:00:00.000",
            "StartTests.swift:3: error: StartTests.testTwo : XCTAssertEqual failed",
            "Test Case 'StartTests.testTwo' failed (0.1 seconds)",
            "\t Executed 2 tests, with 1 failure (0 unexpected) in 0.1 (0.1) seconds",
        ]);
        assert_eq!(total, "total: 1 passed, 1 failed, 0 skipped");
        assert_eq!((report.ended, report.failed, report.running), (2, 1, None));
    }

    #[test]
    fn a_test_that_never_ends_is_remembered() {
        let (report, _) = tally_of(&["Test Case 'StartTests.testOne' started at 2026-11-21"]);
        assert_eq!(
            report.running.as_deref(),
            Some("swift::StartTests::testOne")
        );
    }
}
