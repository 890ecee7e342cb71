//! The flow of downloads, against servers that are written down.

mod device;
mod limits;
mod mirrors;
mod refusals;
mod resume;
#[cfg(feature = "http")]
mod sockets;

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use semver::Version;
use sha2::{Digest, Sha256};
use url::Url;

use super::*;
use crate::clock::Clock;
use crate::clock::manual::ManualClock;
use crate::digest::Sha256Digest;
use crate::store::disk::DiskStorage;
use crate::transport::Request;
use crate::transport::retry::Random;
use crate::transport::rules::NetworkRules;
use crate::transport::scripted::{Answer, Scene, ScriptedTransport, Step, header};

const URL: &str = "https://cdn.example/bundle.zip";
const LIMIT: u64 = 1_000_000;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Bytes of which no two places look the same.
fn content(len: usize) -> Vec<u8> {
    let mut random = numbers(7);
    (0..len).map(|_| random() as u8).collect()
}

/// The same numbers in every run.
fn numbers(seed: u64) -> impl FnMut() -> u64 + Send {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state >> 33
    }
}

fn release_of(content: &[u8]) -> Release {
    let digest = Sha256Digest::new(Sha256::digest(content).into());
    let mut release = Release::new(Version::new(1, 2, 3), url(URL), digest);
    release.size = Some(content.len() as u64);
    release
}

/// What a progress callback was told.
type Heard = (u64, Option<u64>);

/// A device and the servers that it talks to.
struct Stage {
    root: tempfile::TempDir,
    clock: ManualClock,
    transport: ScriptedTransport,
    downloader: Downloader,
    cancel: CancelToken,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Stage {
    fn new(scenes: impl IntoIterator<Item = Scene>) -> Self {
        let clock = ManualClock::skipping();
        let transport = ScriptedTransport::new(&clock, scenes);
        Self::with(clock, transport)
    }

    fn answering(play: impl FnMut(&Request) -> Scene + Send + 'static) -> Self {
        let clock = ManualClock::skipping();
        let transport = ScriptedTransport::from_fn(&clock, play);
        Self::with(clock, transport)
    }

    fn with(clock: ManualClock, transport: ScriptedTransport) -> Self {
        let root = tempfile::tempdir().unwrap();
        let storage = Arc::new(DiskStorage::new(root.path()));
        Self {
            downloader: downloader(&clock, &transport, storage),
            root,
            clock,
            transport,
            cancel: CancelToken::new(),
            heard: Arc::default(),
        }
    }

    /// Another process with other servers on the same device.
    fn again(self, scenes: impl IntoIterator<Item = Scene>) -> Self {
        let transport = ScriptedTransport::new(&self.clock, scenes);
        let storage = Arc::new(DiskStorage::new(self.root.path()));
        Self {
            downloader: downloader(&self.clock, &transport, storage),
            transport,
            ..self
        }
    }

    async fn fetch(&self, release: &Release) -> Result<FinishedPart, Error> {
        let progress = |bytes, total| self.heard.lock().unwrap().push((bytes, total));
        self.downloader
            .fetch(release, &self.cancel, &progress)
            .await
    }

    async fn fetch_error(&self, release: &Release) -> Error {
        self.fetch(release).await.unwrap_err()
    }

    /// Begins a download that stops after `len` bytes, and takes no other way.
    async fn begun(release: &Release, content: &[u8], len: usize) -> Self {
        let answer = whole(content, Some("\"a\""), Some(len));
        let stage = Self::new([answer, Answer::new(403).into()]);
        stage.fetch_error(release).await;
        assert_eq!(stage.part(release), &content[..len]);
        stage
    }

    fn part(&self, release: &Release) -> Vec<u8> {
        std::fs::read(self.root.path().join(PartKey::of(release).part_path())).unwrap_or_default()
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.transport.sent("range")
    }

    fn names(&self) -> Vec<String> {
        let storage = DiskStorage::new(self.root.path());
        storage.list(Path::new("downloads")).unwrap()
    }
}

fn downloader(
    clock: &ManualClock,
    transport: &ScriptedTransport,
    storage: Arc<dyn Storage>,
) -> Downloader {
    let rules = NetworkRules {
        update_url: Some(url("https://updates.example/")),
        token: Some("s3cret".to_owned()),
        headers: Vec::new(),
        insecure_hosts: Vec::new(),
        request_timeout: Duration::from_secs(20),
        read_timeout: Duration::from_secs(15),
    };
    let client = HttpClient::new(Arc::new(transport.clone()), Arc::new(clock.clone()), rules)
        .with_random(Random::from_fn(|| 1.0));
    Downloader::new(client, storage, LIMIT)
}

/// A 200 whose connection breaks after `cut` bytes.
fn whole(content: &[u8], etag: Option<&str>, cut: Option<usize>) -> Scene {
    let mut answer = Answer::new(200).header("content-length", content.len());
    if let Some(etag) = etag {
        answer = answer.header("etag", etag);
    }
    cut_after(answer, content, cut)
}

/// The 206 of an honest server.
fn rest(content: &[u8], from: usize, cut: Option<usize>) -> Scene {
    let (last, total) = (content.len() - 1, content.len());
    ranged(
        &format!("bytes {from}-{last}/{total}"),
        &content[from..],
        cut,
    )
}

fn ranged(content_range: &str, body: &[u8], cut: Option<usize>) -> Scene {
    let answer = Answer::new(206)
        .header("content-range", content_range)
        .header("content-length", body.len());
    cut_after(answer, body, cut)
}

fn cut_after(answer: Answer, body: &[u8], cut: Option<usize>) -> Scene {
    match cut {
        None => answer.chunks(body, 997).into(),
        Some(len) => answer.chunks(&body[..len], 997).step(Step::Cut).into(),
    }
}

/// The offset that a request asks for.
fn offset(request: &Request) -> usize {
    header(request, "range").map_or(0, |range| {
        let offset = range.strip_prefix("bytes=").unwrap();
        offset.strip_suffix('-').unwrap().parse().unwrap()
    })
}

#[test]
fn a_download_can_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let stage = Stage::new([]);
    let release = release_of(b"hello");
    assert_send(&stage.downloader.fetch(&release, &stage.cancel, &|_, _| {}));
}
