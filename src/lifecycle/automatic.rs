//! When the updater looks for updates by itself: a pure decision, asked again whenever something
//! happened.

use std::time::Duration;

use crate::config::AutoUpdate;
use crate::store::state::Pause;

/// After the page is ready, or after the verdict: the app has better things to do at first.
pub(crate) const SETTLING: Duration = Duration::from_secs(2);

/// First and longest pause of automatic checks after bytes whose digest was wrong.
const FIRST_BACKOFF: Duration = Duration::from_secs(15 * 60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known when it is asked whether to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) mode: AutoUpdate,
    /// Monotonic time, and when the launch has settled by it.
    pub(crate) now: Duration,
    pub(crate) settled_at: Option<Duration>,
    pub(crate) is_active: bool,
    /// Whether this launch was looked at before.
    pub(crate) has_checked: bool,
    pub(crate) next_check: Option<Pause>,
    pub(crate) check_interval: Duration,
    /// Milliseconds since the Unix epoch.
    pub(crate) wall: u64,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Look for an update.
    Check,
    /// Ask again after this time, or when something happens.
    Sleep(Duration),
    /// Ask again when something happens.
    Wait,
}

/// Decides whether to look.
pub(crate) fn plan(moment: &Moment) -> Plan {
    let is_done = moment.mode == AutoUpdate::Launch && moment.has_checked;
    let Some(settled_at) = moment.settled_at else {
        return Plan::Wait;
    };
    if moment.mode == AutoUpdate::Off || is_done || !moment.is_active {
        return Plan::Wait;
    }
    if settled_at > moment.now {
        return Plan::Sleep(settled_at - moment.now);
    }
    let longest = millis(moment.check_interval.max(LONGEST_BACKOFF));
    match moment
        .next_check
        .and_then(|pause| pause.remaining(moment.wall, longest))
    {
        Some(left) => Plan::Sleep(Duration::from_millis(left)),
        None => Plan::Check,
    }
}

/// Milliseconds until the next check. `jitter` is random in 0..1, so that devices that were
/// started together don't come back together.
pub(crate) fn interval(check_interval: Duration, mismatches: u32, jitter: f64) -> u64 {
    let backoff = match mismatches.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => FIRST_BACKOFF
            .saturating_mul(1 << doublings.min(10))
            .min(LONGEST_BACKOFF),
    };
    let base = check_interval.max(backoff);
    millis(base.mul_f64(0.9 + 0.1 * jitter.clamp(0.0, 1.0)))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn moment(mode: AutoUpdate) -> Moment {
        Moment {
            mode,
            now: at(10),
            settled_at: Some(at(5)),
            is_active: true,
            has_checked: false,
            next_check: None,
            check_interval: at(60),
            wall: 1_000_000,
        }
    }

    #[test]
    fn nothing_is_looked_for_when_it_is_off_or_before_the_launch() {
        assert_eq!(plan(&moment(AutoUpdate::Off)), Plan::Wait);
        let mut early = moment(AutoUpdate::Resume);
        early.settled_at = None;
        assert_eq!(plan(&early), Plan::Wait);
    }

    #[test]
    fn a_launch_settles_first() {
        let mut moment = moment(AutoUpdate::Launch);
        moment.settled_at = Some(at(12));
        assert_eq!(plan(&moment), Plan::Sleep(at(2)));
        moment.now = at(12);
        assert_eq!(plan(&moment), Plan::Check);
    }

    #[test]
    fn launch_looks_once_and_resume_again_and_again() {
        let mut launch = moment(AutoUpdate::Launch);
        launch.has_checked = true;
        assert_eq!(plan(&launch), Plan::Wait);
        launch.mode = AutoUpdate::Resume;
        assert_eq!(plan(&launch), Plan::Check);
    }

    #[test]
    fn nothing_is_looked_for_in_the_background_or_too_soon() {
        let mut moment = moment(AutoUpdate::Resume);
        moment.next_check = Some(Pause::new(moment.wall, 3000));
        assert_eq!(plan(&moment), Plan::Sleep(at(3)));
        moment.is_active = false;
        assert_eq!(plan(&moment), Plan::Wait);
    }

    #[test]
    fn wrong_digests_back_off_from_a_quarter_of_an_hour_to_a_day() {
        let minutes = |mismatches| interval(at(60), mismatches, 1.0) / 60_000;
        assert_eq!(minutes(0), 1);
        assert_eq!(minutes(1), 15);
        assert_eq!(minutes(2), 30);
        assert_eq!(minutes(20), 24 * 60);
        assert_eq!(interval(at(1000), 0, 0.0), 900_000);
    }
}
