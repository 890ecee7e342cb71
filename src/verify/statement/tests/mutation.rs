//! No change of a good statement goes unnoticed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// What refuses an envelope at all.
const REFUSALS: [&str; 4] = [
    "signature_invalid",
    "signature_missing",
    "untrusted_key",
    "protocol",
];

#[test]
fn every_changed_bit_of_the_payload_is_a_signature_that_does_not_hold() {
    let payload = statement(1, "2.0.0").to_string().into_bytes();
    let good = sign(str::from_utf8(&payload).unwrap(), &[1]);
    for position in 0..payload.len() {
        let mut changed = payload.clone();
        changed[position] ^= 1 << (position % 8);
        let mut envelope = good.clone();
        envelope["payload"] = json!(STANDARD.encode(&changed));
        let refused = Device::new().see_envelope(&envelope).unwrap_err();
        assert_eq!(refused, "signature_invalid", "at {position}");
    }
}

#[test]
fn every_changed_bit_of_the_signature_is_noticed() {
    let good = sign(&statement(1, "2.0.0").to_string(), &[1]);
    let signature = STANDARD
        .decode(good["signatures"][0]["sig"].as_str().unwrap())
        .unwrap();
    for bit in 0..signature.len() * 8 {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut envelope = good.clone();
        envelope["signatures"][0]["sig"] = json!(STANDARD.encode(&changed));
        let refused = Device::new().see_envelope(&envelope).unwrap_err();
        assert_eq!(refused, "signature_invalid", "bit {bit}");
    }
}

#[test]
fn no_changed_byte_of_the_whole_text_is_taken_for_another_statement() {
    let text = sign(&statement(1, "2.0.0").to_string(), &[1]).to_string();
    let keys = pinned(&[1]);
    let good = Statement::parse(statement(1, "2.0.0").to_string().as_bytes()).unwrap();
    for position in 0..text.len() {
        for replacement in [b'"', b'A', b'{', 0, text.as_bytes()[position] ^ 0x20] {
            let mut changed = text.clone().into_bytes();
            changed[position] = replacement;
            let Ok(changed) = String::from_utf8(changed) else {
                continue;
            };
            let seen = Envelope::parse(&changed)
                .and_then(|envelope| verify(&envelope, &Trusted::default(), &circumstances(&keys)));
            match seen {
                Ok((statement, _)) => assert_eq!(statement, good, "at {position}"),
                Err(error) => assert!(REFUSALS.contains(&error.code()), "{error}"),
            }
        }
    }
}

#[test]
fn no_text_that_is_cut_off_is_taken() {
    let text = sign(&statement(1, "2.0.0").to_string(), &[1]).to_string();
    for end in 0..text.len() {
        let refused = Envelope::parse(&text[..end]).unwrap_err();
        assert_eq!(refused.code(), "protocol", "at {end}");
    }
}

#[test]
fn every_field_that_is_changed_under_the_old_signature_is_noticed() {
    let good = statement(1, "2.0.0");
    let envelope = sign(&good.to_string(), &[1]);
    for (key, value) in [
        ("appId", json!("com.example.other")),
        ("channel", json!("beta")),
        ("platforms", json!(["android"])),
        ("version", json!("2.0.1")),
        ("sequence", json!(2)),
        ("issuedAt", json!("2027-01-15T07:00:01Z")),
        ("expiresAt", json!("2037-02-15T08:00:00Z")),
        ("minAppVersion", json!("1")),
        ("maxAppVersion", json!("9")),
        ("action", json!("rollbackToBuiltin")),
        ("bundle.size", json!(1001)),
        ("bundle.sha256", json!("17".repeat(32))),
        ("bundle.filesSha256", json!("18".repeat(32))),
        ("bundle.unpackedSize", json!(1)),
        ("revoked", json!([id(1)])),
    ] {
        let mut changed = envelope.clone();
        let payload = with(good.clone(), key, value);
        changed["payload"] = json!(STANDARD.encode(payload.to_string()));
        let refused = Device::new().see_envelope(&changed).unwrap_err();
        assert_eq!(refused, "signature_invalid", "{key}");
    }
}
