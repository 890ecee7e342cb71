//! Signatures over the very bytes, and nothing that could be read in two ways.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use p256::pkcs8::EncodePublicKey as _;

use super::*;
use crate::verify::{PinnedKeys, PublicKey};

fn good() -> Value {
    sign(&statement(1, "2.0.0").to_string(), &[1])
}

fn seen(envelope: &Value) -> Result<(), &'static str> {
    Device::new().see_envelope(envelope).map(|_| ())
}

#[test]
fn what_a_pinned_key_has_signed_holds() {
    assert_eq!(seen(&good()), Ok(()));
}

#[test]
fn the_example_of_the_specification_is_encoded_as_it_says() {
    // DSSE v1, protocol: PAE("http://example.com/HelloWorld", "hello world").
    let example = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    let ours = String::from_utf8(encoding("hello world")).unwrap();
    let theirs = example.replace(
        "29 http://example.com/HelloWorld",
        &format!("41 {PAYLOAD_TYPE}"),
    );
    assert_eq!(ours, theirs);
}

#[test]
fn a_payload_and_a_signature_come_in_either_base64_padded_or_not() {
    // Characters of which the two alphabets differ, and lengths that need padding.
    let payload = with(statement(1, "2.0.0"), "note", text("~~~???\u{fffd}\u{ff}é"));
    let payload = payload.to_string();
    let signature = key(1).sign(&encoding(&payload)).to_bytes();
    assert!(STANDARD.encode(&payload).contains(['+', '/']));
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        let envelope = json!({
            "payloadType": PAYLOAD_TYPE,
            "payload": engine.encode(&payload),
            "signatures": [{"keyid": id(1), "sig": engine.encode(signature)}],
        });
        assert_eq!(seen(&envelope), Ok(()));
    }
}

#[test]
fn without_a_keyid_all_pinned_keys_are_tried() {
    let payload = statement(1, "2.0.0").to_string();
    for keyid in [Value::Null, text("")] {
        let mut envelope = sign(&payload, &[2]);
        envelope["signatures"][0]["keyid"] = keyid;
        let mut device = Device::pinning(&[1, 2], 1);
        assert!(device.see_envelope(&envelope).is_ok());
    }
}

#[test]
fn a_keyid_proves_nothing_and_may_be_written_in_any_case() {
    let payload = statement(1, "2.0.0").to_string();
    let mut device = Device::pinning(&[1, 2], 1);
    for keyid in [id(2), id(1), id(2).to_uppercase()] {
        let mut envelope = sign(&payload, &[2]);
        envelope["signatures"][0]["keyid"] = json!(keyid);
        assert!(device.see_envelope(&envelope).is_ok(), "{keyid}");
    }
    let mut stranger = sign(&payload, &[9]);
    stranger["signatures"][0]["keyid"] = json!(id(1));
    assert_eq!(device.see_envelope(&stranger), Err("signature_invalid"));
}

#[test]
fn an_unknown_keyid_alone_is_an_untrusted_key() {
    let payload = statement(1, "2.0.0").to_string();
    assert_eq!(seen(&sign(&payload, &[9])), Err("untrusted_key"));
    let mut relabelled = sign(&payload, &[1]);
    relabelled["signatures"][0]["keyid"] = text("0123");
    assert_eq!(seen(&relabelled), Err("untrusted_key"));
}

#[test]
fn beside_a_signature_that_holds_others_may_fail() {
    let mut envelope = sign(&statement(1, "2.0.0").to_string(), &[9, 1]);
    envelope["signatures"]
        .as_array_mut()
        .unwrap()
        .push(json!({"keyid": id(1), "sig": "AAAA"}));
    assert_eq!(seen(&envelope), Ok(()));
}

#[test]
fn an_envelope_without_signatures_has_none() {
    for signatures in [json!([]), Value::Null] {
        let mut envelope = good();
        envelope["signatures"] = signatures;
        assert_eq!(seen(&envelope), Err("signature_missing"));
    }
}

#[test]
fn a_signature_for_another_type_of_payload_does_not_hold() {
    let payload = statement(1, "2.0.0").to_string();
    let other = "application/vnd.in-toto+json";
    let message = format!("DSSEv1 {} {other} {} {payload}", other.len(), payload.len());
    let signature = STANDARD.encode(key(1).sign(message.as_bytes()).to_bytes());
    let mut envelope = good();
    envelope["signatures"][0]["sig"] = json!(signature);
    assert_eq!(seen(&envelope), Err("signature_invalid"));
    envelope["payloadType"] = json!(other);
    assert_eq!(seen(&envelope), Err("signature_invalid"));
}

#[test]
fn a_signature_over_the_bare_payload_does_not_hold() {
    let payload = statement(1, "2.0.0").to_string();
    let mut envelope = good();
    let bare = key(1).sign(payload.as_bytes()).to_bytes();
    envelope["signatures"][0]["sig"] = json!(STANDARD.encode(bare));
    assert_eq!(seen(&envelope), Err("signature_invalid"));
}

#[test]
fn an_envelope_that_is_none_breaks_the_protocol() {
    for (field, value) in [
        ("payloadType", Value::Null),
        ("payloadType", json!(1)),
        ("payload", Value::Null),
        ("payload", json!({})),
        ("signatures", json!({})),
        ("signatures", json!(["x"])),
        ("signatures", json!([{"keyid": 1, "sig": "AA"}])),
        ("signatures", json!([{"keyid": "a"}])),
    ] {
        let mut envelope = good();
        envelope[field] = value;
        assert_eq!(seen(&envelope), Err("protocol"), "{field}");
    }
    for text in ["", "[]", "null", "{"] {
        assert_eq!(Envelope::parse(text).unwrap_err().code(), "protocol");
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused_in_the_envelope_and_in_the_payload() {
    let envelope = good().to_string();
    let keyid = format!("\"keyid\":\"{}\"", id(1));
    for (one, two) in [
        (
            "\"payload\":",
            "\"payload\":\"e30=\",\"payload\":".to_owned(),
        ),
        (keyid.as_str(), format!("{keyid},{keyid}")),
    ] {
        assert!(envelope.contains(one), "{one} in {envelope}");
        let doubled = envelope.replacen(one, &two, 1);
        assert_eq!(Envelope::parse(&doubled).unwrap_err().code(), "protocol");
    }
    let payload = statement(1, "2.0.0").to_string();
    for (one, two) in [
        ("\"sequence\":1", "\"sequence\":1,\"sequence\":1"),
        ("\"size\":1000", "\"size\":1000,\"siz\\u0065\":1"),
        ("{", "{\"x\":{\"a\":[{\"b\":1,\"b\":1}]},"),
    ] {
        let doubled = payload.replacen(one, two, 1);
        assert_ne!(doubled, payload);
        assert_eq!(seen(&sign(&doubled, &[1])), Err("protocol"), "{doubled}");
    }
}

#[test]
fn what_is_unknown_is_ignored() {
    let payload = with(statement(1, "2.0.0"), "future", json!({"a": [1, {}]}));
    let mut envelope = sign(&payload.to_string(), &[1]);
    envelope["future"] = json!(1);
    envelope["signatures"][0]["cert"] = text("x");
    assert_eq!(seen(&envelope), Ok(()));
}

#[test]
fn the_very_bytes_that_are_verified_are_read() {
    // The same JSON in other bytes is another payload.
    let payload = statement(1, "2.0.0").to_string();
    let mut envelope = sign(&payload, &[1]);
    envelope["payload"] = json!(STANDARD.encode(payload.replacen(':', ": ", 1)));
    assert_eq!(seen(&envelope), Err("signature_invalid"));
    let spaced = format!(" {}\n", payload.replace(',', " ,\t"));
    assert_eq!(seen(&sign(&spaced, &[1])), Ok(()));
}

#[test]
fn sizes_and_numbers_of_signatures_have_an_end() {
    let large = with(statement(1, "2.0.0"), "x", json!("x".repeat(60_000)));
    assert_eq!(seen(&sign(&large.to_string(), &[1])), Err("size_exceeded"));
    let mut envelope = good();
    envelope["x"] = json!("x".repeat(300_000));
    assert_eq!(seen(&envelope), Err("size_exceeded"));
    let mut envelope = good();
    let signature = envelope["signatures"][0].clone();
    envelope["signatures"] = json!(vec![signature.clone(); 16]);
    assert_eq!(seen(&envelope), Ok(()));
    envelope["signatures"] = json!(vec![signature; 17]);
    assert_eq!(seen(&envelope), Err("signature_invalid"));
}

#[test]
fn an_ecdsa_key_signs_statements_too() {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let pem = key.verifying_key().to_public_key_pem(Default::default());
    let public = PublicKey::from_pem(&pem.unwrap(), None).unwrap();
    let payload = statement(1, "2.0.0").to_string();
    let signature: p256::ecdsa::Signature = key.sign(&encoding(&payload));
    let envelope = json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(&payload),
        "signatures": [{"keyid": public.key_id(), "sig": STANDARD.encode(signature.to_der())}],
    });
    let mut device = Device::new();
    device.keys = PinnedKeys::from(public);
    assert!(device.see_envelope(&envelope).is_ok());
}
