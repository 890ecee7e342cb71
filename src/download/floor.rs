//! A floor under the throughput: a server that drips must not hold a download for hours.

use std::time::Duration;

/// Bytes a second that a connection has to reach on average over [`WINDOW`].
const FLOOR: u64 = 512;
const WINDOW: Duration = Duration::from_secs(30);

/// Counts what arrives, and the time that was spent on waiting for it. Pauses between two
/// connections don't count, but a slow server doesn't escape by closing its connections either.
#[derive(Debug, Default)]
pub(super) struct Floor {
    waited: Duration,
    bytes: u64,
    was_missed: bool,
}

impl Floor {
    /// Counts `bytes` that came after another `waited`. When a window is over, tells its length if
    /// too little came in it; in any case the next begins.
    pub(super) fn record(&mut self, waited: Duration, bytes: u64) -> Result<(), Duration> {
        self.waited += waited;
        self.bytes += bytes;
        if self.bytes >= FLOOR * WINDOW.as_secs() {
            self.was_missed = false;
        }
        if self.waited < WINDOW {
            return Ok(());
        }
        let window = std::mem::take(&mut self.waited);
        let bytes = u128::from(std::mem::take(&mut self.bytes));
        if bytes * 1_000 < u128::from(FLOOR) * window.as_millis() {
            self.was_missed = true;
            return Err(window);
        }
        Ok(())
    }

    /// Whether the floor was missed, and no window has been filled since.
    pub(super) fn is_missed(&self) -> bool {
        self.was_missed
    }
}

/// Whether a download gets on from one connection to the next. A server that sends a byte and hangs
/// up lets nobody wait for bytes, and is no faster than one that drips.
#[derive(Debug)]
pub(super) struct Pace {
    since: Duration,
    len: u64,
}

impl Pace {
    /// Begins at `now`, in monotonic time, with `len` bytes.
    pub(super) fn new(now: Duration, len: u64) -> Self {
        Self { since: now, len }
    }

    /// Whether the floor holds over all the time since it held last, tries and pauses included.
    /// Until a window is over, it does.
    pub(super) fn is_kept(&mut self, now: Duration, len: u64) -> bool {
        let elapsed = now.saturating_sub(self.since);
        if elapsed < WINDOW {
            return true;
        }
        let bytes = u128::from(len.saturating_sub(self.len));
        let is_kept = bytes * 1_000 >= u128::from(FLOOR) * elapsed.as_millis();
        if is_kept {
            *self = Self::new(now, len);
        }
        is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// After how many seconds the floor is missed.
    fn drip(bytes: u64, seconds: u64) -> Option<u64> {
        let mut floor = Floor::default();
        (1..=seconds).find(|_| floor.record(SECOND, bytes).is_err())
    }

    #[test]
    fn the_floor_is_512_bytes_a_second_over_thirty_seconds() {
        assert_eq!(drip(511, 1_000), Some(30));
        assert_eq!(drip(512, 1_000), None);
    }

    #[test]
    fn no_window_is_judged_before_it_is_over() {
        assert_eq!(drip(0, 29), None);
    }

    #[test]
    fn a_miss_is_made_up_for_by_as_much_as_a_window_needs() {
        let mut floor = Floor::default();
        assert!(!floor.is_missed());
        floor.record(30 * SECOND, 0).unwrap_err();
        floor.record(SECOND, 15_359).unwrap();
        assert!(floor.is_missed());
        floor.record(SECOND, 1).unwrap();
        assert!(!floor.is_missed());
    }

    #[test]
    fn a_pace_is_kept_until_a_window_is_over_and_by_the_floor_from_then_on() {
        let mut pace = Pace::new(SECOND, 100);
        assert!(pace.is_kept(30 * SECOND, 100));
        assert!(!pace.is_kept(31 * SECOND, 100 + 15_359));
        assert!(pace.is_kept(31 * SECOND, 100 + 15_360));
        assert!(pace.is_kept(60 * SECOND, 15_460), "another window");
        assert!(!pace.is_kept(91 * SECOND, 15_460 + 15_360));
    }

    #[test]
    fn a_fast_start_does_not_pay_for_a_slow_rest() {
        let mut floor = Floor::default();
        floor.record(SECOND, 10_000_000).unwrap();
        floor.record(29 * SECOND, 0).unwrap();
        assert_eq!(floor.record(31 * SECOND, 15_000), Err(31 * SECOND));
        floor.record(29 * SECOND, 0).unwrap();
    }
}
