//! What is to be done about a channel, so that publishing twice is publishing once.

use serde::Serialize;

use super::super::answers::{Bundle, Channel};
use super::Arguments;
use crate::output::Warning;

/// What is done about a channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Step {
    /// It gives it already, or isn't to.
    Nothing,
    /// A new release, for so many percent of the devices.
    Release(f64),
    /// The release that is rolling out, for so many percent.
    Share(f64),
    /// The release that is rolling out, for all.
    Promote,
}

/// What makes a channel give a version to so many percent of its devices, where `None` is all.
///
/// A rollout that paused stays as it is: whoever publishes again hasn't looked at why.
pub(super) fn next_step(channel: Option<&Channel>, version: &str, wanted: Option<f64>) -> Step {
    let share = wanted.unwrap_or(100.0);
    let Some(channel) = channel else {
        return Step::Release(share);
    };
    let is_it = |release: &&super::Release| release.version.as_deref() == Some(version);
    if let Some(partial) = channel.partial() {
        return match is_it(&partial) {
            false => Step::Release(share),
            true if partial.is_paused() || partial.percent == share => Step::Nothing,
            true if share >= 100.0 => Step::Promote,
            true => Step::Share(share),
        };
    }
    match channel.full().filter(is_it) {
        Some(_) => Step::Nothing,
        None => Step::Release(share),
    }
}

/// What was told now and isn't what the bundle on the service has.
pub(super) fn differences(
    known: &Bundle,
    arguments: &Arguments,
    notes: Option<&str>,
) -> Option<Warning> {
    let text =
        |version: &Option<live_updater::NativeVersion>| version.as_ref().map(ToString::to_string);
    let min = text(&arguments.min_app_version);
    let max = text(&arguments.max_app_version);
    let pairs = [
        (
            "--min-app-version",
            min.is_some() && min != known.min_app_version,
        ),
        (
            "--max-app-version",
            max.is_some() && max != known.max_app_version,
        ),
        (
            "--notes",
            notes.is_some() && notes != known.release_notes.as_deref(),
        ),
        ("--mandatory", arguments.mandatory && !known.mandatory),
    ];
    let names: Vec<_> = pairs
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "{} is there already, and keeps what it was published with: {} changes nothing",
        known.version,
        names.join(", ")
    );
    Some(Warning::new("known_bundle", message))
}

/// What may not be meant.
pub(super) fn doubt(channel: Option<&Channel>, step: Step) -> Option<Warning> {
    let partial = channel?.partial().filter(|partial| partial.is_paused())?;
    if step != Step::Nothing {
        return None;
    }
    let message = format!(
        "the rollout of {} is paused, and stays so: `live-updater rollout resume` goes on",
        partial.shown_version()
    );
    Some(Warning::new("paused", message))
}

#[cfg(test)]
mod tests {
    use super::super::super::answers::{AutoPause, Release};
    use super::*;

    #[test]
    fn what_a_channel_gives_already_is_not_released_again() {
        let channel = channel(&[("1.1.0", "full", 100.0)]);
        assert_eq!(next_step(Some(&channel), "1.1.0", None), Step::Nothing);
        // Fewer devices than all that have it can't be had.
        assert_eq!(
            next_step(Some(&channel), "1.1.0", Some(10.0)),
            Step::Nothing
        );
        assert_eq!(
            next_step(Some(&channel), "1.2.0", None),
            Step::Release(100.0)
        );
        assert_eq!(next_step(None, "1.2.0", Some(10.0)), Step::Release(10.0));
    }

    #[test]
    fn a_rollout_goes_on_where_another_share_is_asked_for() {
        let channel = channel(&[("1.2.0", "rollout", 10.0), ("1.1.0", "full", 100.0)]);
        assert_eq!(
            next_step(Some(&channel), "1.2.0", Some(10.0)),
            Step::Nothing
        );
        assert_eq!(
            next_step(Some(&channel), "1.2.0", Some(25.0)),
            Step::Share(25.0)
        );
        assert_eq!(next_step(Some(&channel), "1.2.0", None), Step::Promote);
        // What all had before comes back for all.
        assert_eq!(
            next_step(Some(&channel), "1.1.0", None),
            Step::Release(100.0)
        );
    }

    #[test]
    fn a_rollout_that_paused_stays_paused() {
        let channel = channel(&[("1.2.0", "paused", 10.0), ("1.1.0", "full", 100.0)]);
        for wanted in [None, Some(10.0), Some(50.0)] {
            assert_eq!(next_step(Some(&channel), "1.2.0", wanted), Step::Nothing);
        }
        assert!(doubt(Some(&channel), Step::Nothing).is_some());
    }

    fn channel(releases: &[(&str, &str, f64)]) -> Channel {
        let releases = releases.iter().map(|(version, state, percent)| Release {
            sequence: 1,
            version: Some((*version).to_owned()),
            state: (*state).to_owned(),
            percent: *percent,
            is_signed: false,
            paused_because: None,
            created_at: String::new(),
        });
        Channel {
            name: "production".to_owned(),
            public: true,
            self_set: false,
            platforms: Vec::new(),
            refuses: Vec::new(),
            sequence: 1,
            auto_pause: AutoPause {
                failures: None,
                min_reports: 20,
            },
            releases: releases.collect(),
        }
    }
}
