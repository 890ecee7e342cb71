//! `docs/device-shell.md` lists the methods and events that there are.

mod tables;

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../docs/device-shell.md");
const METHODS: &str = include_str!("../cli/src/device/methods.rs");
const EVENTS: &str = include_str!("../src/event.rs");

fn documented(heading: &str, column: &str) -> BTreeSet<String> {
    tables::rows(PAGE, heading)
        .into_iter()
        .map(|row| row[column].clone())
        .collect()
}

#[test]
fn the_table_lists_the_methods_that_there_are() {
    // An arm reads `"sync" => …`.
    let methods: BTreeSet<_> = METHODS
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(documented("## Methods", "method"), methods);
}

#[test]
fn every_example_is_a_request_for_its_method() {
    for row in tables::rows(PAGE, "## Methods") {
        let request: serde_json::Value = serde_json::from_str(&row["example"]).unwrap();
        assert_eq!(request["method"], row["method"]);
    }
}

#[test]
fn the_table_lists_the_events_that_there_are() {
    // An arm of `name()` reads `Self::Set { .. } => "set",`.
    let events: BTreeSet<_> = EVENTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""))
        .filter_map(|(_, rest)| rest.strip_suffix("\","))
        .map(str::to_owned)
        .collect();
    assert_eq!(documented("## Events", "event"), events);
}
