//! Answers that are set in code.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// Answers that are set in code, before those of the folder.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    answers: Mutex<HashMap<Option<String>, Value>>,
}

impl Offers {
    /// Sets the answer for a channel, or for all that have none of their own.
    pub(crate) fn set(&self, channel: Option<&str>, answer: Value) {
        self.lock().insert(channel.map(str::to_owned), answer);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn answer(&self, channel: &str) -> Option<Value> {
        let answers = self.lock();
        let own = answers.get(&Some(channel.to_owned()));
        own.or_else(|| answers.get(&None)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<String>, Value>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
