//! Time as an attacker, or a person, may have set it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use live_updater::{BoxFuture, Clock};

/// A clock that shows the time that it was set to, and whose seconds may be shorter than real ones:
/// what a slow server does for minutes takes a moment. Clones are the same clock.
#[derive(Debug, Clone)]
pub(crate) struct DistortedClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    /// What `monotonic` was when the clock got its speed.
    elapsed: Duration,
    since: Instant,
    speed: u32,
    shown: Option<SystemTime>,
}

impl DistortedClock {
    /// Shows the right time, for now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Hands {
            elapsed: Duration::ZERO,
            since: Instant::now(),
            speed: 1,
            shown: None,
        })))
    }

    /// Runs so many times as fast as time does, from now on.
    pub(crate) fn run(&self, speed: u32) {
        let elapsed = self.monotonic();
        let mut hands = self.0.lock().unwrap();
        hands.elapsed = elapsed;
        hands.since = Instant::now();
        hands.speed = speed;
    }

    /// Shows so many days after the first of January 2026.
    pub(crate) fn set_day(&self, day: u64) {
        const NEW_YEAR_2026: u64 = 1_767_225_600;
        let since = Duration::from_secs(NEW_YEAR_2026 + day * 24 * 60 * 60);
        self.0.lock().unwrap().shown = Some(SystemTime::UNIX_EPOCH + since);
    }
}

impl Clock for DistortedClock {
    fn now(&self) -> SystemTime {
        let shown = self.0.lock().unwrap().shown;
        shown.unwrap_or_else(SystemTime::now)
    }

    fn monotonic(&self) -> Duration {
        let hands = self.0.lock().unwrap();
        hands.elapsed + hands.since.elapsed() * hands.speed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let speed = self.0.lock().unwrap().speed;
        Box::pin(tokio::time::sleep(duration / speed))
    }
}
