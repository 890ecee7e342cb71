//! Tests that lack a tool say so where `cargo xtask test` finds it.

use std::fs::OpenOptions;
use std::io::Write;

/// Names the file that takes a line for each test that was skipped.
const SKIPPED: &str = "LIVE_UPDATER_SKIPPED";
/// Set where all tools have been installed, so that a missing one is a failure.
const REQUIRE_TOOLS: &str = "LIVE_UPDATER_REQUIRE_TOOLS";

/// Notes that this test is skipped, since `what` isn't on this machine.
pub(crate) fn missing(what: &str) {
    assert!(
        std::env::var_os(REQUIRE_TOOLS).is_none(),
        "{} needs {what}, which was to be installed",
        test()
    );
    note(&format!("{what} is missing"));
}

/// Notes that this test is skipped, and why.
pub(crate) fn note(reason: &str) {
    println!("skipped: {reason}");
    if let Some(path) = std::env::var_os(SKIPPED) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        // In one piece: other tests write there too.
        file.write_all(format!("{}: {reason}\n", test()).as_bytes())
            .unwrap();
    }
}

fn test() -> String {
    let thread = std::thread::current();
    thread.name().unwrap_or("a test").to_owned()
}
