//! What was found, for people and for scripts.

use std::fmt;

use serde::Serialize;

use crate::output::plain;

/// Names the finding that there is nothing to look at.
pub(super) const NOTHING_OFFERED: &str = "nothing_offered";

/// All that was found, in the order of the examination.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Findings {
    url: String,
    problems: usize,
    warnings: usize,
    findings: Vec<Finding>,
    #[serde(skip)]
    was_asked: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    area: &'static str,
    level: Level,
    /// Names what was looked at; it doesn't change.
    code: &'static str,
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    /// It works, and could be better.
    Warning,
    /// Devices refuse it.
    Problem,
}

/// What is found about one part of a server.
pub(super) struct Area<'a> {
    name: &'static str,
    findings: &'a mut Findings,
}

impl Findings {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            problems: 0,
            warnings: 0,
            findings: Vec::new(),
            was_asked: true,
        }
    }

    /// For what is found from here on about `name`.
    pub(super) fn area(&mut self, name: &'static str) -> Area<'_> {
        Area {
            name,
            findings: self,
        }
    }

    /// The server couldn't be reached at all.
    pub(super) fn nothing_was_asked(&mut self) {
        self.was_asked = false;
    }

    pub(super) fn was_asked(&self) -> bool {
        self.was_asked
    }

    fn offers_nothing(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code == NOTHING_OFFERED)
    }

    pub(super) fn has_problem(&self) -> bool {
        self.problems > 0
    }
}

impl Area<'_> {
    pub(super) fn ok(&mut self, code: &'static str, message: impl Into<String>) {
        self.add(Level::Ok, code, &message.into(), None);
    }

    pub(super) fn warning(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        fix: &'static str,
    ) {
        self.findings.warnings += 1;
        self.add(Level::Warning, code, &message.into(), Some(fix));
    }

    pub(super) fn problem(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        fix: &'static str,
    ) {
        self.findings.problems += 1;
        self.add(Level::Problem, code, &message.into(), Some(fix));
    }

    fn add(&mut self, level: Level, code: &'static str, message: &str, fix: Option<&'static str>) {
        self.findings.findings.push(Finding {
            area: self.name,
            level,
            code,
            // Much of it is what the server says.
            message: plain(message),
            fix,
        });
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.url)?;
        let mut area = "";
        for finding in &self.findings {
            if finding.area != area {
                area = finding.area;
                writeln!(f, "\n{area}")?;
            }
            let level = match finding.level {
                Level::Ok => "ok",
                Level::Warning => "WARNING",
                Level::Problem => "PROBLEM",
            };
            writeln!(f, "  {level:<8} {}", finding.message)?;
            if let Some(fix) = finding.fix {
                writeln!(f, "  {:<8} -> {fix}", "")?;
            }
        }
        match (self.problems, self.warnings) {
            (0, 0) => writeln!(f, "\nNothing is wrong."),
            (0, warnings) if self.offers_nothing() => {
                writeln!(f, "\nNo device gets anything. Warnings: {warnings}.")
            }
            (0, warnings) => writeln!(f, "\nDevices can update. Warnings: {warnings}."),
            (problems, warnings) => {
                writeln!(f, "\nProblems: {problems}. Warnings: {warnings}.")
            }
        }
    }
}
