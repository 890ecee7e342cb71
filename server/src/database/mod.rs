//! Where metadata is kept: one writer that commits what waits together, and readers beside it.
//!
//! Statements are written so that SQLite and PostgreSQL both take them: places for values are
//! `?1`, `?2`; numbers are `BIGINT`, all else is `TEXT`; times are milliseconds since 1970.

mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod value;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;
use tokio::sync::Semaphore;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresSettings, PostgresSettingsError};
pub(crate) use value::{Row, Value};
use writer::Writer;

/// How many may read at the same time.
const READERS: usize = 4;
/// How long after its last use a connection is taken for alive without a question.
const FRESH: Duration = Duration::from_secs(1);
/// How long one doesn't try again to connect where it has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// A database that is open, at the newest layout.
#[derive(Clone)]
pub(crate) struct Database {
    writer: Writer,
    readers: Arc<Readers>,
    is_shared: bool,
}

impl Database {
    /// Opens the database in a file, and makes it where there is none.
    pub(crate) async fn open(path: &Path) -> Result<Self, DatabaseError> {
        let path = path.to_owned();
        Self::with(false, move || Ok(Box::new(sqlite::Sqlite::open(&path)?))).await
    }

    /// Opens a PostgreSQL database, and makes its tables where there are none.
    ///
    /// `tls` is for connections that are encrypted.
    #[cfg(feature = "postgres")]
    pub(crate) async fn connect(
        settings: &PostgresSettings,
        tls: Arc<rustls::ClientConfig>,
    ) -> Result<Self, DatabaseError> {
        let settings = settings.clone();
        let connect = move || -> Result<Box<dyn Connection>, DatabaseError> {
            Ok(Box::new(postgres::Postgres::connect(&settings, &tls)?))
        };
        Self::with(true, connect).await
    }

    /// Whether other processes may use it too.
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Changes something, and resolves when that is durable. What an error ends changes nothing.
    ///
    /// Changes run one after another, in the order in which they were asked for. It goes on where
    /// the caller doesn't wait for it.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Looks something up, as it was when the look began or later.
    pub(crate) async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.with_reader(|connection| Ok(work(connection))).await
    }

    /// Looks several things up as they were at one moment.
    pub(crate) async fn snapshot<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let seen = self.with_reader(|connection| {
            connection.begin_reading()?;
            let result = work(connection);
            // A statement that failed is no reason to keep the transaction.
            connection.batch("ROLLBACK")?;
            Ok(result)
        });
        seen.await
    }

    /// Has a connection do something. Where that fails because of the connection, nobody uses it
    /// again.
    async fn with_reader<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<Result<T, E>, DatabaseError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let _turn = self.readers.turns.acquire().await;
        let readers = Arc::clone(&self.readers);
        let read = tokio::task::spawn_blocking(move || {
            let mut connection = readers.take()?;
            let result = work(&mut *connection);
            // What failed may have failed because of the connection.
            if matches!(result, Ok(Ok(_))) || connection.is_alive() {
                readers.put_back(connection);
            }
            result?
        });
        match read.await {
            Ok(result) => result,
            Err(_) => Err(DatabaseError::Ended.into()),
        }
    }

    async fn with(
        is_shared: bool,
        connect: impl Fn() -> Result<Box<dyn Connection>, DatabaseError> + Send + Sync + 'static,
    ) -> Result<Self, DatabaseError> {
        let connect: Arc<Connect> = Arc::new(connect);
        let opened = tokio::task::spawn_blocking(move || {
            let mut connection = connect()?;
            migrations::apply(&mut *connection)?;
            Ok(Self {
                writer: Writer::start(connection, Arc::clone(&connect))?,
                readers: Arc::new(Readers {
                    connect,
                    idle: Mutex::default(),
                    refused: Mutex::default(),
                    turns: Semaphore::new(READERS),
                }),
                is_shared,
            })
        });
        opened.await.unwrap_or(Err(DatabaseError::Ended))
    }
}

/// What runs statements.
pub(crate) trait Sql {
    /// Runs a statement, and tells how many rows it changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError>;

    /// Runs a query.
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError>;

    /// Runs a query that gives at most one row.
    fn query_one(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, DatabaseError> {
        Ok(self.query(sql, values)?.into_iter().next())
    }
}

/// A connection of either kind.
trait Connection: Sql + Send {
    /// Runs several statements that take no values.
    fn batch(&mut self, sql: &str) -> Result<(), DatabaseError>;

    /// Runs the statements of a migration.
    fn define(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.batch(sql)
    }

    /// Begins a transaction that nobody else's change can come between.
    fn begin(&mut self) -> Result<(), DatabaseError>;

    /// Begins a transaction that sees one state and changes nothing.
    fn begin_reading(&mut self) -> Result<(), DatabaseError>;

    /// Whether it can still be used.
    fn is_alive(&mut self) -> bool;
}

type Connect = dyn Fn() -> Result<Box<dyn Connection>, DatabaseError> + Send + Sync;

struct Readers {
    connect: Arc<Connect>,
    /// With when they were used last.
    idle: Mutex<Vec<(Instant, Box<dyn Connection>)>>,
    /// When a connection could not be made last.
    refused: Mutex<Option<Instant>>,
    turns: Semaphore,
}

impl Readers {
    fn take(&self) -> Result<Box<dyn Connection>, DatabaseError> {
        while let Some((used, mut connection)) = self.next_idle() {
            if used.elapsed() < FRESH || connection.is_alive() {
                return Ok(connection);
            }
        }
        let refused = || self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        // Those who wait in line don't each wait for a server that isn't there.
        if refused().is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(DatabaseError::Unreachable);
        }
        let connected = (self.connect)();
        *refused() = connected.is_err().then(Instant::now);
        connected
    }

    fn next_idle(&self) -> Option<(Instant, Box<dyn Connection>)> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn put_back(&self, connection: Box<dyn Connection>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push((Instant::now(), connection));
    }
}

/// Why a database doesn't do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[cfg(feature = "postgres")]
    #[error("PostgreSQL: {}", postgres::told(.0))]
    Postgres(#[from] ::postgres::Error),
    #[cfg(feature = "postgres")]
    #[error("the PostgreSQL database has the encoding {0}, and needs UTF8")]
    Encoding(String),
    /// PostgreSQL keeps no NUL; so none is kept anywhere.
    #[error("a text holds NUL")]
    Nul,
    #[error("column {column} holds {found}")]
    Column { column: usize, found: &'static str },
    #[error("the database has layout {found}, and this version knows {known}: update the service")]
    Newer { found: i64, known: i64 },
    #[error("the database's thread can't be started: {0}")]
    Thread(std::io::Error),
    #[error("could not be committed: {reason}")]
    Commit {
        reason: String,
        is_unreachable: bool,
        is_full: bool,
    },
    #[error("the database could not be reached a moment ago")]
    Unreachable,
    #[error("the database has been closed")]
    Ended,
}

impl DatabaseError {
    /// Whether there was no room left.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            Self::Commit { is_full, .. } => *is_full,
            _ => false,
        }
    }

    /// Whether the database wasn't there: it may be, a little later.
    pub(crate) fn is_unreachable(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(error) => postgres::is_unreachable(error),
            Self::Commit { is_unreachable, .. } => *is_unreachable,
            Self::Unreachable => true,
            _ => false,
        }
    }
}
