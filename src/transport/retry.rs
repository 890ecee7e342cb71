//! When to try again, and after what pause.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::error::Error;

/// The longest `Retry-After` that is waited for within a call. The caller is told of a longer one
/// and comes back later.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Exponential backoff with full jitter: each pause is drawn from zero up to a ceiling that
/// doubles, so that many devices that lost the same server don't come back at the same moment.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(30);

    /// The pause before the next try; `random` lies in `0.0..1.0`.
    pub(crate) fn next(&mut self, random: f64) -> Duration {
        let ceiling = Self::FIRST
            .saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX))
            .min(Self::LONGEST);
        self.failures = (self.failures + 1).min(u32::BITS);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    }

    /// Something worked: the next pause is a short one.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// How long to pause before the same request is worth another try within this call; `None` where
/// it isn't.
pub(crate) fn pause(error: &Error, backoff: &mut Backoff, random: f64) -> Option<Duration> {
    let may_pass = match error {
        Error::Network { .. }
        | Error::Timeout { .. }
        | Error::RateLimited { .. }
        | Error::SizeMismatch { .. } => true,
        Error::HttpStatus { .. } => error.retryable(),
        _ => false,
    };
    if !may_pass {
        return None;
    }
    let pause = backoff.next(random);
    match error.retry_after() {
        Some(asked) if asked > LONGEST_WAIT => None,
        Some(asked) => Some(asked.max(pause)),
        None => Some(pause),
    }
}

/// Where the jitter comes from: numbers in `0.0..1.0`.
#[derive(Clone)]
pub(crate) struct Random(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Random {
    /// Draws from the operating system.
    pub(crate) fn system() -> Self {
        Self::from_fn(|| {
            // The 32 highest bits of a version 4 UUID are all random.
            let (random, ..) = Uuid::new_v4().as_fields();
            f64::from(random) / (f64::from(u32::MAX) + 1.0)
        })
    }

    pub(crate) fn from_fn(draw: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    pub(crate) fn draw(&self) -> f64 {
        (self.0)()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<u64>) -> Error {
        Error::HttpStatus {
            url: String::new(),
            status,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn the_ceiling_doubles_from_half_a_second_to_thirty() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<u128> = (0..9).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(
            ceilings,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000
            ]
        );
        for _ in 0..100 {
            assert_eq!(backoff.next(1.0), Duration::from_secs(30));
        }
        backoff.reset();
        assert_eq!(backoff.next(1.0), Duration::from_millis(500));
    }

    #[test]
    fn jitter_is_full() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(0.0), Duration::ZERO);
        assert_eq!(backoff.next(0.5), Duration::from_millis(500));
    }

    #[test]
    fn a_short_retry_after_is_waited_for_and_a_long_one_ends_it() {
        let pause = |error: &Error| pause(error, &mut Backoff::default(), 1.0);
        assert_eq!(pause(&status(503, Some(3))), Some(Duration::from_secs(3)));
        assert_eq!(pause(&status(503, Some(10))), Some(Duration::from_secs(10)));
        assert_eq!(pause(&status(503, Some(11))), None);
        assert_eq!(
            pause(&status(503, Some(0))),
            Some(Duration::from_millis(500)),
            "zero doesn't turn the backoff off"
        );
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let pause = |error: &Error| pause(error, &mut Backoff::default(), 1.0).is_some();
        let (url, problem) = (String::new(), String::new());
        assert!(pause(&status(500, None)));
        assert!(pause(&status(408, None)));
        assert!(!pause(&status(401, None)));
        assert!(!pause(&status(403, None)));
        assert!(!pause(&Error::NotFound { url: url.clone() }));
        assert!(pause(&Error::RateLimited { retry_after: None }));
        assert!(pause(&Error::Network {
            url: url.clone(),
            problem: problem.clone()
        }));
        assert!(!pause(&Error::Protocol { url, problem }));
        assert!(!pause(&Error::Cancelled));
    }

    #[test]
    fn the_system_draws_from_zero_up_to_one() {
        let random = Random::system();
        let drawn: Vec<f64> = (0..1_000).map(|_| random.draw()).collect();
        assert!(drawn.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(drawn.iter().any(|number| *number < 0.25));
        assert!(drawn.iter().any(|number| *number > 0.75));
    }
}
