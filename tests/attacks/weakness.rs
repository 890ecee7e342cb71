//! Keys and signatures that prove nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::constants::{ED25519_BASEPOINT_COMPRESSED, EIGHT_TORSION};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer as _, Verifier as _, VerifyingKey};
use p256::ecdsa::SigningKey as P256Key;
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::BigUint;
use serde_json::json;
use sha2::{Digest as _, Sha256, Sha512};

use crate::device::{Device, Mode, tell};
use crate::rsa_keys::{self, pair, public_pem};
use crate::world::signing::{Web, encoded, key, payload, pem};

/// RFC 8032, 5.1.7, and TUF, 1.5.2 (arbitrary installation): under a key of small order, which a
/// placeholder of zeros is too, anybody can make signatures. An app that was built with one is told
/// so at once, and takes nothing.
#[tokio::test]
async fn a_key_under_which_everybody_can_sign_is_refused() {
    let web = Web::page("3.0.0");
    let message = encoded(&payload(11, "3.0.0", &web).to_string());
    let identity = EIGHT_TORSION[0].compress().to_bytes();
    // S is 1 and R is the base point: no secret is needed.
    let forged = [
        ED25519_BASEPOINT_COMPRESSED.to_bytes(),
        Scalar::ONE.to_bytes(),
    ];
    let forged = ed25519_dalek::Signature::from_slice(&forged.concat()).unwrap();
    let lenient = VerifyingKey::from_bytes(&identity).unwrap();
    assert!(
        lenient.verify(&message, &forged).is_ok(),
        "the attack is real"
    );

    let mut device = Device::running(Mode::Statement).await;
    let mut points: Vec<[u8; 32]> = EIGHT_TORSION
        .map(|point| point.compress().to_bytes())
        .into();
    // Other spellings of them: y is 0 or 1 plus the field's prime, and x = 0 with a sign.
    // And y = 3 plus the prime: of full order, but a key that has a second name.
    for (low, high) in [
        (0xed, 0x7f),
        (0xee, 0x7f),
        (0xed, 0xff),
        (0xee, 0xff),
        (0xf0, 0x7f),
    ] {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (low, high);
        points.push(point);
    }
    let mut negative_zero = identity;
    negative_zero[31] = 0x80;
    points.push(negative_zero);
    for point in points {
        for mode in ["bundle", "statement"] {
            let keys = json!([{"key": ed25519_pem(&point)}]);
            device
                .never_trusts(json!({"mode": mode, "keys": keys}))
                .await;
        }
    }
    // Beside a good key it counts as little.
    let keys = json!([{"key": pem(1)}, {"key": ed25519_pem(&identity)}]);
    let beside = json!({"mode": "statement", "keys": keys});
    device.never_trusts(beside).await;
    tell(device.recovers().await);
}

fn ed25519_pem(point: &[u8; 32]) -> String {
    const PREFIX: [u8; 12] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    let body = STANDARD.encode([&PREFIX[..], point].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

/// An RSA key that can be factored, or whose exponent makes each message its own signature, protects
/// from nobody; and with a low exponent, a verifier that reads the padding instead of comparing it
/// takes forgeries (RFC 8017, 8.2.2, notes).
#[tokio::test]
async fn weak_rsa_keys_are_refused_and_a_low_exponent_helps_nobody() {
    let modulus = |bits: usize| (BigUint::from(1_u8) << (bits - 1)) + BigUint::from(12_345_u32);
    let weak = |modulus: BigUint, exponent: u64| {
        let key = rsa::RsaPublicKey::new_unchecked(modulus, BigUint::from(exponent));
        json!({"mode": "bundle", "keys": [{"key": public_pem(&key)}]})
    };
    let mut device = Device::running(Mode::Bundle).await;
    for trust in [
        weak(modulus(1024), 65_537),
        weak(modulus(2047), 65_537),
        weak(modulus(16_384), 65_537),
        weak(modulus(2048), 0),
        weak(modulus(2048), 1),
        weak(modulus(2048), 2),
        weak(modulus(2048), 65_536),
        weak(modulus(2048) + BigUint::from(1_u8), 65_537),
    ] {
        device.never_trusts(trust).await;
    }

    // The exponent 3 is taken: the padding is computed and compared as a whole.
    let evil = Web::page("3.0.0");
    let cubed = rsa::RsaPublicKey::new_unchecked(modulus(2048), BigUint::from(3_u8));
    let keys = json!([{"key": pem(1)}, {"key": public_pem(&cubed)}]);
    let low = json!({"mode": "bundle", "keys": keys});
    let mut device_with_low = Device::trusting(Mode::Bundle, low, &[1]).await;
    let forged = forged_with_garbage(&evil.zip);
    device_with_low.offer_zip("3.0.0", &evil.zip, Some(STANDARD.encode(&forged)));
    device_with_low.withstands("signature_invalid").await;

    // A key that is none of this.
    let rsa = pair();
    let keys = json!([{"key": pem(1)}, {"key": public_pem(&rsa.to_public_key())}]);
    let good = json!({"mode": "bundle", "keys": keys});
    let mut trusting = Device::trusting(Mode::Bundle, good, &[1]).await;
    let honest = STANDARD.encode(rsa_keys::pkcs1(&rsa, &evil.zip));
    trusting.offer_zip("3.0.0", &evil.zip, Some(honest));
    trusting.takes("3.0.0").await;
    tell(device.recovers().await + device_with_low.recovers().await);
}

/// A number whose cube begins like the padding of a signature over `message`, and ends in garbage.
fn forged_with_garbage(message: &[u8]) -> Vec<u8> {
    // RFC 8017, 9.2, note 1: DigestInfo of SHA-256.
    const DIGEST_INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let digest: [u8; 32] = Sha256::digest(message).into();
    let start = [&[0, 1][..], &[0xff; 8], &[0], &DIGEST_INFO, &digest].concat();
    let mut padded = start.clone();
    padded.resize(256, 0);
    let root = BigUint::from_bytes_be(&padded).nth_root(3) + BigUint::from(1_u8);
    let cube = (&root * &root * &root).to_bytes_be();
    assert_eq!(cube[..start.len() - 1], start[1..], "the attack is real");
    let mut signature = root.to_bytes_be();
    signature.splice(0..0, vec![0; 256 - signature.len()]);
    signature
}

/// A signature that can be changed and still holds, or that holds for everything, gets bytes past a
/// list of refused ones, or anything past a verifier (RFC 8032, 5.1.7 and 8.4; ECDSA with zeros).
#[tokio::test]
async fn signatures_that_hold_without_being_made_are_refused() {
    // The order of the base point, RFC 8032, section 5.1.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let ecdsa = P256Key::from_slice(&[7; 32]).unwrap();
    let ecdsa_pem = ecdsa.verifying_key().to_public_key_pem(LineEnding::LF);
    let keys = json!([{"key": pem(1)}, {"key": ecdsa_pem.unwrap()}]);
    let both = json!({"mode": "bundle", "keys": keys});
    let mut device = Device::trusting(Mode::Bundle, both, &[1]).await;
    let web = Web::page("3.0.0");
    let honest = key(1).sign(&web.zip).to_bytes();

    let order = BigUint::from_bytes_le(&ORDER);
    let larger = BigUint::from_bytes_le(&honest[32..]) + order;
    let mut larger = larger.to_bytes_le();
    larger.resize(32, 0);
    let non_canonical = [&honest[..32], &larger].concat();
    // R is the identity, and S what belongs to it: a lenient verifier takes it.
    let identity = EIGHT_TORSION[0].compress().to_bytes();
    let k = Sha512::new()
        .chain_update(identity)
        .chain_update(key(1).verifying_key().as_bytes())
        .chain_update(&web.zip)
        .finalize();
    let s = Scalar::from_bytes_mod_order_wide(&k.into()) * key(1).to_scalar();
    let small_order = ed25519_dalek::Signature::from_components(identity, s.to_bytes());
    let lenient = key(1).verifying_key();
    assert!(
        lenient.verify(&web.zip, &small_order).is_ok(),
        "the attack is real"
    );
    for bytes in [
        non_canonical,
        small_order.to_bytes().to_vec(),
        [&honest[..], &[0]].concat(),
        vec![0; 64],
        // r and s are zero, in DER.
        vec![0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00],
    ] {
        device.offer_zip("3.0.0", &web.zip, Some(STANDARD.encode(bytes)));
        device.withstands("signature_invalid").await;
    }
    device.offer_zip("3.0.0", &web.zip, Some(STANDARD.encode(honest)));
    device.takes("3.0.0").await;
    tell(device.recovers().await);
}
