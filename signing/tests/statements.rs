//! Statements are made whole, signed by all that were asked for, and read as devices read them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::time::SystemTime;

use live_updater::{PinnedKeys, Sha256Digest, verify_statement};
use live_updater_signing::{
    Action, BundleContent, Envelope, KeyKind, Payload, Signer, SigningError, Span,
    StatementBuilder, Timestamp, Warning, refuse_answer,
};
use serde_json::{Value, json};
use support::{Desk, signer};

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn complete(builder: StatementBuilder) -> StatementBuilder {
    builder
        .platforms(["ios", "android", "ios"])
        .sequence(7)
        .issued_at(moment("2026-08-24T08:00:00Z"))
        .expires_in(Span::days(365))
}

fn install(desk: &Desk) -> StatementBuilder {
    let content = BundleContent::read(&desk.bundle("a.zip", "hello")).unwrap();
    let version = "1.2.0".parse().unwrap();
    complete(StatementBuilder::install(
        "a.b",
        "production",
        &version,
        content,
    ))
}

fn back() -> StatementBuilder {
    complete(StatementBuilder::rollback_to_builtin("a.b", "production"))
}

fn id(signer: &Signer) -> Sha256Digest {
    signer.key_id().parse().unwrap()
}

/// What devices say that pin these keys and want them all.
fn judged(envelope: &Envelope, signers: &[Signer]) -> Result<Vec<String>, live_updater::Error> {
    let keys = signers.iter().map(|signer| signer.public_key().clone());
    let keys = PinnedKeys::new(keys).unwrap();
    let now = moment("2026-09-01T00:00:00Z").into();
    let text = envelope.to_json().unwrap();
    verify_statement(&text, &keys, signers.len(), now).map(|verified| verified.key_ids)
}

#[test]
fn a_statement_says_all_that_was_put_into_it() {
    let desk = Desk::new();
    let revoked = id(&signer(KeyKind::Ed25519));
    let envelope = install(&desk)
        .min_app_version(Some("2.0".parse().unwrap()))
        .max_app_version(Some("3.1".parse().unwrap()))
        .revoked([revoked])
        .sign(&[signer(KeyKind::Ed25519)])
        .unwrap();
    let size = fs::metadata(desk.path("a.zip")).unwrap().len();
    let content = BundleContent::read(&desk.path("a.zip")).unwrap();
    let payload: Value = serde_json::from_slice(&envelope.content().payload).unwrap();
    assert_eq!(
        payload,
        json!({
            "appId": "a.b",
            "channel": "production",
            "platforms": ["android", "ios"],
            "version": "1.2.0",
            "sequence": 7,
            "issuedAt": "2026-08-24T08:00:00Z",
            "expiresAt": "2027-08-24T08:00:00Z",
            "minAppVersion": "2.0",
            "maxAppVersion": "3.1",
            "action": "install",
            "bundle": {
                "size": size,
                "sha256": content.sha256.to_string(),
                "filesSha256": content.files_sha256.to_string(),
                "unpackedSize": 5,
            },
            "revoked": [revoked.to_string()],
        })
    );
}

#[test]
fn a_way_back_has_no_bundle_and_names_a_version_where_it_is_told() {
    let keys = [signer(KeyKind::P256)];
    let payload = Payload::from(back().sign(&keys).unwrap().content().clone());
    assert_eq!(payload.action, Action::RollbackToBuiltin);
    assert_eq!((payload.version, payload.bundle), (None, None));

    let named = back().version(&"1.2.0".parse().unwrap());
    let envelope = named.sign(&keys).unwrap();
    assert_eq!(envelope.content().version.as_deref(), Some("1.2.0"));
    assert_eq!(judged(&envelope, &keys).unwrap().len(), 1);
}

#[test]
fn several_keys_sign_together_or_one_after_another() {
    let desk = Desk::new();
    let [one, two] = [signer(KeyKind::Ed25519), signer(KeyKind::P256)];
    let mut envelope = install(&desk).sign(&[one]).unwrap();
    let payload = envelope.content().clone();
    let one = envelope.key_ids();
    envelope.sign(std::slice::from_ref(&two)).unwrap();
    assert_eq!(*envelope.content(), payload);
    assert_eq!(envelope.key_ids(), [one[0].as_str(), two.key_id()]);
    // Again is in place of the first time.
    envelope.sign(&[two]).unwrap();
    assert_eq!(envelope.key_ids().len(), 2);

    let both = [signer(KeyKind::Ed25519), signer(KeyKind::P256)];
    let envelope = install(&desk).sign(&both).unwrap();
    assert_eq!(judged(&envelope, &both).unwrap().len(), 2);
    assert_eq!(
        judged(&envelope, &[signer(KeyKind::P256)])
            .unwrap_err()
            .code(),
        "untrusted_key"
    );
}

#[test]
fn an_envelope_is_read_back_from_its_text_and_its_file() {
    let desk = Desk::new();
    let keys = [signer(KeyKind::Ed25519)];
    let envelope = install(&desk).sign(&keys).unwrap();
    let text = envelope.to_json().unwrap();
    assert_eq!(Envelope::from_json(&text).unwrap(), envelope);
    assert_eq!(
        serde_json::to_value(&envelope).unwrap(),
        serde_json::from_str::<Value>(&text).unwrap()
    );
    let path = desk.path("a.json");
    envelope.write(&path).unwrap();
    assert_eq!(Envelope::read(&path).unwrap(), envelope);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let refused = envelope.write(&desk.path("nowhere/a.json"));
    assert_eq!(refused.unwrap_err().code(), "storage");
}

#[test]
fn what_was_left_out_is_named() {
    let whole = || StatementBuilder::rollback_to_builtin("a.b", "production");
    let now = Timestamp::now();
    for (builder, part) in [
        (whole(), "a platform"),
        (whole().platforms(["ios"]), "a sequence"),
        (whole().platforms(["ios"]).sequence(1), "a moment of issue"),
        (
            whole().platforms(["ios"]).sequence(1).issued_at(now),
            "an expiry",
        ),
    ] {
        let refused = builder.build().unwrap_err();
        assert_eq!(refused.to_string(), format!("the statement needs {part}"));
        assert_eq!(refused.code(), "usage");
    }
}

#[test]
fn what_no_device_would_take_is_not_signed() {
    let keys = [signer(KeyKind::Ed25519)];
    let issued_at = moment("2026-08-24T08:00:00Z");
    let refused = |builder: StatementBuilder| builder.sign(&keys).unwrap_err();
    let early = refused(back().expires_at(issued_at));
    assert!(matches!(early, SigningError::ExpiresTooEarly { .. }));
    let weeks: Span = "4294967295w".parse().unwrap();
    let late = refused(back().expires_in(weeks));
    assert!(matches!(late, SigningError::ExpiresTooLate));
    let version = |text: &str| Some(text.parse().unwrap());
    let none = back()
        .min_app_version(version("2"))
        .max_app_version(version("1.9"));
    assert!(matches!(
        refused(none),
        SigningError::NoNativeVersion { .. }
    ));
    for unreadable in [
        back().sequence(1 << 53),
        back().issued_at(moment("1960-01-01T00:00:00Z")),
        complete(StatementBuilder::rollback_to_builtin("", "production")),
    ] {
        let refused = refused(unreadable);
        assert!(matches!(refused, SigningError::NotAStatement { .. }));
        assert_eq!(refused.code(), "usage");
    }
    assert!(matches!(back().sign(&[]), Err(SigningError::NoSigner)));
}

#[test]
fn keys_do_not_vouch_for_their_own_revocation() {
    let keys = [signer(KeyKind::Ed25519), signer(KeyKind::P256)];
    let refused = back().revoked(keys.iter().map(id)).sign(&keys).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "these keys can't vouch for their own revocation: sign with another one"
    );
    let refused = back().revoked([id(&keys[0])]).sign(&keys[..1]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "this key can't vouch for its own revocation: sign with another one"
    );
    // The other one does.
    back().revoked([id(&keys[0])]).sign(&keys).unwrap();
}

#[test]
fn an_envelope_is_as_it_was_where_it_can_not_be_signed() {
    let mut envelope = back().sign(&[signer(KeyKind::Ed25519)]).unwrap();
    let before = envelope.clone();
    assert!(envelope.sign(&[]).is_err());
    assert_eq!(envelope, before);
}

#[test]
fn what_is_no_statement_is_told_with_its_file() {
    let desk = Desk::new();
    let text = back()
        .sign(&[signer(KeyKind::Ed25519)])
        .unwrap()
        .to_json()
        .unwrap();
    let path = desk.path("a.json");
    let named = path.display();
    for (text, message) in [
        (
            text.replace("live-updater.release", "other"),
            format!("{named} is not a release statement: its payload is a"),
        ),
        (
            "{}".to_owned(),
            format!("{named} is not a release statement: missing field"),
        ),
        (
            format!("{{\"release\": {text}}}"),
            format!("{named} is a whole answer to a check"),
        ),
    ] {
        fs::write(&path, text).unwrap();
        let refused = Envelope::read(&path).unwrap_err();
        assert!(refused.to_string().starts_with(&message), "{refused}");
        assert_eq!(refused.code(), "usage");
    }
    assert!(refuse_answer(&text).is_ok());
}

#[test]
fn a_bundle_is_told_from_another() {
    let desk = Desk::new();
    let content = BundleContent::read(&desk.bundle("a.zip", "hello")).unwrap();
    assert_eq!(content.must_be(&desk.path("a.zip")).unwrap(), None);
    for (page, code) in [("HELLO", "checksum_mismatch"), ("longer", "size_mismatch")] {
        let refused = content.must_be(&desk.bundle("b.zip", page)).unwrap_err();
        assert_eq!(refused.code(), code);
        assert!(matches!(refused, SigningError::OtherBundle { .. }));
    }
    let mut more = content.clone();
    more.unpacked_size = Some(6);
    let warning = more.must_be(&desk.path("a.zip")).unwrap().unwrap();
    assert_eq!(warning.code(), "unpacked_size");
    more.unpacked_size = Some(4);
    let refused = more.must_be(&desk.path("a.zip")).unwrap_err();
    assert_eq!(refused.code(), "checksum_mismatch");
}

#[test]
fn odd_times_are_warned_of() {
    let payload = back().build().unwrap();
    let warnings = |now: &str| {
        let now = SystemTime::from(moment(now));
        let warnings = payload.warnings(now);
        warnings.iter().map(Warning::code).collect::<Vec<_>>()
    };
    assert_eq!(warnings("2026-08-24T08:00:00Z"), [""; 0]);
    assert_eq!(warnings("2026-08-23T07:59:59Z"), ["issued_ahead"]);
    assert_eq!(warnings("2027-08-24T08:00:00Z"), ["expired"]);
}
