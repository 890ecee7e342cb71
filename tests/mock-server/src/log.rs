//! What was asked for, and what was answered.

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use live_updater_wire::Confirmation;
use tokio::sync::watch;

use crate::Fault;

/// One request, and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// Compares with text: `request.method == "GET"`.
    pub method: Method,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// All header fields of the request.
    pub headers: HeaderMap,
    /// Where the range that was asked for begins; nothing for no range or a suffix.
    pub range_start: Option<u64>,
    /// The body of the request.
    pub body: Bytes,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the answer's body that were handed to the socket, also where the connection
    /// ended early. For a chunked body the chunks' own framing counts too.
    pub bytes_sent: u64,
    /// When the request had been read.
    pub at: SystemTime,
    /// From then until the answer was out, or the connection ended; nothing until then.
    pub took: Option<Duration>,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// Why the answer is as it is, where a client can't tell.
    pub note: Option<String>,
}

impl LoggedRequest {
    /// The first header field of that name, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first query parameter of that name, decoded.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the answer is out, or its connection has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.took.is_some()
    }
}

/// No request that was waited for came in time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub struct WaitError {
    /// How long was waited.
    pub waited: Duration,
    /// The requests that did come.
    pub requests: Vec<LoggedRequest>,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such request within {:?}; there were:", self.waited)?;
        for request in &self.requests {
            let LoggedRequest { method, path, .. } = request;
            write!(f, "\n  {method} {path} → {}", request.status)?;
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct RequestLog {
    entries: Mutex<Vec<Arc<LogEntry>>>,
    confirmations: Mutex<Vec<Confirmation>>,
    /// Changes whenever an entry does, so that waiting needs no polling.
    changes: Arc<watch::Sender<()>>,
}

/// One request of the log. What still changes is filled in while the answer goes out.
pub(crate) struct LogEntry {
    request: LoggedRequest,
    arrived: Instant,
    bytes_sent: AtomicU64,
    took: OnceLock<Duration>,
    changes: Arc<watch::Sender<()>>,
    on_finished: Option<RequestCallback>,
}

pub(crate) type RequestCallback = Arc<dyn Fn(&LoggedRequest) + Send + Sync>;

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::default(),
            confirmations: Mutex::default(),
            changes: Arc::new(watch::Sender::new(())),
        }
    }

    pub(crate) fn push(
        &self,
        request: LoggedRequest,
        arrived: Instant,
        on_finished: Option<RequestCallback>,
    ) -> Arc<LogEntry> {
        let entry = Arc::new(LogEntry {
            request,
            arrived,
            bytes_sent: AtomicU64::new(0),
            took: OnceLock::new(),
            changes: Arc::clone(&self.changes),
            on_finished,
        });
        lock(&self.entries).push(Arc::clone(&entry));
        self.changes.send_replace(());
        entry
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.entries)
            .iter()
            .map(|entry| entry.snapshot())
            .collect()
    }

    pub(crate) async fn wait_for(
        &self,
        predicate: impl Fn(&LoggedRequest) -> bool,
        timeout: Duration,
    ) -> Result<LoggedRequest, WaitError> {
        let found = async {
            let mut changes = self.changes.subscribe();
            loop {
                if let Some(found) = self.requests().into_iter().find(&predicate) {
                    return found;
                }
                if changes.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
        };
        tokio::time::timeout(timeout, found)
            .await
            .map_err(|_| WaitError {
                waited: timeout,
                requests: self.requests(),
            })
    }

    pub(crate) fn confirm(&self, confirmation: Confirmation) {
        lock(&self.confirmations).push(confirmation);
        self.changes.send_replace(());
    }

    pub(crate) fn confirmations(&self) -> Vec<Confirmation> {
        lock(&self.confirmations).clone()
    }

    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
        lock(&self.confirmations).clear();
    }
}

impl LogEntry {
    pub(crate) fn add_bytes(&self, count: u64) {
        self.bytes_sent.fetch_add(count, Ordering::Relaxed);
        self.changes.send_replace(());
    }

    /// The answer is out, or will never be.
    pub(crate) fn finish(&self) {
        if self.took.set(self.arrived.elapsed()).is_err() {
            return;
        }
        let request = self.snapshot();
        tracing::info!(
            method = %request.method,
            path = %request.path,
            range = request.header("range").unwrap_or_default(),
            status = request.status,
            bytes = request.bytes_sent,
            ms = request.took.unwrap_or_default().as_millis(),
            fault = request.fault.as_ref().map(tracing::field::display),
            note = request.note,
            "request"
        );
        if let Some(on_finished) = &self.on_finished {
            on_finished(&request);
        }
        self.changes.send_replace(());
    }

    fn snapshot(&self) -> LoggedRequest {
        LoggedRequest {
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            took: self.took.get().copied(),
            ..self.request.clone()
        }
    }
}

impl fmt::Debug for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
