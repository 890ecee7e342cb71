//! Connections that wait for the next request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::connect::{Connection, Origin};

/// Servers hang up after about a minute without a request.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// An update asks one server at a time, and its mirrors after it.
const MAX_CONNECTIONS: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Idle>>);

#[derive(Debug)]
struct Idle {
    origin: Origin,
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// A connection to `origin` that takes a request now.
    pub(super) async fn take(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = self.remove(origin)?;
            // Its last answer was read to the end. It needs a moment to see that, or it is closed.
            if connection.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    pub(super) fn put(&self, origin: Origin, connection: Connection) {
        if connection.is_closed() {
            return;
        }
        let mut idle = self.sweep();
        if idle.len() == MAX_CONNECTIONS {
            idle.remove(0);
        }
        idle.push(Idle {
            origin,
            connection,
            since: Instant::now(),
        });
    }

    #[cfg(test)]
    pub(super) async fn until_empty(&self) {
        while !self.sweep().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    fn remove(&self, origin: &Origin) -> Option<Connection> {
        let mut idle = self.sweep();
        // The newest is the least likely to be closed by now.
        let position = idle.iter().rposition(|idle| idle.origin == *origin)?;
        Some(idle.remove(position).connection)
    }

    fn sweep(&self) -> MutexGuard<'_, Vec<Idle>> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| !idle.connection.is_closed() && idle.since.elapsed() < MAX_IDLE);
        idle
    }
}
