//! What a monitor asks for, in Prometheus' text form.

use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// Counts of this process.
pub(crate) struct Metrics {
    registry: Registry,
    /// By endpoint, method and status.
    pub(crate) requests: IntCounterVec,
    /// Seconds until the head of an answer, by endpoint.
    pub(crate) latency: HistogramVec,
    /// Reports, by outcome.
    pub(crate) confirmations: IntCounterVec,
    /// Checks, by what was answered.
    pub(crate) checks: IntCounterVec,
    /// Bundles that are going out now.
    pub(crate) downloads: IntGauge,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(format!("live_updater_{name}"), help), labels)
        };
        let buckets = vec![0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0];
        let latency = HistogramOpts::new(
            "live_updater_request_seconds",
            "Time until the head of an answer",
        );
        let metrics = Self {
            registry: Registry::new(),
            requests: counter(
                "requests_total",
                "Requests",
                &["endpoint", "method", "status"],
            )?,
            latency: HistogramVec::new(latency.buckets(buckets), &["endpoint"])?,
            confirmations: counter("confirmations_total", "Reports of devices", &["success"])?,
            checks: counter("checks_total", "Update checks", &["answer"])?,
            downloads: IntGauge::new("live_updater_downloads", "Bundles that are going out")?,
        };
        let registry = &metrics.registry;
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.latency.clone()))?;
        registry.register(Box::new(metrics.confirmations.clone()))?;
        registry.register(Box::new(metrics.checks.clone()))?;
        registry.register(Box::new(metrics.downloads.clone()))?;
        Ok(metrics)
    }

    /// All of them, as text.
    pub(crate) fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
