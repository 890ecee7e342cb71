//! How long answers took.

use std::time::Duration;

use serde::Serialize;

/// All of them, as microseconds.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<u32>);

/// Milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Latencies {
    pub(crate) fn push(&mut self, took: Duration) {
        self.0
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub(crate) fn summary(&mut self) -> Summary {
        self.0.sort_unstable();
        let at = |share: f64| {
            let place = share * self.0.len().saturating_sub(1) as f64;
            let micros = self.0.get(place.round() as usize).copied().unwrap_or(0);
            f64::from(micros) / 1_000.0
        };
        Summary {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: at(1.0),
        }
    }
}
