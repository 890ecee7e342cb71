use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::store::storage::ReadAt;

/// What another implementation has made.
fn vector(name: &str) -> String {
    let vectors: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    vectors[name].as_str().unwrap().to_owned()
}

fn bytes(name: &str) -> Vec<u8> {
    unpack(&vector(name)).unwrap()
}

fn key() -> CapgoKey {
    CapgoKey::new(PublicKey::from_pem(&vector("publicKey"), None).unwrap()).unwrap()
}

fn sha256(text: &str) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(text).into())
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().code()
}

fn opened(sealed: &[u8], session: &SessionKey) -> Vec<u8> {
    let mut target = Vec::new();
    let source = Bytes(sealed.to_vec());
    decrypt(&source, sealed.len() as u64, session, &mut target, &|| {
        false
    })
    .unwrap();
    target
}

#[test]
fn what_another_implementation_has_wrapped_is_recovered() {
    let key = key();
    let checksum = key.checksum(&vector("checksum")).unwrap();
    assert_eq!(checksum, sha256(&vector("plain")));
    let session = key.session(&vector("sessionKey")).unwrap();
    let opened = opened(&bytes("encrypted"), &session);
    assert_eq!(opened, vector("plain").as_bytes());
}

#[test]
fn a_checksum_may_be_in_hex_of_either_case_or_in_base64() {
    let expected = sha256(&vector("plain"));
    let hex = vector("checksum");
    let base64 = STANDARD.encode(bytes("checksum"));
    for text in [hex.to_uppercase(), format!(" {hex}\n"), base64] {
        assert_eq!(key().checksum(&text).unwrap(), expected, "{text}");
    }
}

#[test]
fn nothing_but_a_wrapped_sha256_is_a_checksum() {
    let (hex, plain) = (vector("checksum"), sha256(&vector("plain")).to_string());
    let flipped = format!("0{}", hex.get(1..).unwrap());
    let session = vector("sessionKey");
    let wrapped_key = session.split(':').nth(1).unwrap();
    for text in [
        &plain,
        &flipped,
        wrapped_key,
        hex.get(2..).unwrap(),
        &format!("{hex}00"),
        &"0".repeat(512),
        &"f".repeat(512),
        "",
        "é",
        &"A".repeat(100_000),
        // A signature over the zip: it wraps the hash's name too.
        &vector("signatureOfTheZip"),
        &vector("wrappedCrc32"),
        &vector("wrapped33Bytes"),
        &vector("hashBehindBytesOfAChoice"),
    ] {
        assert_eq!(
            code(key().checksum(text)),
            "signature_invalid",
            "{text:.80}"
        );
    }
}

#[test]
fn nothing_but_an_iv_and_a_wrapped_key_is_a_session_key() {
    let session = vector("sessionKey");
    let (iv, wrapped) = session.split_once(':').unwrap();
    let checksum = STANDARD.encode(bytes("checksum"));
    for text in [
        "",
        ":",
        iv,
        wrapped,
        &format!("{iv}:"),
        &format!(":{wrapped}"),
        &format!("{iv}:{iv}"),
        &format!("{iv}:{checksum}"),
        &format!("{iv}A:{wrapped}"),
        &format!("{iv}:{wrapped}:{wrapped}"),
        &format!("{wrapped}:{wrapped}"),
    ] {
        assert_eq!(code(key().session(text)), "signature_invalid", "{text:.80}");
    }
}

#[test]
fn the_key_has_capgos_name_and_is_rsa_of_2048_bits() {
    let pem = vector("publicKey");
    let body: String = pem.lines().skip(1).take(1).collect();
    assert_eq!(key().short_id(), body.get(..20).unwrap());
    let other = crate::verify::statement::testing::pem(1);
    let other = PublicKey::from_pem(&other, None).unwrap();
    assert_eq!(CapgoKey::new(other), None);
}

#[test]
fn what_is_no_padding_stays_and_so_does_what_is_no_block() {
    let session = SessionKey::new([7; 16], [9; 16]);
    // Not made by this key: what comes out is noise, as long as what went in.
    for len in [0, 1, 15, 16, 17, 160] {
        let opened = opened(&vec![1; len], &session);
        assert!(opened.len() + 16 >= len && opened.len() <= len, "{len}");
        assert_eq!(
            opened.get(len / 16 * 16..).unwrap_or_default(),
            vec![1; len % 16]
        );
    }
}

#[test]
fn decryption_ends_when_it_is_cancelled() {
    let session = SessionKey::new([7; 16], [9; 16]);
    let source = Bytes(vec![0; 1 << 20]);
    let mut target = Vec::new();
    let asked = AtomicUsize::new(0);
    let result = decrypt(&source, 1 << 20, &session, &mut target, &|| {
        asked.fetch_add(1, Ordering::Relaxed) == 1
    });
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::Interrupted);
    assert_eq!(target.len(), 256 * 1024);
}

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl ReadAt for Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        // Short reads, as files may give them.
        let count = rest.len().min(buffer.len()).min(1000);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
