//! PostgreSQL, for a service on more than one machine.

mod settings;
mod tls;

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::thread;

use postgres::error::SqlState;
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use postgres::{Client, Statement};
use rustls::ClientConfig;

use super::{Connection, DatabaseError, Row, Sql, Value};
pub use settings::{PostgresSettings, PostgresSettingsError};
use tls::Encryption;

/// Names the turn of the one who writes, among all that use the database.
const WRITERS: &str = "SELECT pg_advisory_xact_lock(7311853600127)";
/// Who stands still in the middle of a change gives up the turn, and nobody waits for it forever.
const SESSION: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'";

pub(super) struct Postgres {
    /// None once this is dropped.
    client: Option<Client>,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    /// Connects. Not for a thread that drives async tasks.
    pub(super) fn connect(
        settings: &PostgresSettings,
        roots: &Arc<ClientConfig>,
    ) -> Result<Self, DatabaseError> {
        let encryption = Encryption(Arc::clone(roots));
        let mut client = settings.config().connect(encryption)?;
        client.batch_execute(SESSION)?;
        let encoding = client.query_one("SHOW server_encoding", &[])?;
        let encoding: String = encoding.try_get(0)?;
        if encoding != "UTF8" {
            return Err(DatabaseError::Encoding(encoding));
        }
        Ok(Self {
            client: Some(client),
            statements: HashMap::new(),
        })
    }

    fn client(&mut self) -> Result<&mut Client, DatabaseError> {
        self.client.as_mut().ok_or(DatabaseError::Ended)
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        // No text of ours holds a question mark that isn't a place.
        let statement = self.client()?.prepare(&sql.replace('?', "$"))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Sql for Postgres {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        Value::must_fit(values)?;
        let statement = self.prepare(sql)?;
        Ok(self.client()?.execute(&statement, &places(values))?)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        Value::must_fit(values)?;
        let statement = self.prepare(sql)?;
        let rows = self.client()?.query(&statement, &places(values))?;
        rows.iter().map(row).collect()
    }
}

impl Connection for Postgres {
    fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.client()?.batch_execute(sql)?)
    }

    /// Texts are ordered and compared by their bytes, as SQLite does, whatever language the
    /// database is for.
    fn define(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.batch(&sql.replace(" TEXT", " TEXT COLLATE \"C\""))
    }

    /// Each statement sees what was committed before it, once it is one's turn: a snapshot would be
    /// from before the wait.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.batch("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")?;
        self.batch(WRITERS)
    }

    fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn is_alive(&mut self) -> bool {
        let client = self.client.as_mut();
        client.is_some_and(|client| !client.is_closed() && client.check_connection().is_ok())
    }
}

/// Its end is told to the server, which a thread that drives async tasks can't wait for.
impl Drop for Postgres {
    fn drop(&mut self) {
        let client = self.client.take();
        let _ = thread::Builder::new().spawn(move || drop(client));
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) if *kind == Type::INT8 => value.to_sql(kind, out),
            Self::Text(value) if *kind == Type::TEXT => value.to_sql(kind, out),
            _ => Err(format!("{self:?} isn't for {kind}").into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT].contains(kind)
    }

    to_sql_checked!();
}

/// What there is to know of an error, without the values that it is about.
pub(super) fn told(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(error), _) => format!("{} ({})", error.message(), error.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Whether the server wasn't there, or not ready, rather than that it refused something.
pub(super) fn is_unreachable(error: &postgres::Error) -> bool {
    let Some(state) = error.code() else {
        let source = error.source();
        return error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>());
    };
    let not_now = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    // Class 08 are errors of the connection.
    not_now.contains(state) || state.code().starts_with("08")
}

fn places(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    let places = values.iter();
    places.map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn row(row: &postgres::Row) -> Result<Row, DatabaseError> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        values.push(match *column.type_() {
            Type::INT8 => Value::from(row.try_get::<_, Option<i64>>(index)?),
            Type::INT4 => Value::from(row.try_get::<_, Option<i32>>(index)?.map(i64::from)),
            _ => Value::from(row.try_get::<_, Option<String>>(index)?),
        });
    }
    Ok(Row::new(values))
}
