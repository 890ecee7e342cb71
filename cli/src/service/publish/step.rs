//! What is to be done about a channel, so that publishing twice is publishing once.

use std::time::SystemTime;

use live_updater_signing::Span;
use serde::Serialize;

use super::super::answers::{Bundle, Channel, Release};
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
    /// What it gives already, with another statement, for so many percent.
    Renewal(f64),
}

/// What the statement at hand is to be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    /// Where it has one already, or was given one.
    pub(super) sequence: Option<u64>,
    /// Where one was asked for.
    pub(super) life: Option<Span>,
}

/// What makes a channel give a version to so many percent of its devices, where `None` is all.
///
/// A rollout that paused stays paused: whoever publishes again hasn't looked at why.
pub(super) fn next_step(channel: Option<&Channel>, version: &str, wanted: Option<f64>) -> Step {
    let share = wanted.unwrap_or(100.0);
    let Some(channel) = channel else {
        return Step::Release(share);
    };
    let is_it = |release: &&Release| release.version.as_deref() == Some(version);
    if let Some(partial) = channel.partial() {
        return match is_it(&partial) {
            false => Step::Release(share),
            true if partial.percent == share => Step::Nothing,
            true if partial.is_paused() => wanted.map_or(Step::Nothing, Step::Share),
            true if share >= 100.0 => Step::Promote,
            true => Step::Share(share),
        };
    }
    match channel.full().filter(is_it) {
        Some(_) => Step::Nothing,
        None => Step::Release(share),
    }
}

/// The step, where a statement is at hand: what is given gets it where the one that it has is over,
/// or half over, or holds for less long than is asked for.
pub(super) fn with_statement(
    step: Step,
    channel: Option<&Channel>,
    version: &str,
    wish: Wish,
    now: SystemTime,
) -> Step {
    let share = match step {
        Step::Release(_) | Step::Renewal(_) => return step,
        Step::Promote => Some(100.0),
        Step::Share(percent) => Some(percent),
        Step::Nothing => None,
    };
    match channel.and_then(|channel| given(channel, version)) {
        // Another release of it would let the rollout go on.
        Some(release) if !release.is_paused() && wants_another(release, wish, now) => {
            Step::Renewal(share.unwrap_or(release.percent))
        }
        _ => step,
    }
}

/// The release of a version that devices may get.
fn given<'a>(channel: &'a Channel, version: &str) -> Option<&'a Release> {
    let is_it = |release: &&Release| release.version.as_deref() == Some(version);
    channel.partial().or(channel.full()).filter(is_it)
}

fn wants_another(release: &Release, wish: Wish, now: SystemTime) -> bool {
    if let Some(sequence) = wish.sequence {
        return sequence != release.sequence;
    }
    let is_short = |life| release.statement.is_some_and(|it| it.is_shorter_than(life));
    !release.is_signed
        || release
            .statement
            .is_some_and(|it| it.has_less_left_than(2, now))
        || wish.life.is_some_and(is_short)
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

/// What may not be meant, of a channel as it is afterwards.
pub(super) fn doubt(
    channel: Option<&Channel>,
    version: &str,
    step: Step,
    wanted: Option<f64>,
) -> Option<Warning> {
    let release = given(channel?, version)?;
    if release.is_paused() {
        let share = match step {
            Step::Share(percent) => format!(", from now on with {percent} %"),
            _ => String::new(),
        };
        let message = format!(
            "the rollout of {version} is paused, and stays so{share}: `live-updater rollout resume` goes on"
        );
        return Some(Warning::new("paused", message));
    }
    let wanted = wanted.filter(|share| *share < 100.0 && release.state == "full")?;
    let message = format!(
        "{version} has been given to all devices already: --rollout {wanted} takes it from nobody (`live-updater rollback` does)"
    );
    Some(Warning::new("given_to_all", message))
}

#[cfg(test)]
mod tests {
    use live_updater_signing::Timestamp;

    use super::super::super::answers::{AutoPause, Holding};
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
        for wanted in [None, Some(10.0)] {
            assert_eq!(next_step(Some(&channel), "1.2.0", wanted), Step::Nothing);
        }
        let step = next_step(Some(&channel), "1.2.0", Some(50.0));
        assert_eq!(step, Step::Share(50.0));
        let doubt = doubt(Some(&channel), "1.2.0", step, Some(50.0)).unwrap();
        assert!(doubt.to_string().contains("with 50 %"), "{doubt}");
        // A new release with its statement would go on.
        let wish = Wish::default();
        let now = SystemTime::now();
        let stated = with_statement(step, Some(&channel), "1.2.0", wish, now);
        assert_eq!(stated, step);
    }

    #[test]
    fn a_share_of_what_all_have_is_doubted() {
        let channel = channel(&[("1.1.0", "full", 100.0)]);
        let doubt = |wanted| doubt(Some(&channel), "1.1.0", Step::Nothing, wanted);
        assert!(doubt(Some(10.0)).is_some());
        assert!(doubt(Some(100.0)).is_none());
        assert!(doubt(None).is_none());
    }

    #[test]
    fn a_statement_is_made_anew_where_less_than_half_of_its_life_is_left() {
        let mut channel = channel(&[("1.1.0", "rollout", 10.0)]);
        let issued: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let release = channel.releases.first_mut().unwrap();
        release.is_signed = true;
        release.statement = Some(Holding {
            issued_at: issued,
            expires_at: issued.after(Span::days(10)).unwrap(),
        });
        let step = |day, wish| {
            let now = issued.after(Span::days(day)).unwrap().into();
            with_statement(Step::Nothing, Some(&channel), "1.1.0", wish, now)
        };
        let any = Wish::default();
        assert_eq!(step(5, any), Step::Nothing);
        assert_eq!(step(6, any), Step::Renewal(10.0));
        assert_eq!(step(20, any), Step::Renewal(10.0));
        let life = |days| Wish {
            life: Some(Span::days(days)),
            ..any
        };
        assert_eq!(step(1, life(10)), Step::Nothing);
        assert_eq!(step(1, life(11)), Step::Renewal(10.0));
        let sequence = |sequence| Wish {
            sequence: Some(sequence),
            ..any
        };
        // The very statement that is given already.
        assert_eq!(step(20, sequence(1)), Step::Nothing);
        assert_eq!(step(1, sequence(7)), Step::Renewal(10.0));
    }

    fn channel(releases: &[(&str, &str, f64)]) -> Channel {
        let releases = releases.iter().map(|(version, state, percent)| Release {
            sequence: 1,
            version: Some((*version).to_owned()),
            state: (*state).to_owned(),
            percent: *percent,
            is_signed: false,
            statement: None,
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
