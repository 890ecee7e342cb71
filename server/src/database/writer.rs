//! One thread that changes the database: what waits is committed together.
//!
//! A commit costs a write to the disk that must arrive. With many who wait, such as devices that
//! report, one commit serves them all; each change keeps a savepoint of its own, so that what fails
//! takes nothing else along.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::sync::oneshot;

use super::{Connect, Connection, DatabaseError, Sql};

/// How many changes one commit may hold.
const GROUP: usize = 256;

#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Box<dyn Change>>);

impl Writer {
    /// Starts the thread. It ends with the last of its handles.
    pub(super) fn start(
        connection: Box<dyn Connection>,
        connect: Arc<Connect>,
    ) -> Result<Self, DatabaseError> {
        let (sender, receiver) = mpsc::channel();
        let mut line = Line {
            connection: Some(connection),
            connect,
        };
        thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || work_off(&mut line, &receiver))
            .map_err(DatabaseError::Thread)?;
        Ok(Self(sender))
    }

    pub(super) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let change = Waiting {
            work: Some(work),
            result: None,
            answer,
        };
        if self.0.send(Box::new(change)).is_err() {
            return Err(DatabaseError::Ended.into());
        }
        answered
            .await
            .unwrap_or_else(|_| Err(DatabaseError::Ended.into()))
    }
}

/// A change that somebody waits for.
trait Change: Send {
    /// Makes it; whether it is to stay.
    fn make(&mut self, sql: &mut dyn Sql) -> bool;

    /// Tells the one who waits.
    fn tell(self: Box<Self>, committed: Result<(), NotCommitted>);
}

struct Waiting<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Change for Waiting<F, T, E>
where
    F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send,
    T: Send,
    E: From<DatabaseError> + Send,
{
    fn make(&mut self, sql: &mut dyn Sql) -> bool {
        let work = self.work.take();
        // One change that panics must not take the thread along that makes all others.
        let made = catch_unwind(AssertUnwindSafe(|| work.map(|work| work(sql))));
        self.result = made.unwrap_or_default();
        matches!(self.result, Some(Ok(_)))
    }

    fn tell(self: Box<Self>, committed: Result<(), NotCommitted>) {
        let result = match (self.result, committed) {
            (
                Some(Ok(_)) | None,
                Err(NotCommitted {
                    reason,
                    is_unreachable,
                    is_full,
                }),
            ) => {
                let error = DatabaseError::Commit {
                    reason,
                    is_unreachable,
                    is_full,
                };
                Err(error.into())
            }
            (Some(result), _) => result,
            (None, Ok(())) => Err(DatabaseError::Ended.into()),
        };
        // Who gave up waiting has no use for it.
        let _ = self.answer.send(result);
    }
}

/// Why nothing of a group stays.
#[derive(Clone)]
struct NotCommitted {
    reason: String,
    is_unreachable: bool,
    is_full: bool,
}

/// The connection to the database, which is made anew where it broke.
struct Line {
    connection: Option<Box<dyn Connection>>,
    connect: Arc<Connect>,
}

impl Line {
    fn commit(&mut self, group: &mut [Box<dyn Change>]) -> Result<(), DatabaseError> {
        let mut connection = self.begin()?;
        let made = make_all(&mut *connection, group);
        if made.is_err() {
            let _ = connection.batch("ROLLBACK");
        }
        if made.is_ok() || connection.is_alive() {
            self.connection = Some(connection);
        }
        made
    }

    /// A connection in a transaction that has begun. Nothing was changed yet: where one that was
    /// idle turns out to be broken, another one takes its place.
    fn begin(&mut self) -> Result<Box<dyn Connection>, DatabaseError> {
        if let Some(mut idle) = self.connection.take() {
            match idle.begin() {
                Ok(()) => return Ok(idle),
                Err(error) if idle.is_alive() => {
                    let _ = idle.batch("ROLLBACK");
                    self.connection = Some(idle);
                    return Err(error);
                }
                Err(error) => tracing::warn!(%error, "the database is connected to anew"),
            }
        }
        let mut connection = (self.connect)()?;
        connection.begin()?;
        Ok(connection)
    }
}

fn work_off(line: &mut Line, changes: &mpsc::Receiver<Box<dyn Change>>) {
    while let Ok(first) = changes.recv() {
        let mut group = vec![first];
        group.extend(changes.try_iter().take(GROUP - 1));
        let committed = line.commit(&mut group).map_err(|error| {
            tracing::error!(%error, changes = group.len(), "a commit failed");
            NotCommitted {
                reason: error.to_string(),
                is_unreachable: error.is_unreachable(),
                is_full: error.is_full(),
            }
        });
        for change in group {
            change.tell(committed.clone());
        }
    }
}

fn make_all(
    connection: &mut dyn Connection,
    group: &mut [Box<dyn Change>],
) -> Result<(), DatabaseError> {
    for change in group {
        connection.batch("SAVEPOINT change")?;
        if !change.make(connection) {
            connection.batch("ROLLBACK TO SAVEPOINT change")?;
        }
        connection.batch("RELEASE SAVEPOINT change")?;
    }
    connection.batch("COMMIT")
}
