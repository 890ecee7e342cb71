//! What a server that speaks Capgo's protocol sends.

use serde_json::Value;

use crate::error::Error;
use crate::release;
use crate::source::{Answer, Offer, capgo};
use crate::verify::{CapgoKey, PublicKey};

/// An answer to a check, to a device with a key and to one without: a release within its bounds, or a
/// refusal. With the key, no release comes of what wasn't wrapped with it.
pub fn capgo_answer(bytes: &[u8]) {
    let url = "https://updates.example.com/updates"
        .parse()
        .expect("a URL");
    for key in [None, Some(key())] {
        match capgo::parse(bytes, &url, key.as_ref()) {
            Ok(Answer::Offer(Offer::Release(release))) => {
                assert!(release.version.to_string().len() <= release::MAX_VERSION_LEN);
                assert_eq!(release.session.is_some(), key.is_some());
            }
            Ok(_) => {}
            Err(error) => assert_refused(&error),
        }
    }
}

/// A checksum or a session key: what the key hasn't wrapped is refused.
pub fn capgo_wrapping(text: &str) {
    let key = key();
    if let Err(error) = key.checksum(text) {
        assert_eq!(error.code(), "signature_invalid");
    }
    if let Err(error) = key.session(text) {
        assert_eq!(error.code(), "signature_invalid");
    }
}

fn assert_refused(error: &Error) {
    let code = error.code();
    let is_refusal = ["protocol", "signature_missing", "signature_invalid"].contains(&code);
    assert!(is_refusal, "{code}: {error}");
    // What a server says is passed on in a line, and not without end.
    let text = error.to_string();
    assert!(text.len() < 10_000 && !text.contains('\n'), "{text:?}");
}

fn key() -> CapgoKey {
    let vectors: Value =
        serde_json::from_str(include_str!("../verify/capgo/vectors.json")).expect("JSON");
    let pem = vectors["publicKey"].as_str().expect("a key");
    CapgoKey::new(PublicKey::from_pem(pem, None).expect("a key")).expect("RSA")
}
