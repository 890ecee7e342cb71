//! Time, as a seam: tests turn the hands themselves.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// A boxed future, as the traits of this crate return them.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where time comes from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Wall-clock time. It may jump in both directions.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment of this process. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Resolves after `duration` of [`monotonic`](Self::monotonic) time.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts the monotonic clock at zero.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[cfg(test)]
pub(crate) mod manual {
    //! A clock whose hands the tests turn.

    use std::sync::{Arc, Mutex, PoisonError};

    use tokio::sync::watch;

    use super::{BoxFuture, Clock, Duration, SystemTime};

    /// Stands still until it is told to go on. Clones are the same clock.
    #[derive(Debug, Clone)]
    pub(crate) struct ManualClock {
        elapsed: Arc<watch::Sender<Duration>>,
        now: Arc<Mutex<SystemTime>>,
        skips: bool,
    }

    impl ManualClock {
        /// Sleepers wait for [`advance`](Self::advance).
        pub(crate) fn new() -> Self {
            Self {
                elapsed: Arc::new(watch::Sender::new(Duration::ZERO)),
                now: Arc::new(Mutex::new(
                    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
                )),
                skips: false,
            }
        }

        /// Whoever is left with nothing to do but to sleep moves the clock to the end of the
        /// sleep: a test of waits takes no time, and still sees how long they were.
        pub(crate) fn skipping() -> Self {
            Self {
                skips: true,
                ..Self::new()
            }
        }

        /// Moves both clocks on and wakes those whose time has come.
        pub(crate) fn advance(&self, duration: Duration) {
            *self.now.lock().unwrap_or_else(PoisonError::into_inner) += duration;
            self.elapsed.send_modify(|elapsed| *elapsed += duration);
        }

        /// Sets the wall clock alone, as a person or the network does.
        pub(crate) fn set_now(&self, now: SystemTime) {
            *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> SystemTime {
            *self.now.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn monotonic(&self) -> Duration {
            *self.elapsed.borrow()
        }

        fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
            let clock = self.clone();
            let end = clock.monotonic() + duration;
            Box::pin(async move {
                if clock.skips {
                    clock.advance(end.saturating_sub(clock.monotonic()));
                }
                let mut elapsed = clock.elapsed.subscribe();
                // The sender lives in `clock`, so this can't fail.
                let _ = elapsed.wait_for(|elapsed| *elapsed >= end).await;
            })
        }
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
        let clock = ManualClock::new();
        let mut sleeper = clock.sleep(Duration::from_secs(2));
        clock.advance(Duration::from_millis(1_999));
        tokio::select! {
            biased;
            () = &mut sleeper => panic!("woke too early"),
            () = tokio::task::yield_now() => {}
        }
        clock.advance(Duration::from_millis(1));
        sleeper.await;
    }

    #[tokio::test]
    async fn a_skipping_clock_tells_how_long_was_slept() {
        let clock = ManualClock::skipping();
        clock.sleep(Duration::from_secs(30)).await;
        assert_eq!(clock.monotonic(), Duration::from_secs(30));
    }
}
