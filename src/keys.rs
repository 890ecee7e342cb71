//! Reads a JSON object key by key, so that a problem can name the key.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::native_version::NativeVersion;
use crate::release::MAX_VERSION_LEN;

/// The keys of one object that are still unread.
pub(crate) struct Keys {
    prefix: String,
    object: Map<String, Value>,
}

/// A key is unknown, missing, or has a bad value.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {problem}")]
pub(crate) struct KeyProblem {
    pub(crate) key: String,
    pub(crate) problem: String,
}

impl From<KeyProblem> for Error {
    fn from(KeyProblem { key, problem }: KeyProblem) -> Self {
        Self::config(key, problem)
    }
}

impl Keys {
    pub(crate) fn new(prefix: &str, mut object: Map<String, Value>) -> Self {
        // A null is how JavaScript and Kotlin often write "not set".
        object.retain(|_, value| !value.is_null());
        Self {
            prefix: prefix.to_owned(),
            object,
        }
    }

    /// Every key has to be one that is known.
    pub(crate) fn finish(self) -> Result<(), KeyProblem> {
        match self.object.keys().next() {
            None => Ok(()),
            Some(key) => Err(self.problem(key, "unknown key")),
        }
    }

    pub(crate) fn problem(&self, key: &str, problem: impl Into<String>) -> KeyProblem {
        KeyProblem {
            key: format!("{}{key}", self.prefix),
            problem: problem.into(),
        }
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.object.remove(key)
    }

    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>, KeyProblem> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.problem(key, "must be a text")),
        }
    }

    pub(crate) fn nonempty_text(&mut self, key: &str) -> Result<Option<String>, KeyProblem> {
        match self.text(key)? {
            Some(text) if text.trim().is_empty() => Err(self.problem(key, "must not be empty")),
            text => Ok(text),
        }
    }

    pub(crate) fn required_text(&mut self, key: &str) -> Result<String, KeyProblem> {
        self.nonempty_text(key)?
            .ok_or_else(|| self.problem(key, "missing"))
    }

    /// A short text that is there, read as what it stands for.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Result<T, KeyProblem> {
        let text = self.required_text(key)?;
        self.must_be_short(key, &text)?;
        text.parse()
            .map_err(|error: T::Err| self.problem(key, error.to_string()))
    }

    /// A native version, as text; an empty one is none.
    pub(crate) fn native_version(&mut self, key: &str) -> Result<Option<String>, KeyProblem> {
        let Some(text) = self.present_text(key)? else {
            return Ok(None);
        };
        self.must_be_short(key, &text)?;
        match text.parse::<NativeVersion>() {
            Ok(_) => Ok(Some(text)),
            Err(error) => Err(self.problem(key, error.to_string())),
        }
    }

    /// A text. Servers write an empty one where they have none.
    pub(crate) fn present_text(&mut self, key: &str) -> Result<Option<String>, KeyProblem> {
        Ok(self.text(key)?.filter(|text| !text.trim().is_empty()))
    }

    fn must_be_short(&self, key: &str, text: &str) -> Result<(), KeyProblem> {
        if text.len() > MAX_VERSION_LEN {
            return Err(self.problem(key, "is too long"));
        }
        Ok(())
    }

    pub(crate) fn choice(
        &mut self,
        key: &str,
        choices: &[&str],
    ) -> Result<Option<String>, KeyProblem> {
        match self.text(key)? {
            Some(text) if !choices.contains(&text.as_str()) => {
                Err(self.problem(key, format!("must be one of {}", choices.join(", "))))
            }
            text => Ok(text),
        }
    }

    pub(crate) fn array(&mut self, key: &str) -> Result<Vec<Value>, KeyProblem> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(self.problem(key, "must be an array")),
        }
    }

    /// One text, or an array of texts.
    pub(crate) fn texts(&mut self, key: &str) -> Result<Vec<String>, KeyProblem> {
        let values = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
        };
        values
            .into_iter()
            .map(|value| match value {
                Value::String(text) => Ok(text),
                _ => Err(self.problem(key, "must be an array of texts")),
            })
            .collect()
    }

    pub(crate) fn number(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, KeyProblem> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        // JavaScript writes 5.0 as 5, but other tools don't.
        let number = value.as_u64().or_else(|| {
            let number = value.as_f64()?;
            (number.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(&number))
                .then_some(number as u64)
        });
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.problem(key, whole_number(&range))),
        }
    }

    pub(crate) fn required_number(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, KeyProblem> {
        self.number(key, range)?
            .ok_or_else(|| self.problem(key, "missing"))
    }

    pub(crate) fn flag(&mut self, key: &str) -> Result<Option<bool>, KeyProblem> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.problem(key, "must be true or false")),
        }
    }
}

fn whole_number(range: &std::ops::RangeInclusive<u64>) -> String {
    match (range.start(), range.end()) {
        (start, &u64::MAX) => format!("must be a whole number of at least {start}"),
        (start, end) => format!("must be a whole number from {start} to {end}"),
    }
}
