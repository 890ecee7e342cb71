//! What `mock` says when it starts, and when it can't.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use support::Workshop;

#[test]
fn a_port_that_is_taken_is_named_with_the_option_for_another() {
    let workshop = Workshop::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();

    let run = workshop.run(&format!("mock . --json --port {}", address.port()));

    run.assert_error(2, "usage");
    let message = run.value()["error"]["message"].to_string();
    assert!(message.contains(&address.to_string()), "{message}");
    assert!(message.contains("--port"), "{message}");
}

#[test]
fn what_is_no_folder_is_named() {
    let workshop = Workshop::new();
    let run = workshop.run("mock nowhere --json");
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("nowhere"), "{run:?}");
}

#[test]
fn other_hosts_are_named_with_the_address_that_devices_use() {
    let workshop = Workshop::new();
    let mut server = Command::new(env!("CARGO_BIN_EXE_live-updater"))
        .args(["mock", ".", "--tls", "ca.pem", "--host", "192.168.1.20"])
        .args(["--host", "fd00::1", "--host", "laptop.test"])
        .current_dir(workshop.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = BufReader::new(server.stdout.take().unwrap());
    let url = url.lines().next().unwrap().unwrap();
    let told = BufReader::new(server.stderr.take().unwrap()).lines();
    let told: Vec<_> = told.skip(1).take(3).map(Result::unwrap).collect();
    server.kill().unwrap();
    server.wait().unwrap();

    let port = url.strip_prefix("https://127.0.0.1:").unwrap();
    let hosts = ["192.168.1.20", "[fd00::1]", "laptop.test"];
    assert_eq!(
        told,
        hosts.map(|host| format!("other devices: https://{host}:{port}"))
    );
    assert!(workshop.path("ca.pem").exists());
}

#[test]
fn a_host_is_a_name_or_an_address_and_needs_tls() {
    let workshop = Workshop::new();
    for rest in [
        "--host 192.168.1.20",
        "--tls ca.pem --host https://192.168.1.20",
        "--tls ca.pem --host 192.168.1.20:8443",
        "--tls ca.pem --host ünï",
    ] {
        let run = workshop.run(&format!("mock . --json {rest}"));
        run.assert_error(2, "usage");
    }
}
