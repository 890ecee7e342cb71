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

use tokio::sync::Semaphore;

pub(crate) use value::{Row, Value};
use writer::Writer;

/// How many may read at the same time.
const READERS: usize = 4;

/// A database that is open, at the newest layout.
#[derive(Clone)]
pub(crate) struct Database {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Database {
    /// Opens the database in a file, and makes it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let path = path.to_owned();
        Self::with(move || Ok(Box::new(sqlite::Sqlite::open(&path)?)))
    }

    /// Opens a PostgreSQL database, and makes its tables where there are none.
    ///
    /// `settings` are those of libpq: `host=… user=… dbname=…`, or a URL.
    #[cfg(feature = "postgres")]
    pub(crate) fn connect(settings: &str) -> Result<Self, DatabaseError> {
        let settings = settings.to_owned();
        Self::with(move || Ok(Box::new(postgres::Postgres::connect(&settings)?)))
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
        let _turn = self.readers.turns.acquire().await;
        let readers = Arc::clone(&self.readers);
        let read = tokio::task::spawn_blocking(move || {
            let mut connection = readers.take()?;
            let result = work(&mut *connection);
            readers.put_back(connection);
            result
        });
        match read.await {
            Ok(result) => result,
            Err(_) => Err(DatabaseError::Ended.into()),
        }
    }

    fn with(
        connect: impl Fn() -> Result<Box<dyn Connection>, DatabaseError> + Send + Sync + 'static,
    ) -> Result<Self, DatabaseError> {
        let mut connection = connect()?;
        migrations::apply(&mut *connection)?;
        Ok(Self {
            writer: Writer::start(connection)?,
            readers: Arc::new(Readers {
                connect: Box::new(connect),
                idle: Mutex::default(),
                turns: Semaphore::new(READERS),
            }),
        })
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

    /// Begins a transaction that nobody else's change can come between.
    fn begin(&mut self) -> Result<(), DatabaseError>;
}

struct Readers {
    connect: Box<dyn Fn() -> Result<Box<dyn Connection>, DatabaseError> + Send + Sync>,
    idle: Mutex<Vec<Box<dyn Connection>>>,
    turns: Semaphore,
}

impl Readers {
    fn take(&self) -> Result<Box<dyn Connection>, DatabaseError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.map_or_else(|| (self.connect)(), Ok)
    }

    fn put_back(&self, connection: Box<dyn Connection>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
    }
}

/// Why a database doesn't do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[cfg(feature = "postgres")]
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] ::postgres::Error),
    /// PostgreSQL keeps no NUL; so none is kept anywhere.
    #[error("a text holds NUL")]
    Nul,
    #[error("column {column} holds {found}")]
    Column { column: usize, found: &'static str },
    #[error("the database has layout {found}, and this version knows {known}: update the service")]
    Newer { found: i64, known: i64 },
    #[error("the database's thread can't be started: {0}")]
    Thread(std::io::Error),
    #[error("could not be committed: {0}")]
    Commit(String),
    #[error("the database has been closed")]
    Ended,
}
