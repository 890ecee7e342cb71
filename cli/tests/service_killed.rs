//! The service is killed while it takes uploads, deletes and reports: what it answered holds, and
//! what it lists can be had.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use proof::Extent;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::Request;

const APP: &str = "com.example.app";
/// How many versions are reported of: the service adds up what is beyond 200.
const REPORTED: u64 = 100;

#[test]
fn what_was_answered_holds_and_what_is_listed_can_be_had() {
    let rounds = Extent::from_environment().choose(12_u64, 200);
    let data = tempfile::tempdir().unwrap();
    let world = World::default();
    let key = {
        let service = Service::start(data.path());
        service.key.clone().unwrap()
    };
    for round in 0..rounds {
        let service = Service::start(data.path());
        world.check(&service, &key);
        // Another moment each time: in the middle of anything, or with the answer to something.
        let (after, answers) = (round * 7_919 % 400, 1 + round * 31 % 37);
        let asker = Asker::new(&service.url, &key);
        let asker = match round % 3 {
            0 => asker,
            1 => asker.killing(&service, "/api/v1/updates/confirm", answers),
            _ => asker.killing(&service, "/api/v1/apps/", 1 + answers / 4),
        };
        thread::scope(|scope| {
            let world = &world;
            let workers: [fn(&World, &Asker); 3] = [World::upload, World::delete, World::report];
            for work in workers
                .into_iter()
                .chain([World::upload as fn(&World, &Asker)])
            {
                let asker = asker.clone();
                scope.spawn(move || {
                    while !asker.is_cut() {
                        work(world, &asker);
                    }
                });
            }
            let patience = match asker.death {
                None => Duration::from_millis(20 + after),
                Some(_) => Duration::from_secs(20),
            };
            let end = Instant::now() + patience;
            while !asker.is_cut() && Instant::now() < end {
                thread::sleep(Duration::from_millis(1));
            }
            drop(service);
            asker.is_cut.store(true, Ordering::Relaxed);
        });
    }
    let service = Service::start(data.path());
    world.check(&service, &key);
    let uploads = data.path().join("uploads");
    assert_eq!(
        std::fs::read_dir(uploads).unwrap().count(),
        0,
        "nothing incomplete stays"
    );
    let (uploaded, reported) = (
        world.next.load(Ordering::Relaxed),
        world.reports.lock().unwrap().len(),
    );
    assert!(uploaded > 0 && reported > 0);
    proof::tell("service", &[("kills of the service", rounds)]);
}

/// What the service has answered, and so has to keep.
#[derive(Default)]
struct World {
    next: AtomicU64,
    /// By version: SHA-256 of what was taken.
    uploaded: Mutex<BTreeMap<String, String>>,
    /// What was deleted, and the service said so.
    deleted: Mutex<BTreeSet<String>>,
    /// How many reports of a version were taken.
    reports: Mutex<BTreeMap<String, u64>>,
}

impl World {
    fn upload(&self, asker: &Asker) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let version = format!("1.0.{number}");
        let zip = bundle(number);
        let sha256 = hex(&zip);
        let path = format!("/api/v1/apps/{APP}/bundles/{version}");
        if asker.ask("PUT", &path, zip).is_some() {
            self.uploaded.lock().unwrap().insert(version, sha256);
        }
    }

    fn delete(&self, asker: &Asker) {
        let version = self.uploaded.lock().unwrap().keys().next().cloned();
        let Some(version) = version else {
            return thread::sleep(Duration::from_millis(1));
        };
        // From here on it may be gone, whether an answer comes or not.
        self.uploaded.lock().unwrap().remove(&version);
        let body = json!({ "app_id": APP, "version": version });
        let body = body.to_string().into_bytes();
        if asker.ask("DELETE", "/bundle/", body).is_some() {
            self.deleted.lock().unwrap().insert(version);
        }
    }

    fn report(&self, asker: &Asker) {
        let number = self.next.load(Ordering::Relaxed);
        let version = format!("1.0.{}", number / 10 % REPORTED);
        let body = json!({
            "appId": APP, "version": version, "platform": "android", "success": true,
        });
        let body = body.to_string().into_bytes();
        if asker.ask("POST", "/api/v1/updates/confirm", body).is_some() {
            *self.reports.lock().unwrap().entry(version).or_default() += 1;
        }
    }

    fn check(&self, service: &Service, key: &str) {
        let asker = Asker::new(&service.url, key);
        let mut listed = BTreeMap::new();
        for page in 0.. {
            let path = format!("/bundle/?app_id={APP}&page={page}");
            // The app comes with its first bundle.
            let Some(answer) = asker.ask("GET", &path, Vec::new()) else {
                assert!(self.uploaded.lock().unwrap().is_empty());
                return;
            };
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let bundles = answer["data"].as_array().unwrap();
            if bundles.is_empty() {
                break;
            }
            for bundle in bundles {
                let text = |name: &str| bundle[name].as_str().unwrap().to_owned();
                listed.insert(text("name"), text("checksum"));
            }
        }
        for (version, checksum) in &listed {
            let path = format!("/api/v1/bundles/{version}?appId={APP}");
            let zip = asker.ask("GET", &path, Vec::new());
            let zip = zip.unwrap_or_else(|| panic!("{version} is listed and can't be had"));
            assert_eq!(hex(&zip), *checksum, "{version}");
        }
        for (version, sha256) in self.uploaded.lock().unwrap().iter() {
            assert_eq!(listed.get(version), Some(sha256), "{version} was taken");
        }
        for version in self.deleted.lock().unwrap().iter() {
            assert_eq!(listed.get(version), None, "{version} was deleted");
        }
        let path = format!("/api/v1/apps/{APP}/analytics");
        let figures: Value =
            serde_json::from_slice(&asker.ask("GET", &path, Vec::new()).unwrap()).unwrap();
        for (version, reports) in self.reports.lock().unwrap().iter() {
            let versions = figures["versions"].as_array().unwrap();
            let found = versions.iter().find(|found| found["version"] == **version);
            let kept = found.map_or(0, |found| found["successes"].as_u64().unwrap());
            assert!(
                kept >= *reports,
                "{reports} reports of {version} were taken, {kept} are there"
            );
        }
    }
}

/// Somebody who asks until the service is gone.
#[derive(Clone)]
struct Asker {
    agent: Agent,
    url: String,
    key: String,
    is_cut: Arc<AtomicBool>,
    death: Option<Arc<Death>>,
}

/// Kills the service with one of its answers: what was told must have been kept before.
struct Death {
    process: Pid,
    /// With an answer to what begins with this.
    path: &'static str,
    left: AtomicU64,
}

impl Asker {
    fn new(url: &str, key: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false);
        let config = config.timeout_global(Some(Duration::from_secs(20)));
        Self {
            agent: config.build().into(),
            url: url.to_owned(),
            key: key.to_owned(),
            is_cut: Arc::default(),
            death: None,
        }
    }

    /// As it is, but for the death that comes after so many answers.
    fn killing(mut self, service: &Service, path: &'static str, answers: u64) -> Self {
        let death = Death {
            process: Pid::from_child(&service.process),
            path,
            left: AtomicU64::new(answers),
        };
        self.death = Some(Arc::new(death));
        self
    }

    fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    /// The answer, where it is one of success and came whole.
    fn ask(&self, method: &str, path: &str, body: Vec<u8>) -> Option<Vec<u8>> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", &self.key)
            .body(body)
            .unwrap();
        let request = self
            .agent
            .configure_request(request)
            .allow_non_standard_methods(true)
            .build();
        let answered = self.agent.run(request).and_then(|mut response| {
            let body = response
                .body_mut()
                .with_config()
                .limit(1 << 30)
                .read_to_vec()?;
            Ok((response.status(), body))
        });
        match answered {
            Ok((status, body)) if status.is_success() => {
                self.death.as_ref().inspect(|death| death.come_near(path));
                Some(body)
            }
            Ok((status, body)) => {
                assert!(
                    !status.is_server_error(),
                    "{}",
                    String::from_utf8_lossy(&body)
                );
                None
            }
            Err(_) => {
                self.is_cut.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}

impl Death {
    fn come_near(&self, path: &str) {
        if path.starts_with(self.path) && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            kill_process(self.process, Signal::KILL).unwrap();
        }
    }
}

/// The service, which is killed when this is dropped.
struct Service {
    process: Child,
    url: String,
    key: Option<String>,
}

impl Service {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args([
                "--json",
                "serve",
                "--port",
                "0",
                "--requests-per-minute",
                "1000000",
            ])
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        Self {
            process,
            url: started["url"].as_str().unwrap().to_owned(),
            key: started["firstKey"].as_str().map(str::to_owned),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SIGKILL.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A bundle of some hundred kilobytes that no other has the bytes of.
fn bundle(number: u64) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("index.html", options).unwrap();
    write!(zip, "<!doctype html><p>{number}</p>").unwrap();
    zip.start_file("asset.bin", options).unwrap();
    zip.write_all(&vec![number as u8; 300_000]).unwrap();
    zip.finish().unwrap().into_inner()
}

fn hex(bytes: &[u8]) -> String {
    live_updater::Sha256Digest::new(Sha256::digest(bytes).into()).to_string()
}
