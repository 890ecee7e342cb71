//! A service on this machine, and somebody who asks it.

use std::io::{Cursor, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

use live_updater_server::{Service, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use ureq::http::{Method, Request};
use ureq::{Agent, Body};

/// A service with a folder of its own. It ends when it is dropped.
pub(crate) struct World {
    address: SocketAddr,
    pub(crate) key: String,
    agent: Agent,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    data: TempDir,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A service whose settings are changed.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(data.path().join("data"));
        settings.allows_loopback_urls = true;
        #[cfg(all(feature = "postgres", feature = "s3"))]
        if let Some((postgres, s3)) = backing_stores::from_environment() {
            use_stores(&mut settings, &postgres, s3);
        }
        change(&mut settings);
        let (end, ended) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let service = Service::open(settings).await.unwrap();
                // Another one may have made it before.
                let key = service.first_key().await.unwrap().unwrap_or_default();
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send((listener.local_addr().unwrap(), key)).unwrap();
                let ended = async { ended.await.unwrap_or(()) };
                service.serve(listener, ended).await.unwrap();
            });
        });
        let (address, key) = told.recv().unwrap();
        let config = Agent::config_builder().http_status_as_error(false);
        Self {
            address,
            key,
            agent: config.max_redirects(0).build().into(),
            end: Some(end),
            thread: Some(thread),
            data,
        }
    }

    /// Where the service listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// How many uploads lie about that nobody goes on with.
    pub(crate) fn incomplete_uploads(&self) -> usize {
        let folder = self.data.path().join("data/uploads");
        std::fs::read_dir(folder).unwrap().count()
    }

    /// The first key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn url(&self, path: &str) -> String {
        match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("http://{}{path}", self.address),
        }
    }

    /// Asks with the first key.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask_as(&self.key, method, path, body)
    }

    /// Asks with another key, or none.
    pub(crate) fn ask_as(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("authorization", key), ("content-type", "application/json")];
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        self.send(method, path, &headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new())
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder().method(method).uri(self.url(path));
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.body(body).unwrap();
        let agent = self
            .agent
            .configure_request(request)
            .allow_non_standard_methods(true)
            .build();
        let mut response: ureq::http::Response<Body> = self.agent.run(agent).unwrap();
        let reader = response.body_mut().with_config().limit(1 << 30);
        Answer {
            bytes: reader.read_to_vec().unwrap(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
        }
    }

    /// Uploads a bundle.
    pub(crate) fn upload(&self, app: &str, version: &str, zip: &[u8]) -> Answer {
        let path = format!("/api/v1/apps/{app}/bundles/{version}");
        self.send("PUT", &path, &[("authorization", &self.key)], zip.to_vec())
    }

    /// Has a channel give a version.
    pub(crate) fn release(&self, app: &str, channel: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/apps/{app}/channels/{channel}/releases");
        self.ask("POST", &path, body)
    }

    /// What a device on `current` is answered.
    pub(crate) fn check(&self, app: &str, current: &str, device: &str) -> Value {
        let answer = self.get(&format!(
            "/api/v1/updates/check?appId={app}&currentVersion={current}&platform=android\
             &channel=production&deviceId={device}"
        ));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// Keeps a service's metadata in a database of its own, and its bundles in a folder of a bucket.
#[cfg(all(feature = "postgres", feature = "s3"))]
pub(crate) fn use_stores(
    settings: &mut Settings,
    postgres: &backing_stores::Postgres,
    s3: backing_stores::S3,
) {
    use backing_stores::S3;
    use live_updater_server::{PostgresSettings, S3Settings};

    let name = format!("world_{}", uuid::Uuid::new_v4().simple());
    let database = postgres.database(&name).unwrap();
    settings.postgres = Some(PostgresSettings::parse(&database).unwrap());
    let url = format!("s3://{}/{name}", S3::BUCKET);
    let variables = S3::variables(&format!("http://{}", s3.address()));
    settings.s3 = Some(S3Settings::new(&url, variables).unwrap());
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, which has to be one of success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            self.text()
        );
        self
    }

    /// Fails where this isn't the refusal with this status and code.
    #[track_caller]
    pub(crate) fn is_refusal(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!(
            (self.status, body["code"].as_str()),
            (status, Some(code)),
            "{body}"
        );
        assert_eq!(body["status"], "KO");
        assert!(body["error"].is_string());
    }
}

/// A bundle whose page says `text`.
pub(crate) fn bundle(text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("index.html", options).unwrap();
    write!(zip, "<!doctype html><p>{text}</p>").unwrap();
    zip.finish().unwrap().into_inner()
}
