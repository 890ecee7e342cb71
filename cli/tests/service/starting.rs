//! What `live-updater serve` says and leaves behind for the commands on its machine.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::Workshop;

#[test]
fn the_first_key_is_not_lost_where_the_port_is_taken() {
    let workshop = Workshop::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let run = workshop.run(&format!("--json serve --data updates --port {port}"));
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("--port"), "{run:?}");
    let served = Served::start(&workshop, &["--port", "0"]);
    assert!(
        served.started["firstKey"].is_string(),
        "{:?}",
        served.started
    );
}

#[test]
fn a_key_file_that_was_taken_away_is_not_named() {
    let workshop = Workshop::new();
    let served = Served::start(&workshop, &["--port", "0"]);
    assert_eq!(served.started["keyFile"], "updates/first.key");
    drop(served);
    std::fs::remove_file(workshop.path("updates/first.key")).unwrap();
    let served = Served::start(&workshop, &["--port", "0"]);
    assert_eq!(served.started["keyFile"], Value::Null);
    assert_eq!(served.started["firstKey"], Value::Null);
}

#[test]
fn a_log_that_no_terminal_shows_has_no_colours() {
    let workshop = Workshop::new();
    let served = Served::start(&workshop, &["--port", "0"]);
    workshop.json("apps list --data updates");
    let log = served.log();
    assert!(!log.is_empty());
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[test]
fn a_folder_that_can_not_be_used_is_named() {
    let workshop = Workshop::new();
    workshop.write("taken", b"a file");
    let run = workshop.run("--json serve --data taken --port 0");
    run.assert_error(1, "storage");
    assert!(run.stdout.contains("taken: "), "{run:?}");
}

#[test]
fn the_folder_names_the_service_as_its_certificate_does() {
    let workshop = Workshop::new();
    let certificate = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE";
    let certificate: Vec<_> = certificate.split(' ').collect();
    let Some(made) = workshop.other("openssl", &certificate) else {
        return;
    };
    assert_eq!(made.code, 0, "{made:?}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let public = format!("https://localhost:{port}");
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let rest = ["--port", &port, "--public-url", &public];
    let served = Served::start(&workshop, &[&tls[..], &rest[..]].concat());
    workshop.json("apps list --data updates --ca cert.pem");

    let refused = |arguments: &str| {
        let run = workshop.run(&format!("--json apps list --data updates {arguments}"));
        run.assert_error(1, "network");
        run.stdout
    };
    let stranger = refused("");
    assert!(stranger.contains("--ca CA.pem"), "{stranger}");
    let address = refused(&format!("--server https://127.0.0.1:{port} --ca cert.pem"));
    assert!(address.contains("as its certificate does"), "{address}");
    drop(served);
}

/// A service on the folder `updates`, which ends with this.
struct Served {
    started: Value,
    process: Child,
}

impl Served {
    fn start(workshop: &Workshop, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["--json", "serve", "--data", "updates"])
            .args(arguments)
            .env("RUST_LOG", "debug")
            .current_dir(workshop.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let started = serde_json::from_str(&line).unwrap();
        Self { started, process }
    }

    /// All that it has logged, once it has ended.
    fn log(mut self) -> String {
        self.process.kill().unwrap();
        let mut log = String::new();
        let mut stderr = self.process.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
