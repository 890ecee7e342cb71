//! The suites of tests: a language each, and how they are chosen, equipped and counted.

mod admin;
mod android;
mod android_cross;
mod fuzz;
mod javascript;
pub(crate) mod jvm;
mod kotlin;
mod node;
mod openapi;
mod rust;
mod stores;
mod swift;
mod tally;
mod workflows;

use std::io::{self, BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use crate::install::{self, NpmPackages, Tool};
use crate::workspace::Workspace;
pub(crate) use tally::{Outcome, Tally};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// All suites, in the order in which they run.
pub(crate) const SUITES: [Suite; 11] = [
    rust::SUITE,
    stores::SUITE,
    fuzz::SUITE,
    kotlin::SUITE,
    javascript::SUITE,
    android::SUITE,
    admin::SUITE,
    openapi::SUITE,
    workflows::SUITE,
    swift::SUITE,
    android_cross::SUITE,
];

/// Tests that are run together.
pub(crate) struct Suite {
    /// As people write it.
    pub(crate) name: &'static str,
    /// Programs and files without which none of it can run, but for the optional ones.
    pub(crate) tools: &'static [Tool],
    pub(crate) packages: &'static [NpmPackages],
    /// Lets single tests skip themselves for want of a tool, so that a missing one doesn't
    /// keep the suite from running.
    pub(crate) runs_without_tools: bool,
    /// Whether it runs where no suite was named.
    pub(crate) by_default: bool,
    /// Runs it, prints a line for each test, and counts it.
    ///
    /// A failed test is counted; an error is what kept the suite from coming to its end.
    pub(crate) run: fn(&Run<'_>, &mut Tally) -> Result<()>,
}

/// What a suite is told.
pub(crate) struct Run<'a> {
    pub(crate) workspace: &'a Workspace,
    /// All tools have been installed: nothing may be skipped for a missing one.
    pub(crate) has_tools: bool,
    /// Further arguments of `cargo test`.
    pub(crate) cargo: &'a [String],
}

impl Suite {
    pub(crate) fn install(&self, workspace: &Workspace) -> Result<()> {
        install::install_tools(self.tools)?;
        self.packages
            .iter()
            .try_for_each(|packages| packages.install(workspace))
    }

    /// Runs it, or counts it as skipped where its tools are missing. What keeps it from coming
    /// to its end is a failure of its own.
    pub(crate) fn run(&self, run: &Run<'_>, tally: &mut Tally) {
        let missing = self.missing(run.workspace);
        if !missing.is_empty() && !self.runs_without_tools {
            let reason = format!("{} missing", missing.join(", "));
            tally.note(self.name, Outcome::Skipped(reason));
            return;
        }
        if let Err(error) = (self.run)(run, tally) {
            eprintln!("error: {}: {error}", self.name);
            tally.note(self.name, Outcome::Failed);
        }
    }

    fn missing(&self, workspace: &Workspace) -> Vec<String> {
        let tools = self.tools.iter().filter(|tool| tool.is_missed());
        let packages = self.packages.iter();
        tools
            .map(|tool| tool.what.to_owned())
            .chain(
                packages
                    .filter(|packages| !packages.are_installed(workspace))
                    .map(|packages| format!("the npm packages of {}/", packages.pinned)),
            )
            .collect()
    }
}

/// Runs a program that prints what `cargo test` would (a line `test NAME ... ok` for each test,
/// and `test result: …` at the end), passes its lines on, and counts.
///
/// # Errors
///
/// It can't be started, or ended badly without having said which test failed.
pub(crate) fn run_tests(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed_before = tally.failed();
    let mut tests = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let read = match tests.stdout.take() {
        Some(stdout) => read_along(BufReader::new(stdout), tally),
        None => Ok(()),
    };
    let status: ExitStatus = tests.wait()?;
    read?;
    if !status.success() && tally.failed() == failed_before {
        return Err(format!("{program} ended with {status}").into());
    }
    Ok(())
}

/// Passes on what the tests print, line by line, and counts.
fn read_along(mut stdout: impl BufRead, tally: &mut Tally) -> io::Result<()> {
    let mut line = Vec::new();
    while stdout.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        tally.read(&text);
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(tools: &'static [Tool]) -> Suite {
        Suite {
            name: "probe",
            tools,
            packages: &[],
            runs_without_tools: false,
            by_default: true,
            run: |run, tally| {
                let mut shell = Command::new("sh");
                run_tests(shell.args(["-c", &run.cargo.join(" ")]), tally)
            },
        }
    }

    fn total_of(suite: &Suite, script: &str) -> String {
        let run = Run {
            workspace: &Workspace::find().unwrap(),
            has_tools: false,
            cargo: &[script.to_owned()],
        };
        let mut tally = Tally::default();
        suite.run(&run, &mut tally);
        format!("{tally}{}", tally.total())
    }

    #[test]
    fn what_a_suite_prints_is_counted() {
        let script = "echo 'test a ... ok'; echo 'test b ... FAILED'; \
             echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'; exit 1";
        assert_eq!(
            total_of(&suite(&[]), script),
            "failed: b\ntotal: 1 passed, 1 failed, 0 skipped"
        );
    }

    #[test]
    fn a_suite_that_dies_has_failed() {
        assert_eq!(
            total_of(&suite(&[]), "echo 'test a ... ok'; kill -9 $$"),
            "failed: probe\ntotal: 0 passed, 1 failed, 0 skipped"
        );
    }

    #[test]
    fn a_suite_without_its_tools_is_skipped_by_name() {
        const TOOLS: &[Tool] = &[Tool::new("no-such-program", "none")];
        assert_eq!(
            total_of(&suite(TOOLS), "exit 1"),
            "skipped: probe: no-such-program missing\ntotal: 0 passed, 0 failed, 1 skipped"
        );
    }

    #[test]
    fn a_suite_runs_without_an_optional_tool() {
        const TOOLS: &[Tool] = &[Tool::optional("no-such-program", "none")];
        let script = "echo 'test a ... ok'; echo 'test result: ok. 1 passed; 0 failed; 0 ignored'";
        assert_eq!(
            total_of(&suite(TOOLS), script),
            "total: 1 passed, 0 failed, 0 skipped"
        );
    }
}
