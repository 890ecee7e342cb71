//! A statement is for one app, one channel, and the platforms that it names.

use super::*;

#[test]
fn another_app_channel_or_platform_is_a_mismatch_and_teaches_nothing() {
    for (key, value) in [
        ("appId", json!("com.example.other")),
        ("appId", json!("com.example.App")),
        ("channel", json!("beta")),
        ("platforms", json!(["ios", "web"])),
        ("platforms", json!(["Android"])),
        ("platforms", json!([])),
        ("platforms", Value::Null),
    ] {
        let mut device = Device::new();
        let refused = device.see(&with(statement(1, "2.0.0"), key, value.clone()));
        assert_eq!(refused, Err("app_mismatch"), "{key} {value}");
        assert_eq!(device.trusted, Trusted::default());
    }
}

#[test]
fn the_channel_is_the_one_that_was_asked_for() {
    let mut device = Device::new();
    device.channel = "beta";
    assert_eq!(device.see(&statement(1, "2.0.0")), Err("app_mismatch"));
    let beta = with(statement(1, "2.0.0"), "channel", text("beta"));
    assert!(device.see(&beta).is_ok());
}

#[test]
fn the_message_says_what_is_another() {
    let keys = pinned(&[1]);
    let other = with(statement(1, "2.0.0"), "appId", text("com.example.other"));
    let error = verify(
        &envelope(&other, &[1]),
        &Trusted::default(),
        &circumstances(&keys),
    );
    let message = error.unwrap_err().to_string();
    assert!(message.contains("app com.example.other"), "{message}");
    assert!(message.contains("com.example.app"), "{message}");
}

#[test]
fn the_message_reads_well_where_it_is_for_no_platform() {
    let keys = pinned(&[1]);
    for platforms in [json!([]), Value::Null] {
        let nobody = envelope(&with(statement(1, "2.0.0"), "platforms", platforms), &[1]);
        let error = verify(&nobody, &Trusted::default(), &circumstances(&keys));
        let message = error.unwrap_err().to_string();
        assert!(
            message.ends_with("is for no platform, and this is android"),
            "{message}"
        );
    }
}
