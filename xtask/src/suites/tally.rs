//! Counts tests by what they print.

use std::collections::BTreeMap;
use std::fmt;

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// With the reason.
    Skipped(String),
}

/// How the tests went.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
    failures: Vec<String>,
    /// By the test's name: why it was skipped.
    skipped: BTreeMap<String, String>,
}

impl Tally {
    /// Counts a test, and prints its line.
    pub(crate) fn note(&mut self, name: &str, outcome: Outcome) {
        match outcome {
            Outcome::Passed => {
                println!("test {name} ... ok");
                self.passed += 1;
            }
            Outcome::Failed => {
                println!("test {name} ... FAILED");
                self.failed += 1;
                self.failures.push(name.to_owned());
            }
            Outcome::Skipped(reason) => {
                println!("test {name} ... ignored, {reason}");
                self.ignored += 1;
                self.skipped.insert(name.to_owned(), reason);
            }
        }
    }

    /// Takes in a line of a test run, as `cargo test` prints them.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some(result) = line.strip_prefix("test result: ") {
            for part in result.split([';', '.']) {
                match part.trim().split_once(' ') {
                    Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                    Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                    Some((count, "ignored")) => self.ignored += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(total) = line.strip_prefix("total: ") {
            // The last line of our own run, which has counted all lines before it.
            for part in total.split(", ") {
                match part.split_once(' ') {
                    Some((count, "passed")) => self.passed = count.parse().unwrap_or(0),
                    Some((count, "failed")) => self.failed = count.parse().unwrap_or(0),
                    Some((count, "skipped")) => self.ignored = count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(test) = line.strip_prefix("test ") {
            if let Some(name) = test.strip_suffix(" ... FAILED") {
                self.failures.push(name.to_owned());
            } else if let Some((name, reason)) = test.split_once(" ... ignored, ") {
                self.skipped.insert(name.to_owned(), reason.to_owned());
            }
        }
    }

    /// Takes in a line `TEST: REASON` of a test that ended early for want of something.
    pub(crate) fn note_early_end(&mut self, line: &str) {
        // A test's name has colons in pairs only, and no spaces.
        if let Some((name, reason)) = line.split_once(": ")
            && self
                .skipped
                .insert(name.to_owned(), reason.to_owned())
                .is_none()
        {
            // To the test runner it's one that passed.
            self.passed = self.passed.saturating_sub(1);
            self.ignored += 1;
        }
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    pub(crate) fn has_skipped(&self) -> bool {
        !self.skipped.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0
    }

    /// The closing line.
    pub(crate) fn total(&self) -> String {
        let Self {
            passed,
            failed,
            ignored,
            ..
        } = self;
        format!("total: {passed} passed, {failed} failed, {ignored} skipped")
    }
}

/// What failed and what was skipped, a line each.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.failures {
            writeln!(f, "failed: {name}")?;
        }
        for (name, reason) in &self.skipped {
            writeln!(f, "skipped: {name}: {reason}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_runs_are_added_up() {
        let mut tally = Tally::default();
        assert!(tally.is_empty());
        for line in [
            "running 3 tests",
            "test nginx::a_file ... ok",
            "test tls::a_pin ... FAILED",
            "test slow ... ignored, takes an hour",
            "test result: FAILED. 10 passed; 1 failed; 1 ignored; 0 measured; 2 filtered out; finished in 1.02s",
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.total(), "total: 15 passed, 1 failed, 1 skipped");
        assert_eq!(
            tally.to_string(),
            "failed: tls::a_pin\nskipped: slow: takes an hour\n"
        );
    }

    #[test]
    fn single_tests_are_added_to_what_was_read() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 3 passed; 0 failed; 1 ignored");
        tally.note("kotlin::launch", Outcome::Passed);
        tally.note("kotlin::cancel", Outcome::Failed);
        tally.note("swift", Outcome::Skipped("swiftc missing".to_owned()));
        assert_eq!(tally.total(), "total: 4 passed, 1 failed, 2 skipped");
        assert_eq!(
            tally.to_string(),
            "failed: kotlin::cancel\nskipped: swift: swiftc missing\n"
        );
    }

    #[test]
    fn the_total_of_a_whole_run_counts_once() {
        let mut tally = Tally::default();
        for line in [
            "test fuzz::archive ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored",
            "total: 4 passed, 0 failed, 1 skipped",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.total(), "total: 4 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn a_test_that_ended_early_did_not_pass() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 3 passed; 0 failed; 0 ignored");
        tally.note_early_end("nginx::a_file: nginx is missing");
        tally.note_early_end("nginx::a_file: node is missing");
        assert_eq!(tally.total(), "total: 2 passed, 0 failed, 1 skipped");
        assert!(tally.has_skipped());
    }
}
