//! Until when a statement holds, by a clock that may be wrong.

use super::*;

fn until(sequence: u64, issued: &str, expires: &str) -> Value {
    let issued = with(statement(sequence, "2.0.0"), "issuedAt", text(issued));
    with(issued, "expiresAt", text(expires))
}

#[test]
fn a_statement_holds_until_it_expires_and_no_longer() {
    let mut device = Device::new();
    device.now = NOW + days(31) - 1;
    assert!(device.see(&statement(1, "2.0.0")).is_ok());
    device.now += 1;
    assert_eq!(device.see(&statement(1, "2.0.0")), Err("expired"));
}

#[test]
fn a_clock_that_was_set_back_revives_nothing() {
    let mut device = Device::new();
    device
        .see(&until(1, "2027-01-15T07:00:00Z", "2027-03-01T00:00:00Z"))
        .unwrap();
    device.now = NOW - days(100);
    let old = until(2, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    assert_eq!(device.see(&old), Err("expired"));
    assert!(device.see(&statement(2, "2.1.0")).is_ok());
}

#[test]
fn what_was_seen_on_another_channel_tells_the_time_too() {
    let mut device = Device::new();
    device.see(&statement(1, "2.0.0")).unwrap();
    device.now = NOW - days(100);
    device.channel = "beta";
    let old = until(1, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    assert_eq!(
        device.see(&with(old, "channel", text("beta"))),
        Err("expired")
    );
}

#[test]
fn a_clock_that_was_set_forward_leaves_no_trace() {
    let mut device = Device::new();
    device.now = NOW + days(3650);
    assert_eq!(device.see(&statement(1, "2.0.0")), Err("expired"));
    assert_eq!(device.trusted, Trusted::default());
    device.now = NOW;
    assert!(device.see(&statement(1, "2.0.0")).is_ok());
}

#[test]
fn a_statement_of_the_future_is_taken_and_tells_the_time() {
    let mut device = Device::new();
    device
        .see(&until(1, "2027-01-15T12:00:00Z", "2027-01-16T00:00:00Z"))
        .unwrap();
    let soon = until(2, "2027-01-15T07:00:00Z", "2027-01-15T11:00:00Z");
    assert_eq!(device.see(&soon), Err("expired"));
}

#[test]
fn a_date_of_a_distant_future_counts_for_a_year_at_most() {
    let mut device = Device::new();
    device
        .see(&until(1, "2099-01-01T00:00:00Z", "2100-01-01T00:00:00Z"))
        .unwrap();
    assert_eq!(device.trusted.floors[0].issued_at, NOW + days(366));
    let usual = statement(2, "2.0.0");
    assert_eq!(device.see(&usual), Err("expired"));
    // A year later its time has come, so it tells no more than the clock does.
    device.now = NOW + days(367);
    let then = until(2, "2028-01-18T00:00:00Z", "2028-02-18T00:00:00Z");
    assert!(device.see(&then).is_ok());
}

#[test]
fn a_wrong_date_is_corrected_by_the_next_statement_that_outlasts_it() {
    let mut device = Device::new();
    device
        .see(&until(1, "2099-01-01T00:00:00Z", "2100-01-01T00:00:00Z"))
        .unwrap();
    device
        .see(&until(2, "2027-01-15T07:00:00Z", "2029-01-01T00:00:00Z"))
        .unwrap();
    assert!(device.see(&statement(3, "2.1.0")).is_ok());
}

#[test]
fn a_statement_that_ends_before_it_begins_is_none() {
    let mut device = Device::new();
    let never = until(1, "2027-01-20T00:00:00Z", "2027-01-19T00:00:00Z");
    assert_eq!(device.see(&never), Err("protocol"));
}

#[test]
fn what_was_taken_once_expires_all_the_same() {
    let mut device = Device::new();
    device.see(&statement(1, "2.0.0")).unwrap();
    device.now = NOW + days(40);
    assert_eq!(device.see(&statement(1, "2.0.0")), Err("expired"));
}

#[test]
fn the_message_says_until_when_it_held() {
    let keys = pinned(&[1]);
    let old = until(1, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let error = verify(
        &envelope(&old, &[1]),
        &Trusted::default(),
        &circumstances(&keys),
    );
    let message = error.unwrap_err().to_string();
    assert!(message.ends_with("2026-12-01T00:00:00Z"), "{message}");
}

#[test]
fn the_message_says_what_time_it_is_where_a_statement_told_it() {
    let mut device = Device::new();
    device
        .see(&until(1, "2027-01-20T12:00:00Z", "2028-01-01T00:00:00Z"))
        .unwrap();
    let keys = pinned(&[1]);
    let soon = envelope(
        &until(2, "2027-01-15T07:00:00Z", "2027-01-20T00:00:00Z"),
        &[1],
    );
    let error = verify(&soon, &device.trusted, &circumstances(&keys));
    let message = error.unwrap_err().to_string();
    assert!(message.contains("2027-01-20T00:00:00Z"), "{message}");
    assert!(message.contains("2027-01-20T12:00:00.000Z"), "{message}");
    assert!(message.contains("issuedAt"), "{message}");
}
