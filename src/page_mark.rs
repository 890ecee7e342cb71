//! The mark that a page's script leaves in the web view, so that the next start knows whose page
//! was there last.
//!
//! A page can write whatever it likes into the web view's storage. A mark that could be guessed, or
//! that was right once before, would let a bundle keep its service worker when another one takes
//! its place. So the marks are made of a secret that changes with each activation.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bundle::Bundle;
use crate::digest::Sha256Digest;

/// Of what the marks of one activation are made. It is kept on the disk, and shown to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PageSecret(String);

impl PageSecret {
    /// A new one: 128 random bits.
    pub(crate) fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// The mark of a bundle's pages: 64 lower-case hex digits.
    pub(crate) fn mark(&self, bundle: &Bundle) -> String {
        // Ids and versions hold no line breaks, so no two of them come to the same text.
        let text = format!("{}\n{}\n{}", self.0, bundle.id, bundle.version);
        Sha256Digest::new(Sha256::digest(text).into()).to_string()
    }
}

impl fmt::Debug for PageSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;

    #[test]
    fn a_mark_is_of_one_secret_and_of_one_bundle() {
        let secret = PageSecret::random();
        let one = Bundle::builtin(&Version::new(1, 0, 0));
        let two = Bundle::builtin(&Version::new(2, 0, 0));
        assert_eq!(secret.mark(&one), secret.clone().mark(&one));
        assert_ne!(secret.mark(&one), secret.mark(&two));
        assert_ne!(secret.mark(&one), PageSecret::random().mark(&one));
    }

    #[test]
    fn a_mark_is_a_digest_that_others_can_compute_from_the_secret() {
        let secret = PageSecret("00112233445566778899aabbccddeeff".to_owned());
        let mark = secret.mark(&Bundle::builtin(&Version::new(1, 0, 0)));
        assert_eq!(
            mark,
            "0fd6fefb7f3d4caefcc0c8982f0dea32d0cf9cf66d11f9fa74f4d8745913b4e7"
        );
    }

    #[test]
    fn the_secret_is_in_no_debug_output() {
        let secret = PageSecret::random();
        assert!(!format!("{secret:?}").contains(&secret.0));
    }
}
