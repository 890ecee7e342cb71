//! Keys that were stolen, that count twice, or that are taken for keys of another kind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey as P256Key};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::pkcs1v15;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use crate::device::{Device, Mode, sign, tell};
use crate::rsa_keys::{self, pair, public_pem};
use crate::world::signing::{
    Web, enclosed, encoded, envelope, key, key_id, payload, pem, signature, trust,
};

/// TUF, 1.5.2, vulnerability to key compromise: who has fewer keys than the threshold can't do
/// anything with them, and a key that is known to be stolen is worth nothing.
///
/// `statement` protects. In `bundle` one key of those that are pinned is enough, for whoever has it.
#[tokio::test]
async fn a_stolen_key_is_not_enough_where_two_have_to_sign() {
    let web = Web::page("3.0.0");
    let any_of_two = json!({"mode": "bundle", "keys": [{"key": pem(1)}, {"key": pem(3)}]});
    let mut device = Device::trusting(Mode::Bundle, any_of_two, &[1]).await;
    device.offer_zip("3.0.0", &web.zip, Some(sign(&web.zip, 3)));
    device.takes("3.0.0").await;

    let mut device = Device::trusting(Mode::Statement, trust(&[1, 2, 3], 2), &[1, 2]).await;
    let mut stolen = payload(11, "3.0.0", &web);
    for revoked in [json!([]), json!([key_id(&pem(1)), key_id(&pem(2))])] {
        stolen["revoked"] = revoked;
        let text = stolen.to_string();
        let own = || signature(&text, 3);
        let foreign = || signature(&text, 9);
        let mut forged = signature(&text, 9);
        forged["keyid"] = json!(key_id(&pem(1)));
        for signatures in [
            vec![own()],
            vec![own(), foreign()],
            vec![own(), forged],
            // An honest key's signature over an honest statement.
            vec![own(), signature(&payload(10, "2.0.0", &web).to_string(), 1)],
        ] {
            device.world.answer(&enclosed(&text, &signatures), &web);
            device.withstands("signature_invalid").await;
        }
    }
    device.offer("2.5.0");
    device.takes("2.5.0").await;
    tell(device.recovers().await);
}

/// TUF, 1.5.2 and 6.1: once a key is revoked, nothing that it signs counts, and it can't take the
/// other keys along.
#[tokio::test]
async fn a_revoked_key_signs_nothing_any_more() {
    let mut device = Device::trusting(Mode::Statement, trust(&[1, 3], 1), &[1]).await;
    let web = Web::page("3.0.0");
    let by_thief = |sequence, revoked: Value| {
        let mut payload = payload(sequence, "3.0.0", &web);
        payload["revoked"] = revoked;
        envelope(&payload, 3)
    };
    // As long as nobody knows, it's as good as the other.
    device.world.answer(&by_thief(11, json!([])), &web);
    device.takes("3.0.0").await;

    // But for a word on itself: whose key is gone by a statement can't vouch for it.
    let itself = json!([key_id(&pem(3))]);
    device.world.answer(&by_thief(12, itself), &web);
    device.withstands("untrusted_key").await;

    let good = Web::page("2.1.0");
    let mut revoking = payload(12, "2.1.0", &good);
    revoking["revoked"] = json!([key_id(&pem(3)).to_uppercase()]);
    device.state(&revoking, &good);
    device.takes("2.1.0").await;

    device.world.answer(&by_thief(13, json!([])), &web);
    device.withstands("untrusted_key").await;
    let everybody = json!([key_id(&pem(1)), key_id(&pem(3))]);
    device.world.answer(&by_thief(14, everybody), &web);
    device.withstands("untrusted_key").await;
    let mut silent = by_thief(15, json!([key_id(&pem(1))]));
    silent["signatures"][0]["keyid"] = json!("");
    device.world.answer(&silent, &web);
    device.withstands("signature_invalid").await;
    silent["signatures"][0]["keyid"] = json!(key_id(&pem(1)));
    device.world.answer(&silent, &web);
    device.withstands("signature_invalid").await;
    device.sequence = 20;
    tell(device.recovers().await);
}

/// DSSE v1, protocol, and TUF, 4.2.1: a key counts once towards the threshold, whatever names it goes
/// by and however many signatures it has made.
#[tokio::test]
async fn one_key_does_not_sign_for_two() {
    let ecdsa = P256Key::from_slice(&[7; 32]).unwrap();
    let ecdsa_pem = ecdsa.verifying_key().to_public_key_pem(LineEnding::LF);
    let ecdsa_pem = ecdsa_pem.unwrap();
    let rsa = pair();
    let rsa_pem = public_pem(&rsa.to_public_key());
    let keys = [pem(1), pem(2), ecdsa_pem, rsa_pem.clone()];
    let keys: Vec<_> = keys.iter().map(|pem| json!({"key": pem})).collect();
    let two_of = json!({"mode": "statement", "keys": keys, "threshold": 2});
    let mut device = Device::trusting(Mode::Statement, two_of, &[1, 2]).await;

    let web = Web::page("3.0.0");
    let text = payload(11, "3.0.0", &web).to_string();
    let message = encoded(&text);
    let named = |mut signature: Value, keyid: Value| {
        signature["keyid"] = keyid;
        signature
    };
    let one = || signature(&text, 1);
    let (own, other) = (key_id(&pem(1)), key_id(&pem(2)));
    let bare = |bytes: &[u8]| json!({"sig": STANDARD.encode(bytes)});

    // With one of P-256 there is always a second: the one with the negative S.
    let low: EcdsaSignature = ecdsa.sign(&message);
    let high = EcdsaSignature::from_scalars(low.r(), -*low.s()).unwrap();
    // An RSA key that isn't bound to a padding accepts both.
    let pkcs1 = rsa_keys::pkcs1(&rsa, &message);
    let pss = rsa_keys::pss(&rsa, &message);
    for signatures in [
        vec![one()],
        vec![one(), one()],
        vec![one(); 16],
        vec![one(), named(one(), json!(own.to_uppercase()))],
        vec![one(), named(one(), json!(other))],
        vec![one(), named(one(), Value::Null), named(one(), json!(""))],
        vec![bare(&low.to_bytes()), bare(&high.to_bytes())],
        vec![bare(&low.to_bytes()), bare(low.to_der().as_bytes())],
        vec![bare(&pkcs1), bare(&pss)],
    ] {
        device.world.answer(&enclosed(&text, &signatures), &web);
        device.withstands("signature_invalid").await;
    }
    // Each of these alone is good, together with another key's.
    let (low, high) = (low.to_bytes().to_vec(), high.to_bytes().to_vec());
    for sig in [low, high, pkcs1, pss] {
        let both = enclosed(&text, &[one(), bare(&sig)]);
        device.world.answer(&both, &web);
        device.updater().get_latest(None).await.unwrap();
    }
    device.takes("3.0.0").await;

    // Nor may the app's own configuration count it twice.
    for keys in [
        json!([{"key": pem(1), "id": "ours"}, {"key": pem(1), "id": "theirs"}]),
        json!([
            {"key": rsa_pem.clone(), "algorithm": "rsa-pkcs1-sha256"},
            {"key": rsa_pem, "algorithm": "rsa-pss-sha256"},
        ]),
    ] {
        let twice = json!({"mode": "statement", "keys": keys, "threshold": 2});
        device.never_trusts(twice).await;
    }
    device.sequence = 11;
    tell(device.recovers().await);
}

/// A verifier that lets the message choose how it's verified can be made to take a public key for a
/// secret one, or nothing for a signature (RFC 8725, 2.1). Here the pinned key decides alone.
#[tokio::test]
async fn a_signature_is_not_taken_for_one_of_another_kind() {
    let ecdsa = P256Key::from_slice(&[7; 32]).unwrap();
    let ecdsa_pem = ecdsa.verifying_key().to_public_key_pem(LineEnding::LF);
    let rsa = pair();
    let rsa_pem = public_pem(&rsa.to_public_key());
    let keys = json!([
        {"key": pem(1), "algorithm": "ed25519"},
        {"key": ecdsa_pem.unwrap(), "algorithm": "ecdsa-p256-sha256"},
        {"key": rsa_pem, "algorithm": "rsa-pkcs1-sha256"},
    ]);
    let pinned = json!({"mode": "statement", "keys": keys});
    let mut device = Device::trusting(Mode::Statement, pinned, &[1]).await;
    let web = Web::page("3.0.0");
    let text = payload(11, "3.0.0", &web).to_string();
    let message = encoded(&text);
    let digest = Sha256::digest(&message);
    let sha512 = pkcs1v15::SigningKey::<rsa::sha2::Sha512>::new(rsa.clone());
    let sha512 = rsa::signature::Signer::sign(&sha512, &message);
    let twice: EcdsaSignature = ecdsa.sign(&digest);
    let ed25519 = |message: &[u8]| key(1).sign(message).to_bytes().to_vec();
    for sig in [
        // Prehashed, where it must not be; hashed twice; with another padding or hash.
        ed25519(&digest),
        ed25519(&Sha512::digest(&message)),
        twice.to_bytes().to_vec(),
        rsa_keys::pss(&rsa, &message),
        rsa::signature::SignatureEncoding::to_vec(&sha512),
        // A code that anybody can make who knows the public key.
        hmac_sha256(rsa_pem.as_bytes(), &message).to_vec(),
        hmac_sha256(pem(1).as_bytes(), &message).to_vec(),
        digest.to_vec(),
    ] {
        let bare = json!({"sig": STANDARD.encode(sig), "alg": "HS256"});
        device.world.answer(&enclosed(&text, &[bare]), &web);
        device.withstands("signature_invalid").await;
    }
    for (sig, code) in [("", "protocol"), ("AA==", "signature_invalid")] {
        let nothing = json!({"keyid": key_id(&pem(1)), "sig": sig, "alg": "none"});
        let mut envelope = enclosed(&text, &[nothing]);
        envelope["alg"] = json!("none");
        device.world.answer(&envelope, &web);
        device.withstands(code).await;
    }
    for key in [
        json!({"key": rsa_pem, "algorithm": "ed25519"}),
        json!({"key": pem(1), "algorithm": "rsa-pss-sha256"}),
        json!({"key": pem(1), "algorithm": "none"}),
        json!({"key": pem(1), "algorithm": "HS256"}),
    ] {
        device
            .never_trusts(json!({"mode": "statement", "keys": [key]}))
            .await;
    }
    // What the keys are pinned for, each on its own.
    let plain: EcdsaSignature = ecdsa.sign(&message);
    let pkcs1 = rsa_keys::pkcs1(&rsa, &message);
    for sig in [ed25519(&message), plain.to_bytes().to_vec(), pkcs1] {
        let bare = json!({"sig": STANDARD.encode(sig)});
        device.world.answer(&enclosed(&text, &[bare]), &web);
        device.updater().get_latest(None).await.unwrap();
    }
    device.takes("3.0.0").await;
    device.sequence = 11;
    tell(device.recovers().await);
}

fn hmac_sha256(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&Sha256::digest(secret));
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::digest([&pad(0x36)[..], message].concat());
    Sha256::digest([&pad(0x5c)[..], &inner].concat()).into()
}
