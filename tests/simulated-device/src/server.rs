//! An update server in memory: native-update's protocol, without a network.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use live_updater::{Body, BoxFuture, Method, Request, Response, Transport, TransportError};
use serde_json::{Value, json};
use storage_simulator::SimulatedDisk;

use crate::web::{Offer, zip_of};

/// Bytes of a bundle that arrive at once.
const PIECE: usize = 1500;

/// Offers what was published last. Clones are the same server.
#[derive(Clone, Default)]
pub struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    offered: Option<Offer>,
    takes_reports: bool,
    /// It hears reports, and its answers get lost.
    loses_answers: bool,
    /// For how many seconds it wants to be left alone.
    asks_to_wait: Option<u64>,
    /// The bundles that it sends have wrong bytes.
    is_garbling: bool,
    /// The next bundle breaks off after so many bytes, and so does every one after it.
    breaks_after: Option<usize>,
    heard: Vec<Report>,
    bundle_requests: usize,
    /// Whose steps tell when a report was heard.
    disk: Option<SimulatedDisk>,
}

/// What the server was told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests compare them")]
pub struct Report {
    /// The report's id: a repeat has the same.
    pub id: String,
    /// The bundle's version.
    pub version: String,
    /// Whether it became ready.
    pub success: bool,
    /// Steps that the disk had done by then.
    pub at: usize,
}

impl Server {
    /// A server that offers nothing and takes no reports.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another server that knows the same.
    #[must_use]
    pub fn copy(&self) -> Self {
        self.at(usize::MAX)
    }

    /// A server that knows what this one was told before a moment.
    #[must_use]
    pub fn at(&self, step: usize) -> Self {
        let state = self.state();
        let heard = state.heard.iter().filter(|report| report.at <= step);
        let heard = heard.map(|report| Report {
            at: 0,
            ..report.clone()
        });
        Self(Arc::new(Mutex::new(State {
            offered: state.offered.clone(),
            heard: heard.collect(),
            ..State::default()
        })))
    }

    /// From now on, reports are noted with the steps of this disk.
    pub fn watch(&self, disk: &SimulatedDisk) {
        self.state().disk = Some(disk.clone());
    }

    /// Offers a version, unsigned.
    pub fn publish(&self, version: &str) {
        self.offer(Some(Offer::new(version)));
    }

    /// Offers this, or nothing.
    pub fn offer(&self, offer: Option<Offer>) {
        self.state().offered = offer;
    }

    /// Whether reports are taken; otherwise it can't be reached for them.
    pub fn take_reports(&self, takes_reports: bool) {
        self.state().takes_reports = takes_reports;
    }

    /// Hears reports from now on, and never says so.
    pub fn lose_answers(&self, loses_answers: bool) {
        self.state().loses_answers = loses_answers;
    }

    /// Answers the next check with the wish to be left alone for so many seconds.
    pub fn ask_to_wait(&self, seconds: Option<u64>) {
        self.state().asks_to_wait = seconds;
    }

    /// Sends wrong bytes from now on.
    pub fn garble(&self, is_garbling: bool) {
        self.state().is_garbling = is_garbling;
    }

    /// Breaks each bundle off after so many bytes from now on.
    pub fn break_after(&self, bytes: Option<usize>) {
        self.state().breaks_after = bytes;
    }

    /// All reports so far, repeats included.
    pub fn heard(&self) -> Vec<Report> {
        self.state().heard.clone()
    }

    /// How often a bundle was asked for.
    pub fn bundle_requests(&self) -> usize {
        self.state().bundle_requests
    }

    /// How a new process reaches it.
    pub(crate) fn connect(&self) -> Connection {
        Connection {
            server: self.clone(),
            is_dead: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process and the server. Clones are the same process.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    server: Server,
    is_dead: Arc<AtomicBool>,
}

impl Connection {
    /// The process dies. Whatever its threads go on with, the server hears nothing more of it.
    pub(crate) fn kill(&self) {
        let _nothing_is_being_heard = self.server.state();
        self.is_dead.store(true, Ordering::Relaxed);
    }

    fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let mut state = self.server.state();
        if self.is_dead.load(Ordering::Relaxed) {
            return Err(TransportError::Broken("the process is dead".to_owned()));
        }
        match (request.method, request.url.path()) {
            (Method::Get, "/api/v1/updates/check") => Ok(state.check()),
            (Method::Get, path) => state.bundle(path.rsplit('/').next().unwrap_or(path), request),
            (Method::Post, _) if state.takes_reports => {
                let body = request.body.as_deref().unwrap_or_default();
                state.hear(&serde_json::from_slice(body).expect("a report is JSON"));
                Ok(small(200, &json!({})))
            }
            (Method::Post, _) if state.loses_answers => {
                let body = request.body.as_deref().unwrap_or_default();
                state.hear(&serde_json::from_slice(body).expect("a report is JSON"));
                Err(TransportError::Broken("connection reset".to_owned()))
            }
            _ => Err(TransportError::Connect("away".to_owned())),
        }
    }
}

impl State {
    fn check(&mut self) -> Response {
        if let Some(seconds) = self.asks_to_wait.take() {
            let mut response = small(429, &json!({}));
            let wish = ("retry-after".to_owned(), seconds.to_string());
            response.headers.push(wish);
            return response;
        }
        let nothing = || json!({"updateAvailable": false});
        small(
            200,
            &self.offered.as_ref().map_or_else(nothing, Offer::to_answer),
        )
    }

    fn bundle(&mut self, content: &str, request: &Request) -> Result<Response, TransportError> {
        self.bundle_requests += 1;
        let mut zip = zip_of(content);
        if self.is_garbling {
            zip = Arc::new(zip.iter().map(|byte| !byte).collect());
        }
        let range = request.headers.iter().find(|(name, _)| name == "range");
        let start: usize = range
            .and_then(|(_, range)| range.strip_prefix("bytes=")?.strip_suffix('-'))
            .map_or(0, |start| start.parse().expect("a start"));
        let mut headers = vec![
            ("etag".to_owned(), format!("\"{content}\"")),
            ("content-length".to_owned(), (zip.len() - start).to_string()),
        ];
        if start > 0 {
            let range = format!("bytes {start}-{}/{}", zip.len() - 1, zip.len());
            headers.push(("content-range".to_owned(), range));
        }
        let breaks_at = self.breaks_after.map(|bytes| start + bytes);
        let body = Pieces {
            bytes: zip,
            next: start,
            breaks_at,
        };
        let status = if start > 0 { 206 } else { 200 };
        Ok(Response::new(status, headers, Box::new(body)))
    }

    fn hear(&mut self, body: &Value) {
        let text = |key: &str| body[key].as_str().expect(key).to_owned();
        self.heard.push(Report {
            id: text("id"),
            version: text("version"),
            success: body["success"].as_bool().expect("success"),
            at: self.disk.as_ref().map_or(0, SimulatedDisk::recorded),
        });
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Transport for Connection {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let answer = self.answer(&request);
        Box::pin(async move { answer })
    }
}

fn small(status: u16, body: &Value) -> Response {
    let bytes = body.to_string().into_bytes();
    let body = Pieces {
        bytes: Arc::new(bytes),
        next: 0,
        breaks_at: None,
    };
    Response::new(status, Vec::new(), Box::new(body))
}

struct Pieces {
    bytes: Arc<Vec<u8>>,
    next: usize,
    breaks_at: Option<usize>,
}

impl Body for Pieces {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        let end = self.bytes.len().min(self.next + PIECE);
        let end = self.breaks_at.map_or(end, |breaks_at| end.min(breaks_at));
        let piece = Bytes::copy_from_slice(&self.bytes[self.next..end]);
        self.next = end;
        let is_broken = piece.is_empty() && end < self.bytes.len();
        Box::pin(async move {
            if is_broken {
                return Err(TransportError::Broken("connection reset".to_owned()));
            }
            Ok((!piece.is_empty()).then_some(piece))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_dead_is_not_heard() {
        let server = Server::new();
        server.take_reports(true);
        let (living, dead) = (server.connect(), server.connect());
        dead.kill();
        let report = json!({"id": "a", "version": "2.0.0", "success": true});
        let mut request = Request::new(Method::Post, "http://localhost/".parse().unwrap());
        request.body = Some(report.to_string().into());
        assert!(dead.answer(&request).is_err());
        assert_eq!(server.heard(), []);
        living.answer(&request).unwrap();
        assert_eq!(server.heard().len(), 1);
    }
}
