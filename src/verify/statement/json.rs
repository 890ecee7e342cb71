//! JSON whose objects name nothing twice.
//!
//! Readers differ in which of two equal keys they believe. What is signed has to mean the same to
//! all of them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::keys::{KeyProblem, Keys};

/// Reads an object, in which no object at any depth has a key twice.
pub(crate) fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    let Unambiguous(value) = serde_json::from_slice(bytes)?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

/// A value in which no object has a key twice.
pub(crate) struct Unambiguous(pub(crate) Value);

impl Unambiguous {
    /// The keys of the object that this is, `prefix` standing before their names in problems.
    pub(crate) fn into_keys(self, prefix: &str) -> Result<Keys, KeyProblem> {
        match self.0 {
            Value::Object(object) => Ok(Keys::new(prefix, object)),
            _ => Err(KeyProblem {
                key: prefix.to_owned(),
                problem: "must be an object".to_owned(),
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnambiguousVisitor).map(Self)
    }
}

struct UnambiguousVisitor;

impl<'de> Visitor<'de> for UnambiguousVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unambiguous(value)) = sequence.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            // RFC 8259, section 4: what software does with names that aren't unique is
            // unpredictable.
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} is there twice"
                )));
            }
            let Unambiguous(value) = map.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_unambiguous_is_read_as_it_is() {
        let text = r#"{"a": [1, -1, 1.5, true, null, "ü\u0041", {"a": {}}], "b": {"a": 1}}"#;
        assert_eq!(
            Value::Object(parse_object(text.as_bytes()).unwrap()),
            json!({"a": [1, -1, 1.5, true, null, "üA", {"a": {}}], "b": {"a": 1}})
        );
    }

    #[test]
    fn a_key_that_is_there_twice_is_refused_at_every_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"{"x": {"a": 1, "b": 2, "a": 3}}"#,
            r#"{"x": [0, [{"a": 1, "a": null}]]}"#,
        ] {
            let error = parse_object(text.as_bytes()).unwrap_err();
            assert!(
                error.to_string().contains(r#""a" is there twice"#),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_object_or_more_than_one_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", "1", "[]", "\"{}\"", "{} {}", "{},", "\u{feff}{}", &deep] {
            assert!(parse_object(text.as_bytes()).is_err(), "{text:.10}");
        }
    }
}
