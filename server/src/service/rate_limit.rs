//! How often somebody may ask.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::ApiError;
use crate::settings::Settings;

/// A budget a minute for each device, key and address that asks.
pub(crate) struct RateLimits {
    devices: DefaultKeyedRateLimiter<String>,
    keys: DefaultKeyedRateLimiter<String>,
    wrong_keys: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl RateLimits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let limiter = |per_minute| RateLimiter::keyed(Quota::per_minute(per_minute));
        let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            devices: limiter(at_least_one(settings.device_requests_per_minute)),
            keys: limiter(at_least_one(settings.requests_per_minute)),
            wrong_keys: limiter(at_least_one(settings.wrong_keys_per_minute)),
            clock: DefaultClock::default(),
        }
    }

    /// A request of a device.
    pub(crate) fn device(&self, app: &str, device: &str) -> Result<(), ApiError> {
        self.check(&self.devices, &format!("{app}\n{device}"))
    }

    /// A request with an API key.
    pub(crate) fn key(&self, id: &str) -> Result<(), ApiError> {
        self.check(&self.keys, &id.to_owned())
    }

    /// A request with a key that nobody has, from this address.
    pub(crate) fn wrong_key(&self, address: &str) -> Result<(), ApiError> {
        self.check(&self.wrong_keys, &address.to_owned())
    }

    /// Forgets who hasn't asked for a while.
    pub(crate) fn forget_idle(&self) {
        for limiter in [&self.devices, &self.keys, &self.wrong_keys] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn check(
        &self,
        limiter: &DefaultKeyedRateLimiter<String>,
        who: &String,
    ) -> Result<(), ApiError> {
        limiter.check_key(who).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            let seconds = (wait + Duration::from_millis(999)).as_secs().max(1);
            ApiError::RateLimited { seconds }
        })
    }
}
