//! Private keys are read, written and used for what they are.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;

use live_updater::{KeyError, SignatureAlgorithm, Trust, verify_file};
use live_updater_signing::{
    KeyKind, PrivateKey, PrivateKeyError, Signer, SigningError, read_public_key,
};
use support::{Desk, signer};

const KINDS: [KeyKind; 3] = [KeyKind::Ed25519, KeyKind::P256, KeyKind::Rsa { bits: 2048 }];

#[test]
fn a_key_is_the_same_after_it_was_written_and_read() {
    let desk = Desk::new();
    for kind in KINDS {
        let key = PrivateKey::generate(kind).unwrap();
        fs::write(desk.path("private.pem"), key.to_pem().unwrap()).unwrap();
        fs::write(desk.path("public.pem"), key.to_public_pem().unwrap()).unwrap();
        let read = PrivateKey::read(&desk.path("private.pem")).unwrap();
        assert_eq!(read.kind(), kind);
        assert_eq!(read.to_public_pem().unwrap(), key.to_public_pem().unwrap());

        let algorithm = key.default_algorithm();
        let public = read_public_key(&desk.path("public.pem"), Some(algorithm)).unwrap();
        let signer = Signer::new(read, None).unwrap();
        assert_eq!(*signer.public_key(), public);
        assert_eq!(signer.key_id(), public.key_id());
        assert_eq!(signer.algorithm(), algorithm);
    }
}

#[test]
fn devices_take_what_each_kind_signs_and_nothing_that_changed() {
    let desk = Desk::new();
    let zip = desk.bundle("a.zip", "hello");
    let other = desk.bundle("b.zip", "HELLO");
    let rsa = || PrivateKey::generate(KeyKind::Rsa { bits: 2048 }).unwrap();
    let signers = [
        signer(KeyKind::Ed25519),
        signer(KeyKind::P256),
        Signer::new(rsa(), None).unwrap(),
        Signer::new(rsa(), Some(SignatureAlgorithm::RsaPssSha256)).unwrap(),
    ];
    for signer in signers {
        let signed = signer.sign_file(&zip).unwrap();
        assert_eq!(signed.key_id, signer.key_id());
        assert_eq!(signed.algorithm, signer.algorithm());
        let trust = Trust::Bundle {
            keys: signer.public_key().clone().into(),
        };
        let verify = |path| verify_file(path, None, Some(&signed.signature), &trust);
        assert_eq!(verify(&zip).unwrap(), signed.bundle);
        assert_eq!(verify(&other).unwrap_err().code(), "signature_invalid");
    }
}

#[test]
fn an_algorithm_has_to_be_one_for_the_key() {
    let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    let refused = Signer::new(key, Some(SignatureAlgorithm::RsaPssSha256)).unwrap_err();
    assert_eq!(refused.code(), "usage");
    assert!(matches!(
        refused,
        SigningError::PublicKey {
            path: None,
            source: KeyError::WrongAlgorithm { .. }
        }
    ));
}

#[test]
fn what_is_no_private_key_is_told_with_its_file() {
    let desk = Desk::new();
    let public = PrivateKey::generate(KeyKind::P256)
        .unwrap()
        .to_public_pem()
        .unwrap();
    let block = |label| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    for (text, problem) in [
        (String::new(), PrivateKeyError::NotPem),
        (public, PrivateKeyError::PublicKey),
        (block("PRIVATE KEY"), PrivateKeyError::Unsupported),
        (block("EC PRIVATE KEY"), PrivateKeyError::NotOnP256),
        (block("RSA PRIVATE KEY"), PrivateKeyError::DamagedRsa),
        (block("ENCRYPTED PRIVATE KEY"), PrivateKeyError::Encrypted),
        (
            block("CERTIFICATE"),
            PrivateKeyError::WrongBlock {
                label: "CERTIFICATE".to_owned(),
            },
        ),
    ] {
        let path = desk.path("key.pem");
        fs::write(&path, &text).unwrap();
        assert_eq!(PrivateKey::from_pem(&text).unwrap_err(), problem);
        let refused = PrivateKey::read(&path).unwrap_err();
        assert_eq!(refused.code(), "usage");
        assert_eq!(
            refused.to_string(),
            format!("{}: {problem}", path.display())
        );
    }
}

#[test]
fn a_file_that_is_missing_or_no_text_can_not_be_read() {
    let desk = Desk::new();
    fs::write(desk.path("binary.pem"), [0xff, 0xfe]).unwrap();
    for name in ["missing.pem", "binary.pem"] {
        let refused = PrivateKey::read(&desk.path(name)).unwrap_err();
        assert_eq!(refused.code(), "usage");
        assert!(matches!(refused, SigningError::Unreadable { .. }));
    }
    let refused = signer(KeyKind::Ed25519).sign_file(&desk.path("missing.zip"));
    assert!(matches!(refused, Err(SigningError::Unreadable { .. })));
    let refused = signer(KeyKind::P256).sign_file(&desk.path("missing.zip"));
    assert_eq!(refused.unwrap_err().code(), "storage");
}

#[test]
fn no_key_is_shown() {
    let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    let pem = key.to_pem().unwrap();
    let secret = pem.lines().nth(1).unwrap().to_owned();
    let signer = Signer::new(key, None).unwrap();
    assert!(!format!("{signer:?}").contains(&secret));
    assert!(format!("{signer:?}").contains("PrivateKey { algorithm: Ed25519, .. }"));
}
