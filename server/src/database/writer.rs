//! One thread that changes the database: what waits is committed together.
//!
//! A commit costs a write to the disk that must arrive. With many who wait, such as devices that
//! report, one commit serves them all; each change keeps a savepoint of its own, so that what fails
//! takes nothing else along.

use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::{Connection, DatabaseError, Sql};

/// How many changes one commit may hold.
const GROUP: usize = 256;

#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Box<dyn Change>>);

impl Writer {
    /// Starts the thread. It ends with the last of its handles.
    pub(super) fn start(connection: Box<dyn Connection>) -> Result<Self, DatabaseError> {
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || work_off(connection, &receiver))
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
    fn tell(self: Box<Self>, committed: Result<(), String>);
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
        self.result = self.work.take().map(|work| work(sql));
        matches!(self.result, Some(Ok(_)))
    }

    fn tell(self: Box<Self>, committed: Result<(), String>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)) | None, Err(reason)) => Err(DatabaseError::Commit(reason).into()),
            (Some(result), _) => result,
            (None, Ok(())) => Err(DatabaseError::Ended.into()),
        };
        // Who gave up waiting has no use for it.
        let _ = self.answer.send(result);
    }
}

fn work_off(mut connection: Box<dyn Connection>, changes: &mpsc::Receiver<Box<dyn Change>>) {
    while let Ok(first) = changes.recv() {
        let mut group = vec![first];
        group.extend(changes.try_iter().take(GROUP - 1));
        let committed = commit(&mut *connection, &mut group).map_err(|error| {
            tracing::error!(%error, changes = group.len(), "a commit failed");
            let _ = connection.batch("ROLLBACK");
            error.to_string()
        });
        for change in group {
            change.tell(committed.clone());
        }
    }
}

fn commit(
    connection: &mut dyn Connection,
    group: &mut [Box<dyn Change>],
) -> Result<(), DatabaseError> {
    connection.begin()?;
    for change in group {
        connection.batch("SAVEPOINT change")?;
        if !change.make(connection) {
            connection.batch("ROLLBACK TO SAVEPOINT change")?;
        }
        connection.batch("RELEASE SAVEPOINT change")?;
    }
    connection.batch("COMMIT")
}
