//! SQLite, in a file.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use super::{Connection, DatabaseError, Row, Sql, Value};

/// How long one waits for another process that writes.
const BUSY: Duration = Duration::from_secs(10);
const CACHED_STATEMENTS: usize = 200;

pub(super) struct Sqlite(rusqlite::Connection);

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        // Readers and the writer don't wait for each other.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was answered survives a power cut too, not only the death of the process.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self(connection))
    }
}

impl Sql for Sqlite {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        Value::must_fit(values)?;
        let mut statement = self.0.prepare_cached(sql)?;
        let changed = statement.execute(rusqlite::params_from_iter(values))?;
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        Value::must_fit(values)?;
        let mut statement = self.0.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns);
            for column in 0..columns {
                values.push(value(column, row.get_ref(column)?)?);
            }
            found.push(Row::new(values));
        }
        Ok(found)
    }
}

impl Connection for Sqlite {
    fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.0.execute_batch(sql)?)
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        self.batch("BEGIN DEFERRED")
    }

    fn is_alive(&mut self) -> bool {
        true
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

fn value(column: usize, value: ValueRef<'_>) -> Result<Value, DatabaseError> {
    let found = match value {
        ValueRef::Null => return Ok(Value::Null),
        ValueRef::Integer(value) => return Ok(Value::Integer(value)),
        ValueRef::Text(text) => match str::from_utf8(text) {
            Ok(text) => return Ok(Value::Text(text.to_owned())),
            Err(_) => "text that isn't UTF-8",
        },
        ValueRef::Real(_) => "a fraction",
        ValueRef::Blob(_) => "bytes",
    };
    Err(DatabaseError::Column { column, found })
}
