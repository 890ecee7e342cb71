//! An update server in memory: native-update's protocol, without a network.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use live_updater::{Body, BoxFuture, Method, Request, Response, Transport, TransportError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use storage_simulator::SimulatedDisk;

/// Bytes of a bundle that arrive at once.
const PIECE: usize = 1500;

/// Offers the version that was published last. Clones are the same server.
#[derive(Clone)]
pub(crate) struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    offered: Option<String>,
    takes_reports: bool,
    /// The next bundle breaks off after so many bytes, and so does every one after it.
    breaks_after: Option<usize>,
    heard: Vec<Report>,
    bundle_requests: usize,
    /// Whose steps tell when a report was heard.
    disk: Option<SimulatedDisk>,
}

/// What the server was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) success: bool,
    /// Steps that the disk had done by then.
    pub(crate) at: usize,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Another server that knows the same.
    pub(crate) fn copy(&self) -> Self {
        self.at(usize::MAX)
    }

    /// A server that knows what this one was told before a moment.
    pub(crate) fn at(&self, step: usize) -> Self {
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
    pub(crate) fn watch(&self, disk: &SimulatedDisk) {
        self.state().disk = Some(disk.clone());
    }

    pub(crate) fn publish(&self, version: &str) {
        self.state().offered = Some(version.to_owned());
    }

    pub(crate) fn take_reports(&self, takes_reports: bool) {
        self.state().takes_reports = takes_reports;
    }

    pub(crate) fn break_after(&self, bytes: Option<usize>) {
        self.state().breaks_after = bytes;
    }

    pub(crate) fn heard(&self) -> Vec<Report> {
        self.state().heard.clone()
    }

    /// How often a bundle was asked for.
    pub(crate) fn bundle_requests(&self) -> usize {
        self.state().bundle_requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let mut state = self.state();
        match (request.method, request.url.path()) {
            (Method::Get, "/api/v1/updates/check") => Ok(small(200, &state.offer())),
            (Method::Get, path) => state.bundle(path.rsplit('/').next().unwrap_or(path), request),
            (Method::Post, _) if state.takes_reports => {
                let body = request.body.as_deref().unwrap_or_default();
                state.hear(&serde_json::from_slice(body).expect("a report is JSON"));
                Ok(small(200, &json!({})))
            }
            _ => Err(TransportError::Connect("away".to_owned())),
        }
    }
}

impl State {
    fn offer(&self) -> Value {
        let Some(version) = &self.offered else {
            return json!({"updateAvailable": false});
        };
        let zip = zip_of(version);
        let digest = Sha256::digest(&zip[..]);
        let checksum: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "updateAvailable": true,
            "version": version,
            "downloadUrl": format!("/api/v1/bundles/{version}"),
            "checksum": checksum,
            "size": zip.len(),
        })
    }

    fn bundle(&mut self, version: &str, request: &Request) -> Result<Response, TransportError> {
        self.bundle_requests += 1;
        let zip = zip_of(version);
        let range = request.headers.iter().find(|(name, _)| name == "range");
        let start: usize = range
            .and_then(|(_, range)| range.strip_prefix("bytes=")?.strip_suffix('-'))
            .map_or(0, |start| start.parse().expect("a start"));
        let mut headers = vec![
            ("etag".to_owned(), format!("\"{version}\"")),
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

impl Transport for Server {
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

/// The web files of a version: a few, in folders, of a sector or of some, all of them its own.
pub(crate) fn files_of(version: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let text = |name: &str, len: usize| {
        let line = format!("{name} of {version}\n");
        line.bytes().cycle().take(len).collect::<Vec<u8>>()
    };
    let noise = |name: &str, len: usize| {
        let blocks = (0..len.div_ceil(32)).map(|block| {
            let digest = Sha256::digest(format!("{name} {version} {block}"));
            <[u8; 32]>::from(digest)
        });
        blocks.flatten().take(len).collect::<Vec<u8>>()
    };
    [
        ("index.html", text("index.html", 700)),
        ("js/app.js", text("app.js", 5000)),
        ("js/chunk.js", noise("chunk.js", 1400)),
        ("css/app.css", text("app.css", 90)),
        ("img/logo.png", noise("logo.png", 2600)),
        ("empty.txt", Vec::new()),
    ]
    .map(|(path, bytes)| (PathBuf::from(path), bytes))
    .into()
}

fn zip_of(version: &str) -> Arc<Vec<u8>> {
    static ZIPS: LazyLock<Mutex<HashMap<String, Arc<Vec<u8>>>>> = LazyLock::new(Mutex::default);
    let mut zips = ZIPS.lock().unwrap_or_else(PoisonError::into_inner);
    let zip = zips.entry(version.to_owned()).or_insert_with(|| {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files_of(version) {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(path.to_str().unwrap(), options).unwrap();
            writer.write_all(&bytes).unwrap();
        }
        Arc::new(writer.finish().unwrap().into_inner())
    });
    Arc::clone(zip)
}
