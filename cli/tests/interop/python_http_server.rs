//! `python3 -m http.server`, which knows no ranges: whatever breaks off starts over.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Bundle, Phone, SlowPipe, is_there};

const FETCHED: &str = "\"GET /bundles/app.zip HTTP/1.1\" 200";

#[test]
fn a_killed_download_starts_over_and_ends_well() {
    let Some(python) = PythonServer::start() else {
        return;
    };
    let pipe = SlowPipe::to(python.address, 1_000_000);
    let phone = Phone::new(&pipe.url());
    for len in [1, 300_000] {
        let mut process = phone.start();
        process.send("sync", json!({})).unwrap();
        phone.wait_for_part(&mut process, len);
        process.kill().unwrap();
        assert!(phone.part_len() < python.bundle.size);
    }
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &python.app());
    drop(pipe);
    assert_eq!(python.log().matches(FETCHED).count(), 3);
}

#[test]
fn a_cut_download_starts_over_within_the_call() {
    let Some(python) = PythonServer::start() else {
        return;
    };
    let pipe = SlowPipe::to(python.address, 1_000_000);
    let phone = Phone::new(&pipe.url());
    let mut process = phone.start();
    let call = process.send("sync", json!({})).unwrap();
    phone.wait_for_part(&mut process, 300_000);
    pipe.cut();
    let synced = process.answer(call, std::time::Duration::from_secs(60));
    assert_eq!(synced.unwrap()["status"], "downloaded");
    Phone::assert_same_files(&phone.try_next(process), &python.app());
    drop(pipe);
    assert_eq!(python.log().matches(FETCHED).count(), 2);
}

/// A folder with a bundle, and the server on it.
struct PythonServer {
    folder: TempDir,
    bundle: Bundle,
    address: SocketAddr,
    process: Child,
    /// Reads stderr, where the server tells what it was asked.
    log: Option<JoinHandle<String>>,
}

impl PythonServer {
    /// `None` where there is no Python.
    fn start() -> Option<Self> {
        if !is_there("python3") {
            return None;
        }
        let folder = TempDir::new().unwrap();
        let bundle = Bundle::make(folder.path(), "app", 1_000_000);
        let files = folder.path().join("files");
        fs::create_dir_all(files.join("bundles")).unwrap();
        fs::copy(&bundle.zip, files.join("bundles/app.zip")).unwrap();
        fs::create_dir_all(files.join("api/v1/updates")).unwrap();
        let answer = bundle.offer("1.1.0", "/bundles/app.zip").to_string();
        fs::write(files.join("api/v1/updates/check"), answer).unwrap();

        let mut process = Command::new("python3")
            .args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"])
            .arg("--directory")
            .arg(files)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        let port = port(BufReader::new(process.stdout.take().unwrap()));
        Some(Self {
            folder,
            bundle,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            process,
            log: Some(log),
        })
    }

    /// The folder that was packed.
    fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// Ends the server; what it told.
    fn log(mut self) -> String {
        self.process.kill().unwrap();
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for PythonServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in `Serving HTTP on 127.0.0.1 port 40123 (http://127.0.0.1:40123/) ...`.
fn port(stdout: impl BufRead) -> u16 {
    let line = stdout.lines().next().unwrap().unwrap();
    let mut words = line.split(' ').skip_while(|word| *word != "port");
    words.nth(1).unwrap().parse().unwrap()
}
