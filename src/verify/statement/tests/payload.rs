//! What a statement may say, and in which form.

use super::*;

#[test]
fn a_statement_is_read_with_all_that_it_says() {
    let full = json!({
        "appId": "com.example.app", "channel": "beta", "platforms": ["ios"],
        "version": "2.0.0-rc.1", "sequence": 9_007_199_254_740_991_u64,
        "issuedAt": "2027-01-15T08:00:00.250Z", "expiresAt": "2027-01-15T08:00:01Z",
        "minAppVersion": "2", "maxAppVersion": "3.1", "action": "install",
        "bundle": {
            "size": 1, "sha256": "0a".repeat(32), "filesSha256": "0b".repeat(32),
            "unpackedSize": 0,
        },
        "revoked": ["AB", "cd"],
    });
    let statement = read(&full).unwrap();
    assert_eq!(statement.sequence, MAX_SEQUENCE);
    assert_eq!(statement.issued_at, NOW + 250);
    assert_eq!(statement.expires_at.millis, NOW + 1000);
    assert_eq!(statement.min_app_version.as_deref(), Some("2"));
    assert_eq!(statement.revoked, ["ab", "cd"]);
    let Action::Install(bundle) = statement.action else {
        panic!("{statement:?}")
    };
    assert_eq!(bundle.version.to_string(), "2.0.0-rc.1");
    assert_eq!(bundle.sha256.to_string(), "0a".repeat(32));
    assert_eq!(bundle.files_sha256.to_string(), "0b".repeat(32));
    assert_eq!((bundle.size, bundle.unpacked_size), (1, Some(0)));
}

#[test]
fn a_rollback_to_builtin_has_no_bundle() {
    let rollback = with(statement(1, "1.0.0"), "action", text("rollbackToBuiltin"));
    assert!(read(&rollback).unwrap_err().contains("bundle"));
    let rollback = with(rollback, "bundle", Value::Null);
    let read_back = read(&rollback).unwrap();
    assert_eq!(read_back.action, Action::RollbackToBuiltin);
    assert!(read(&with(rollback, "version", Value::Null)).is_ok());
}

#[test]
fn what_may_be_missing_may_be_missing() {
    let good = statement(1, "2.0.0");
    for key in [
        "minAppVersion",
        "maxAppVersion",
        "revoked",
        "bundle.unpackedSize",
    ] {
        assert!(read(&with(good.clone(), key, Value::Null)).is_ok(), "{key}");
    }
}

#[test]
fn what_is_missing_or_bad_is_named() {
    let good = statement(1, "2.0.0");
    for key in [
        "appId",
        "channel",
        "version",
        "sequence",
        "issuedAt",
        "expiresAt",
        "action",
        "bundle",
        "bundle.size",
        "bundle.sha256",
        "bundle.filesSha256",
    ] {
        let problem = read(&with(good.clone(), key, Value::Null)).unwrap_err();
        assert!(problem.contains(&format!("{key}: ")), "{key}: {problem}");
    }
    let above = MAX_SEQUENCE + 1;
    for (key, bad) in [
        ("appId", json!(["com.example.app"])),
        ("channel", json!("")),
        ("platforms", json!([1])),
        ("version", json!("2.0")),
        ("version", json!(format!("2.0.0-{}", "a".repeat(200)))),
        ("sequence", json!("1")),
        ("sequence", json!(-1)),
        ("sequence", json!(1.5)),
        ("sequence", json!(above)),
        ("sequence", json!(u64::MAX)),
        ("issuedAt", json!(NOW)),
        ("expiresAt", json!("2027-02-15T08:00:00+01:00")),
        ("expiresAt", json!("soon")),
        ("minAppVersion", json!("one")),
        ("maxAppVersion", json!(format!("1-{}", "a".repeat(200)))),
        ("action", json!("uninstall")),
        ("action", json!("Install")),
        ("bundle", json!([])),
        ("bundle.size", json!(0)),
        ("bundle.size", json!(above)),
        ("bundle.sha256", json!("07".repeat(31))),
        ("bundle.filesSha256", json!("zz".repeat(32))),
        ("bundle.unpackedSize", json!(-1)),
        ("revoked", json!([[]])),
    ] {
        let problem = read(&with(good.clone(), key, bad.clone())).unwrap_err();
        assert!(
            problem.contains(&format!("{key}: ")),
            "{key} {bad}: {problem}"
        );
    }
}

#[test]
fn a_signed_text_that_is_no_statement_breaks_the_protocol() {
    for payload in ["", "{}", "[]", "null", "{\"appId\":", "\u{feff}{}", "{}{}"] {
        let envelope = sign(payload, &[1]);
        let mut device = Device::new();
        let refused = device.see_envelope(&envelope).unwrap_err();
        // An envelope can't hold nothing at all.
        let expected = if payload.is_empty() {
            "protocol"
        } else {
            refused
        };
        assert_eq!(refused, expected);
        assert_eq!(refused, "protocol", "{payload:?}");
    }
}
