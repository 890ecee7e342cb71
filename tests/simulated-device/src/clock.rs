//! Time that tests move.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use live_updater::{BoxFuture, Clock};
use tokio::sync::watch;

/// The watchdog's steps.
pub const TICK: Duration = Duration::from_millis(250);

/// What the wall clock shows at first, since the Unix epoch: 2027-01-15T08:00:00Z.
pub const START: Duration = Duration::from_secs(1_800_000_000);

/// Stands still until it is moved. The watchdog waits for that; whoever pauses between two tries to
/// reach the server doesn't wait at all.
///
/// Clones are the same clock in the same process.
#[derive(Debug, Clone)]
pub struct TestClock {
    time: Arc<watch::Sender<Duration>>,
    wall: Arc<Mutex<SystemTime>>,
    /// When the watchdog wakes up, while it sleeps.
    alarm: Arc<Mutex<Option<Duration>>>,
}

impl TestClock {
    /// A clock that shows [`START`].
    pub fn new() -> Self {
        Self {
            time: Arc::new(watch::Sender::new(Duration::ZERO)),
            wall: Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + START)),
            alarm: Arc::default(),
        }
    }

    /// The same time for another process, whose watchdog is another.
    #[must_use]
    pub fn of_new_process(&self) -> Self {
        Self {
            alarm: Arc::default(),
            ..self.clone()
        }
    }

    /// Time passes.
    pub fn advance(&self, duration: Duration) {
        *lock(&self.wall) += duration;
        self.time.send_modify(|time| *time += duration);
    }

    /// Somebody sets the wall clock; no time passes.
    pub fn set(&self, since_epoch: Duration) {
        *lock(&self.wall) = SystemTime::UNIX_EPOCH + since_epoch;
    }

    /// Whether the watchdog sleeps, and will until time passes.
    pub fn is_watching(&self) -> bool {
        let now = self.monotonic();
        lock(&self.alarm).is_some_and(|alarm| alarm > now)
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *lock(&self.wall)
    }

    fn monotonic(&self) -> Duration {
        *self.time.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration != TICK {
            return Box::pin(async {});
        }
        let (clock, end) = (self.clone(), self.monotonic() + duration);
        Box::pin(async move {
            let mut time = clock.time.subscribe();
            *lock(&clock.alarm) = Some(end);
            // The sender lives in `clock`, so this can't fail.
            let _ = time.wait_for(|time| *time >= end).await;
            *lock(&clock.alarm) = None;
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
