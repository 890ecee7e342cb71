//! One file a concern.

mod addressee;
mod envelope;
mod expiry;
mod keys;
mod mutation;
mod payload;
mod sequence;

use serde_json::{Value, json};

use super::testing::*;
use super::*;

/// A device that pins keys and remembers what it has learnt.
struct Device {
    keys: PinnedKeys,
    threshold: usize,
    min_sequence: u64,
    now: u64,
    channel: &'static str,
    trusted: Trusted,
}

impl Device {
    /// It pins the key of seed 1, and has seen nothing yet.
    fn new() -> Self {
        Self::pinning(&[1], 1)
    }

    fn pinning(seeds: &[u8], threshold: usize) -> Self {
        Self {
            keys: pinned(seeds),
            threshold,
            min_sequence: 0,
            now: NOW,
            channel: "production",
            trusted: Trusted::default(),
        }
    }

    /// A device that has seen sequence 10.
    fn at_ten() -> Self {
        let mut device = Self::new();
        device.see(&statement(10, "2.0.0")).unwrap();
        device
    }

    /// Is offered a statement that key 1 has signed.
    fn see(&mut self, statement: &Value) -> Result<Acceptance, &'static str> {
        self.see_signed(statement, &[1])
    }

    fn see_signed(&mut self, statement: &Value, seeds: &[u8]) -> Result<Acceptance, &'static str> {
        self.see_envelope(&sign(&statement.to_string(), seeds))
    }

    fn see_envelope(&mut self, envelope: &Value) -> Result<Acceptance, &'static str> {
        let circumstances = Circumstances {
            channel: self.channel,
            threshold: self.threshold,
            min_sequence: self.min_sequence,
            now: self.now,
            ..circumstances(&self.keys)
        };
        let (_, acceptance) = Envelope::parse(&envelope.to_string())
            .and_then(|envelope| verify(&envelope, &self.trusted, &circumstances))
            .map_err(|error| error.code())?;
        self.trusted = acceptance.trusted.clone();
        Ok(acceptance)
    }

    fn floor(&self) -> Option<u64> {
        let floor = self.trusted.floor("com.example.app", self.channel);
        floor.map(|floor| floor.sequence)
    }
}

/// What reading a payload comes to, whoever signed it.
fn read(payload: &Value) -> Result<Statement, String> {
    Statement::parse(payload.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn days(days: u64) -> u64 {
    days * 24 * 60 * 60 * 1000
}

fn text(value: &str) -> Value {
    json!(value)
}
