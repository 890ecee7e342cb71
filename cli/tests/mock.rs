//! What `mock` says when it can't start.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::net::TcpListener;

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
