//! Time that tests move.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use live_updater::{BoxFuture, Clock};
use tokio::sync::watch;

/// The watchdog's steps.
pub(crate) const TICK: Duration = Duration::from_millis(250);

/// Stands still until it is moved. The watchdog waits for that; whoever pauses between two tries to
/// reach the server doesn't wait at all.
///
/// Clones are the same clock in the same process.
#[derive(Debug, Clone)]
pub(crate) struct TestClock {
    time: Arc<watch::Sender<Duration>>,
    wall: Arc<Mutex<SystemTime>>,
    waits: Arc<AtomicU64>,
    waiting: Arc<AtomicU64>,
}

impl TestClock {
    pub(crate) fn new() -> Self {
        Self {
            time: Arc::new(watch::Sender::new(Duration::ZERO)),
            wall: Arc::new(Mutex::new(
                SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
            )),
            waits: Arc::default(),
            waiting: Arc::default(),
        }
    }

    /// The same time for another process, whose watchdog is another.
    pub(crate) fn of_new_process(&self) -> Self {
        Self {
            waits: Arc::default(),
            waiting: Arc::default(),
            ..self.clone()
        }
    }

    pub(crate) fn advance(&self, duration: Duration) {
        *self.wall.lock().unwrap_or_else(PoisonError::into_inner) += duration;
        self.time.send_modify(|time| *time += duration);
    }

    /// How often the watchdog has gone to sleep.
    pub(crate) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Acquire)
    }

    /// Whether the watchdog sleeps.
    pub(crate) fn is_watching(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.wall.lock().unwrap_or_else(PoisonError::into_inner)
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
            clock.waiting.fetch_add(1, Ordering::AcqRel);
            clock.waits.fetch_add(1, Ordering::AcqRel);
            // The sender lives in `clock`, so this can't fail.
            let _ = time.wait_for(|time| *time >= end).await;
            clock.waiting.fetch_sub(1, Ordering::AcqRel);
        })
    }
}
