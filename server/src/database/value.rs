//! What goes into statements and comes out of them.

use super::DatabaseError;

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
}

impl Value {
    /// Fails where one of them can't be kept.
    pub(super) fn must_fit(values: &[Self]) -> Result<(), DatabaseError> {
        let has_nul = |value: &Self| matches!(value, Self::Text(text) if text.contains('\0'));
        match values.iter().any(has_nul) {
            true => Err(DatabaseError::Nul),
            false => Ok(()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Integer(_) => "a number",
            Self::Text(_) => "text",
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

/// Sizes and sequences: those of this service stay far below 2^63.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row(Vec<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    pub(crate) fn integer(&self, column: usize) -> Result<i64, DatabaseError> {
        match self.value(column) {
            Value::Integer(value) => Ok(*value),
            other => Err(unexpected(column, other)),
        }
    }

    /// A number that can't be negative.
    pub(crate) fn count(&self, column: usize) -> Result<u64, DatabaseError> {
        u64::try_from(self.integer(column)?).map_err(|_| DatabaseError::Column {
            column,
            found: "a negative number",
        })
    }

    pub(crate) fn flag(&self, column: usize) -> Result<bool, DatabaseError> {
        Ok(self.integer(column)? != 0)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, DatabaseError> {
        match self.value(column) {
            Value::Text(value) => Ok(value.clone()),
            other => Err(unexpected(column, other)),
        }
    }

    pub(crate) fn optional_integer(&self, column: usize) -> Result<Option<i64>, DatabaseError> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.integer(column).map(Some),
        }
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<String>, DatabaseError> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    fn value(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }
}

fn unexpected(column: usize, value: &Value) -> DatabaseError {
    let found = value.name();
    DatabaseError::Column { column, found }
}
