//! Launches, trials, rollbacks, reports and refusals, as the device and the server tell them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::{Finding, count};
use crate::demo::{BAD_VERSION, BUILTIN_VERSION, GOOD_VERSION};

/// What a launch answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Launched {
    pub(in crate::demo) version: String,
    pub(in crate::demo) is_builtin: bool,
    pub(in crate::demo) is_trial: bool,
    /// The code of what the launch had to work around.
    pub(in crate::demo) problem: Option<String>,
}

impl Launched {
    pub(in crate::demo) fn new(answer: &Value) -> Self {
        Self {
            version: text(&answer["bundle"]["version"]),
            is_builtin: answer["bundle"]["id"] == "builtin",
            is_trial: answer["trial"] == true,
            problem: answer["problem"]["code"].as_str().map(str::to_owned),
        }
    }

    pub(super) fn is_builtin(&self) -> Finding {
        let holds = self.is_builtin
            && self.version == BUILTIN_VERSION
            && !self.is_trial
            && self.problem.is_none();
        (self.to_string(), holds)
    }

    pub(super) fn is_good(&self) -> Finding {
        let holds = !self.is_builtin
            && self.version == GOOD_VERSION
            && !self.is_trial
            && self.problem.is_none();
        (self.to_string(), holds)
    }
}

impl std::fmt::Display for Launched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.version)?;
        if self.is_builtin {
            f.write_str(", builtin")?;
        }
        if self.is_trial {
            f.write_str(", on trial")?;
        }
        match &self.problem {
            Some(problem) => write!(f, ", {problem}"),
            None => Ok(()),
        }
    }
}

/// The files of a bundle before and after its way, as `sha256sum` lists them.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Installed {
    pub(in crate::demo) packed: String,
    pub(in crate::demo) unpacked: String,
}

impl Installed {
    pub(super) fn is_the_same(&self) -> Finding {
        let packed: BTreeSet<_> = self.packed.lines().collect();
        let unpacked: BTreeSet<_> = self.unpacked.lines().collect();
        let same = packed.intersection(&unpacked).count();
        let seen = format!("{same} of {}, same SHA-256", count(packed.len(), "file"));
        (seen, packed == unpacked && !packed.is_empty())
    }
}

/// A bundle's first launch, and what became of it at the page's call.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Promotion {
    pub(in crate::demo) launched: Launched,
    /// The bundle's status after the call; nothing where the page made none.
    pub(in crate::demo) status: Option<String>,
}

impl Promotion {
    pub(super) fn worked(&self) -> Finding {
        let status = self.status.as_deref().unwrap_or("never ready");
        let seen = format!("{}, then {status}", self.launched);
        let holds = self.launched.version == GOOD_VERSION
            && self.launched.is_trial
            && self.launched.problem.is_none()
            && status == "success";
        (seen, holds)
    }
}

/// `notifyAppReady` with the token of a launch before.
#[derive(Debug, Clone)]
pub(in crate::demo) struct StaleCall {
    /// The error's code; nothing where the call was taken.
    pub(in crate::demo) code: Option<String>,
    /// The running bundle's version and status after it.
    pub(in crate::demo) version: String,
    pub(in crate::demo) status: String,
}

impl StaleCall {
    pub(super) fn is_refused(&self) -> Finding {
        let code = self.code.as_deref().unwrap_or("taken");
        let seen = format!("{code}, {} still on {}", self.version, self.status);
        let holds = code == "stale_launch" && self.version == BAD_VERSION && self.status == "trial";
        (seen, holds)
    }
}

/// How a trial ended.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Rollback {
    pub(in crate::demo) timeout: Duration,
    /// From the launch to the event.
    pub(in crate::demo) took: Duration,
    pub(in crate::demo) version: String,
    pub(in crate::demo) reason: String,
    /// What the host was told to load then.
    pub(in crate::demo) runs: String,
    /// Whether it was told after it was told why.
    pub(in crate::demo) is_in_order: bool,
}

impl Rollback {
    /// The watchdog ticks four times a second, and a busy machine is late.
    const LATE: Duration = Duration::from_secs(5);

    pub(super) fn is_in_time(&self) -> Finding {
        let seen = format!(
            "{} → {} after {:.1} s ({})",
            self.version,
            self.runs,
            self.took.as_secs_f64(),
            self.reason
        );
        // A tick is 250 ms, and the first one may fall on the launch.
        let earliest = self.timeout.saturating_sub(Duration::from_millis(500));
        let holds = self.version == BAD_VERSION
            && self.reason == "timeout"
            && self.runs == GOOD_VERSION
            && self.is_in_order
            && (earliest..=self.timeout + Self::LATE).contains(&self.took);
        (seen, holds)
    }
}

/// A confirmation that the server got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Report {
    pub(in crate::demo) version: String,
    pub(in crate::demo) success: bool,
    pub(in crate::demo) reason: Option<String>,
}

pub(super) fn one_success(reports: &[Report]) -> Finding {
    let expected = Report {
        version: GOOD_VERSION.to_owned(),
        success: true,
        reason: None,
    };
    (told(reports), reports == [expected])
}

pub(super) fn one_failure(reports: &[Report]) -> Finding {
    let expected = Report {
        version: BAD_VERSION.to_owned(),
        success: false,
        reason: Some("timeout".to_owned()),
    };
    (told(reports), reports == [expected])
}

fn told(reports: &[Report]) -> String {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for report in reports {
        let verdict = if report.success { "success" } else { "failure" };
        let reason = report.reason.iter().map(|reason| format!(" ({reason})"));
        let text = format!("{} {verdict}{}", report.version, reason.collect::<String>());
        *numbers.entry(text).or_default() += 1;
    }
    let texts: Vec<_> = numbers
        .iter()
        .map(|(text, number)| format!("{number} × {text}"))
        .collect();
    if texts.is_empty() {
        "no report".to_owned()
    } else {
        texts.join(", ")
    }
}

/// Syncs while the server still offers what failed.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Blocked {
    /// Status and reason of each.
    pub(in crate::demo) answers: Vec<String>,
    /// Requests for the bundle since it failed.
    pub(in crate::demo) requests: usize,
    /// What the server would have offered meanwhile.
    pub(in crate::demo) offered: String,
}

impl Blocked {
    pub(super) fn holds(&self) -> Finding {
        let distinct: BTreeSet<_> = self.answers.iter().map(String::as_str).collect();
        let answers: Vec<_> = distinct.into_iter().collect();
        let seen = format!(
            "{}: {}, {}",
            count(self.answers.len(), "sync"),
            answers.join(" / "),
            count(self.requests, "request")
        );
        let holds = answers == ["blocked (failed)"]
            && self.answers.len() >= 2
            && self.requests == 0
            && self.offered == BAD_VERSION;
        (seen, holds)
    }
}

/// A bundle that isn't what was signed.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Forgery {
    /// What `sync` answered: an error's code, or a status.
    pub(in crate::demo) answer: String,
    /// Whether the server was asked for its bytes: without that, nothing was refused.
    pub(in crate::demo) was_fetched: bool,
    /// Files on the device that hold something of it.
    pub(in crate::demo) left: usize,
    /// What runs after it.
    pub(in crate::demo) runs: String,
}

impl Forgery {
    pub(super) fn is_refused(&self, code: &str) -> Finding {
        let seen = format!("{}, {} left", self.answer, count(self.left, "file"));
        let holds = self.answer == code
            && self.was_fetched
            && self.left == 0
            && self.runs == BUILTIN_VERSION;
        (seen, holds)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
