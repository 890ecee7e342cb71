use std::cell::Cell;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer, SigningKey, Verifier};
use p256::pkcs8::{EncodePublicKey, LineEnding};
use sha2::Sha512;

use super::*;
use crate::verify::{PinnedKeys, PublicKey};

#[test]
fn a_bundle_without_a_signature_holds_by_its_checksum_where_nothing_is_pinned() {
    let bundle = Bytes::new(3 * BUFFER + 17);
    assert_eq!(judge(&bundle, None, &Trust::Unsigned), Ok(()));
    assert_eq!(judge(&Bytes::new(0), None, &Trust::Unsigned), Ok(()));
}

#[test]
fn an_ed25519_signature_holds_across_buffers() {
    let bundle = Bytes::new(2 * BUFFER + 1);
    let signature = sign(&bundle);
    assert_eq!(judge(&bundle, Some(&signature), &pinned()), Ok(()));
}

#[test]
fn a_signature_is_read_in_either_base64_padded_or_not_in_lines_or_not() {
    let bundle = Bytes::new(100);
    let bytes = key().sign(&bundle.0).to_bytes();
    let in_lines = STANDARD.encode(bytes).replace('A', "A\r\n");
    for text in [
        STANDARD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        format!(" \n{in_lines}\n"),
    ] {
        assert_eq!(judge(&bundle, Some(&text), &pinned()), Ok(()), "{text}");
    }
}

#[test]
fn any_pinned_key_will_do() {
    let bundle = Bytes::new(100);
    let other = public(&SigningKey::from_bytes(&[9; 32]));
    let keys = PinnedKeys::new([other.clone(), public(&key()), other.clone()]).unwrap();
    assert_eq!(keys.as_slice().len(), 2);
    let trust = Trust::Bundle { keys };
    assert_eq!(judge(&bundle, Some(&sign(&bundle)), &trust), Ok(()));
    let only_other = Trust::Bundle { keys: other.into() };
    assert_eq!(
        judge(&bundle, Some(&sign(&bundle)), &only_other),
        Err("signature_invalid")
    );
}

#[test]
fn ecdsa_holds_in_der_raw_and_with_the_other_s() {
    let bundle = Bytes::new(100);
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let pem = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .unwrap();
    let trust = Trust::Bundle {
        keys: PublicKey::from_pem(&pem, None).unwrap().into(),
    };
    let signature: p256::ecdsa::Signature = key.sign(&bundle.0);
    let negative = p256::ecdsa::Signature::from_scalars(signature.r(), -*signature.s()).unwrap();
    for signature in [signature, negative] {
        for bytes in [
            signature.to_der().as_bytes(),
            signature.to_bytes().as_slice(),
        ] {
            let text = STANDARD.encode(bytes);
            assert_eq!(judge(&bundle, Some(&text), &trust), Ok(()));
            let changed = Bytes::new(101);
            assert_eq!(
                judge(&changed, Some(&text), &trust),
                Err("signature_invalid")
            );
        }
    }
}

#[test]
fn a_changed_bit_in_a_signature_is_refused() {
    let bundle = Bytes::new(100);
    for index in 0..64 {
        let mut bytes = key().sign(&bundle.0).to_bytes();
        bytes[index] ^= 1;
        let text = STANDARD.encode(bytes);
        assert_eq!(
            judge(&bundle, Some(&text), &pinned()),
            Err("signature_invalid")
        );
    }
}

#[test]
fn text_that_is_no_signature_is_refused() {
    let bundle = Bytes::new(100);
    let longer = STANDARD.encode([0; 65]);
    let zeros = STANDARD.encode([0; 64]);
    for text in ["", "?", "AA", &longer, &zeros, &"A".repeat(5000)] {
        assert_eq!(
            judge(&bundle, Some(text), &pinned()),
            Err("signature_invalid"),
            "{text:.80}"
        );
    }
}

#[test]
fn a_small_order_r_is_refused_where_a_lenient_verifier_takes_it() {
    let bundle = Bytes::new(100);
    // RFC 8032, section 5.1.6 with r = 0: R is the identity and S = k * s.
    let mut r = [0; 32];
    r[0] = 1;
    let mut hash = Sha512::new();
    hash.update(r);
    hash.update(key().verifying_key().as_bytes());
    hash.update(&bundle.0);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = k * key().to_scalar();
    let signature = ed25519_dalek::Signature::from_components(r, s.to_bytes());

    assert!(key().verifying_key().verify(&bundle.0, &signature).is_ok());
    let text = STANDARD.encode(signature.to_bytes());
    assert_eq!(
        judge(&bundle, Some(&text), &pinned()),
        Err("signature_invalid")
    );
}

#[test]
fn a_non_canonical_s_is_refused() {
    // The order of the base point, RFC 8032, section 5.1.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let bundle = Bytes::new(100);
    let mut bytes = key().sign(&bundle.0).to_bytes();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    let text = STANDARD.encode(bytes);
    assert_eq!(
        judge(&bundle, Some(&text), &pinned()),
        Err("signature_invalid")
    );
}

#[test]
fn a_missing_signature_is_told_before_a_byte_is_read() {
    let error = verify_bundle(
        &Unreadable,
        1,
        &digest(b""),
        None,
        &pinned(),
        "1.2.3",
        &|| false,
    )
    .unwrap_err();
    assert_eq!(error.code(), "signature_missing");
    assert!(error.to_string().contains("1.2.3"));
    assert!(pinned().requires_signature() && !Trust::Unsigned.requires_signature());
}

#[test]
fn the_checksum_is_judged_before_the_signature() {
    let bundle = Bytes::new(100);
    for signature in ["?", &sign(&Bytes::new(99))] {
        let error = verify_bundle(
            &bundle,
            100,
            &digest(b"other bytes"),
            Some(signature),
            &pinned(),
            "1.2.3",
            &|| false,
        )
        .unwrap_err();
        assert_eq!(error.code(), "checksum_mismatch");
        assert!(!error.condemns_bytes());
    }
}

#[test]
fn bytes_too_many_or_missing_are_refused() {
    let bundle = Bytes::new(100);
    for len in [0, 99, 101, u64::MAX] {
        let error = verify_bundle(
            &bundle,
            len,
            &digest(&bundle.0),
            None,
            &Trust::Unsigned,
            "1.2.3",
            &|| false,
        )
        .unwrap_err();
        assert_eq!(error.code(), "size_mismatch", "{len}");
    }
}

#[test]
fn an_unreadable_bundle_is_no_verdict() {
    let error = verify_bundle(
        &Unreadable,
        1,
        &digest(b""),
        None,
        &Trust::Unsigned,
        "1.2.3",
        &|| false,
    )
    .unwrap_err();
    assert_eq!(error.code(), "storage");
}

#[test]
fn cancelling_ends_it_between_buffers() {
    let bundle = Bytes::new(4 * BUFFER);
    let asked = Cell::new(0);
    let error = verify_bundle(
        &bundle,
        bundle.0.len() as u64,
        &digest(&bundle.0),
        None,
        &Trust::Unsigned,
        "1.2.3",
        &|| asked.replace(asked.get() + 1) == 2,
    )
    .unwrap_err();
    assert_eq!((error.code(), asked.get()), ("cancelled", 3));
}

fn judge(bundle: &Bytes, signature: Option<&str>, trust: &Trust) -> Result<(), &'static str> {
    verify_bundle(
        bundle,
        bundle.0.len() as u64,
        &digest(&bundle.0),
        signature,
        trust,
        "1.2.3",
        &|| false,
    )
    .map_err(|error| error.code())
}

fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(bytes).into())
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn sign(bundle: &Bytes) -> String {
    STANDARD.encode(key().sign(&bundle.0).to_bytes())
}

fn public(key: &SigningKey) -> PublicKey {
    let pem = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .unwrap();
    PublicKey::from_pem(&pem, None).unwrap()
}

fn pinned() -> Trust {
    Trust::Bundle {
        keys: public(&key()).into(),
    }
}

/// Gives less than a whole buffer at a time, as a file may.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn new(len: usize) -> Self {
        Self((0..len).map(|index| (index % 251) as u8).collect())
    }
}

impl ReadAt for Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = &self.0[usize::try_from(offset).unwrap().min(self.0.len())..];
        let count = rest.len().min(buffer.len()).min(BUFFER - 1);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

#[derive(Debug)]
struct Unreadable;

impl ReadAt for Unreadable {
    fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Err(io::Error::other("the medium is gone"))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(1)
    }
}
