//! How many keys have to sign, and which of them count no longer.

use super::*;

fn revoking(sequence: u64, seeds: &[u8]) -> Value {
    let ids: Vec<_> = seeds.iter().map(|seed| id(*seed)).collect();
    with(statement(sequence, "2.0.0"), "revoked", json!(ids))
}

#[test]
fn as_many_different_keys_as_the_threshold_says_have_to_sign() {
    let mut device = Device::pinning(&[1, 2, 3], 2);
    let one = statement(1, "2.0.0");
    assert_eq!(device.see_signed(&one, &[1]), Err("signature_invalid"));
    assert_eq!(device.see_signed(&one, &[1, 9]), Err("signature_invalid"));
    assert_eq!(device.see_signed(&one, &[8, 9]), Err("untrusted_key"));
    assert!(device.see_signed(&one, &[3, 1]).is_ok());
    assert!(device.see_signed(&one, &[9, 1, 2, 3]).is_ok());
}

#[test]
fn a_key_counts_once_however_often_it_signs() {
    let mut device = Device::pinning(&[1, 2], 2);
    let one = statement(1, "2.0.0");
    assert_eq!(
        device.see_signed(&one, &[1, 1, 1]),
        Err("signature_invalid")
    );
    // Under the other key's name it is still the same key.
    let mut envelope = sign(&one.to_string(), &[1, 1]);
    envelope["signatures"][1]["keyid"] = json!(id(2));
    assert_eq!(device.see_envelope(&envelope), Err("signature_invalid"));
    envelope["signatures"][1]["keyid"] = text("");
    assert_eq!(device.see_envelope(&envelope), Err("signature_invalid"));
}

#[test]
fn a_revoked_key_counts_no_longer() {
    let mut device = Device::pinning(&[1, 2], 1);
    device.see_signed(&revoking(1, &[1]), &[2]).unwrap();
    assert_eq!(device.trusted.revoked, [id(1)]);
    let next = statement(2, "2.1.0");
    assert_eq!(device.see_signed(&next, &[1]), Err("untrusted_key"));
    assert!(device.see_signed(&next, &[1, 2]).is_ok());
    // It is remembered, whatever later statements leave out.
    assert_eq!(
        device.see_signed(&statement(3, "2.1.1"), &[1]),
        Err("untrusted_key")
    );
}

#[test]
fn a_revoked_key_counts_no_longer_for_what_has_no_keyid_either() {
    let mut device = Device::pinning(&[1, 2], 1);
    device.see_signed(&revoking(1, &[1]), &[2]).unwrap();
    let mut envelope = sign(&statement(2, "2.1.0").to_string(), &[1]);
    envelope["signatures"][0]["keyid"] = Value::Null;
    assert_eq!(device.see_envelope(&envelope), Err("signature_invalid"));
}

#[test]
fn a_revocation_that_leaves_too_few_keys_is_ignored() {
    let mut device = Device::new();
    let acceptance = device.see(&revoking(1, &[1])).unwrap();
    assert!(acceptance.ignores_revoked);
    assert_eq!(device.trusted.revoked, [""; 0]);
    let mut device = Device::pinning(&[1, 2], 2);
    device.see_signed(&revoking(1, &[2]), &[1, 2]).unwrap();
    assert_eq!(device.trusted.revoked, [""; 0]);
    let mut device = Device::pinning(&[1, 2, 3], 1);
    device.see_signed(&revoking(1, &[1, 2, 3]), &[1]).unwrap();
    assert_eq!(device.trusted.revoked, [""; 0]);
    // With one that was revoked before it is too many, too.
    device.see_signed(&revoking(2, &[1, 2]), &[3]).unwrap();
    let acceptance = device.see_signed(&revoking(3, &[3]), &[3]).unwrap();
    assert!(acceptance.ignores_revoked);
    assert_eq!(device.trusted.revoked, [id(1), id(2)]);
    // What was revoked before is nothing that could be ignored.
    let acceptance = device.see_signed(&revoking(4, &[1]), &[3]).unwrap();
    assert!(!acceptance.ignores_revoked);
}

#[test]
fn a_key_does_not_vouch_for_the_statement_that_revokes_it() {
    let mut device = Device::pinning(&[1, 2], 1);
    assert_eq!(
        device.see_signed(&revoking(1, &[1]), &[1]),
        Err("untrusted_key")
    );
    assert_eq!(device.trusted, Trusted::default());
    assert!(device.see_signed(&revoking(1, &[1]), &[1, 2]).is_ok());
}

#[test]
fn keys_that_are_not_pinned_are_not_remembered_and_case_does_not_matter() {
    let mut device = Device::pinning(&[1, 2], 1);
    let ids = json!(["00", id(9), id(2).to_uppercase(), id(2)]);
    let revoked = with(statement(1, "2.0.0"), "revoked", ids);
    device.see_signed(&revoked, &[1]).unwrap();
    assert_eq!(device.trusted.revoked, [id(2)]);
}

#[test]
fn a_statement_that_is_refused_revokes_nothing() {
    let mut device = Device::pinning(&[1, 2], 1);
    device.see_signed(&statement(10, "2.0.0"), &[2]).unwrap();
    assert_eq!(
        device.see_signed(&revoking(9, &[2]), &[1]),
        Err("downgrade")
    );
    assert_eq!(device.trusted.revoked, [""; 0]);
}

#[test]
fn what_is_remembered_gives_way_where_the_app_asks_for_more_keys() {
    let mut device = Device::pinning(&[1, 2], 1);
    device.see_signed(&revoking(1, &[1]), &[2]).unwrap();
    device.threshold = 2;
    assert!(device.see_signed(&statement(2, "2.1.0"), &[1, 2]).is_ok());
}

#[test]
fn the_message_tells_a_revoked_key_from_a_strangers() {
    let keys = pinned(&[1, 2]);
    let message = |trusted: &Trusted, statement: &Value, seed: u8| {
        let envelope = envelope(statement, &[seed]);
        let refused = verify(&envelope, trusted, &circumstances(&keys)).unwrap_err();
        assert_eq!(refused.code(), "untrusted_key");
        refused.to_string()
    };
    let mut device = Device::pinning(&[1, 2], 1);
    device.see_signed(&revoking(1, &[1]), &[2]).unwrap();
    let next = statement(2, "2.1.0");
    assert!(message(&device.trusted, &next, 1).contains("was revoked"));
    assert!(message(&device.trusted, &next, 9).contains("not trusted here"));
    let itself = message(&Trusted::default(), &revoking(1, &[1]), 1);
    assert!(itself.contains("was revoked"), "{itself}");
}
