//! Which request meets which fault.

use std::{
    collections::VecDeque,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::Fault;

/// A part of the server that faults can be set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Endpoint {
    /// `GET /api/v1/updates/check`
    Check,
    /// `GET` or `HEAD /api/v1/bundles/{version}`
    Bundle,
    /// `POST /api/v1/updates/confirm`
    Confirm,
    /// `GET /health`
    Health,
    /// All of them.
    Any,
}

/// A text that names no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no endpoint: there are check, bundle, confirm, health and any")]
pub struct ParseEndpointError(String);

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "check" => Ok(Self::Check),
            "bundle" => Ok(Self::Bundle),
            "confirm" => Ok(Self::Confirm),
            "health" => Ok(Self::Health),
            "any" => Ok(Self::Any),
            _ => Err(ParseEndpointError(text.to_owned())),
        }
    }
}

/// A fault that waits for the word on how often it happens; see
/// [`MockServer::fault`](crate::MockServer::fault).
#[must_use = "say how often: `once`, `times` or `always`"]
#[derive(Debug)]
pub struct FaultSetting<'a> {
    schedule: &'a FaultSchedule,
    endpoint: Endpoint,
    fault: Fault,
}

impl FaultSetting<'_> {
    /// Only the next request meets it.
    pub fn once(self) {
        self.times(1);
    }

    /// The next `count` requests meet it.
    pub fn times(self, count: u32) {
        self.schedule.push(self.endpoint, self.fault, Some(count));
    }

    /// Every request meets it, until the faults are cleared.
    pub fn always(self) {
        self.schedule.push(self.endpoint, self.fault, None);
    }
}

/// Faults in the order in which they were set.
#[derive(Debug, Default)]
pub(crate) struct FaultSchedule {
    waiting: Mutex<VecDeque<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    endpoint: Endpoint,
    fault: Fault,
    /// `None` is without end.
    left: Option<u32>,
}

impl FaultSchedule {
    pub(crate) fn setting(&self, endpoint: Endpoint, fault: Fault) -> FaultSetting<'_> {
        FaultSetting {
            schedule: self,
            endpoint,
            fault,
        }
    }

    pub(crate) fn push(&self, endpoint: Endpoint, fault: Fault, left: Option<u32>) {
        if left != Some(0) {
            self.lock().push_back(Waiting {
                endpoint,
                fault,
                left,
            });
        }
    }

    /// Takes the fault that a request to `endpoint` meets. `None` where it's answered in peace.
    pub(crate) fn take(&self, endpoint: Option<Endpoint>) -> Option<Fault> {
        let mut waiting = self.lock();
        let position = waiting.iter().position(|waiting| {
            waiting.endpoint == Endpoint::Any || Some(waiting.endpoint) == endpoint
        })?;
        let first = waiting.get_mut(position)?;
        let fault = first.fault.clone();
        if let Some(left) = &mut first.left {
            *left -= 1;
            if *left == 0 {
                waiting.remove(position);
            }
        }
        (fault != Fault::None).then_some(fault)
    }

    pub(crate) fn clear(&self, endpoint: Endpoint) {
        self.lock()
            .retain(|waiting| endpoint != Endpoint::Any && waiting.endpoint != endpoint);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_met_in_the_order_in_which_they_were_set() {
        let schedule = FaultSchedule::default();
        schedule.setting(Endpoint::Bundle, Fault::Gzip).times(2);
        schedule.setting(Endpoint::Bundle, Fault::None).once();
        schedule.setting(Endpoint::Bundle, Fault::Endless).always();

        let met: Vec<_> = (0..5)
            .map(|_| schedule.take(Some(Endpoint::Bundle)))
            .collect();
        assert_eq!(
            met,
            [
                Some(Fault::Gzip),
                Some(Fault::Gzip),
                None,
                Some(Fault::Endless),
                Some(Fault::Endless),
            ]
        );
    }

    #[test]
    fn a_fault_of_one_endpoint_leaves_the_others_alone() {
        let schedule = FaultSchedule::default();
        schedule.setting(Endpoint::Check, Fault::Gzip).always();
        schedule.setting(Endpoint::Any, Fault::Endless).once();

        assert_eq!(schedule.take(Some(Endpoint::Bundle)), Some(Fault::Endless));
        assert_eq!(schedule.take(Some(Endpoint::Bundle)), None);
        assert_eq!(schedule.take(Some(Endpoint::Check)), Some(Fault::Gzip));
        schedule.clear(Endpoint::Bundle);
        assert_eq!(schedule.take(Some(Endpoint::Check)), Some(Fault::Gzip));
        schedule.clear(Endpoint::Any);
        assert_eq!(schedule.take(Some(Endpoint::Check)), None);
    }
}
