//! What an app asks of a bundle before it takes it.

use sha2::{Digest, Sha256};

use super::key::PublicKey;
use crate::digest::Sha256Digest;

/// What has to hold for a bundle besides its checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Nothing: whoever controls the update server controls the app.
    Unsigned,
    /// A signature over the bundle's bytes by one of the keys that the app was built with.
    Bundle {
        /// The keys.
        keys: PinnedKeys,
    },
    /// A release statement that enough of the keys that the app was built with have signed. It
    /// names the bundle's checksum, so the bundle itself has no signature.
    Statement {
        /// The keys.
        keys: PinnedKeys,
        /// How many different ones of them have to sign.
        threshold: usize,
    },
}

impl Trust {
    /// Whether a release without a signature over its bundle is refused. Worth asking before
    /// anything is fetched.
    pub fn requires_signature(&self) -> bool {
        match self {
            Self::Unsigned | Self::Statement { .. } => false,
            Self::Bundle { .. } => true,
        }
    }

    /// Names the set of pinned keys; nothing where there are none.
    pub(crate) fn keys_digest(&self) -> Option<Sha256Digest> {
        let (Self::Bundle { keys } | Self::Statement { keys, .. }) = self else {
            return None;
        };
        let mut ids: Vec<_> = keys.as_slice().iter().map(PublicKey::key_id).collect();
        ids.sort_unstable();
        Some(Sha256Digest::new(Sha256::digest(ids.concat()).into()))
    }
}

/// One or more keys, each of them once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKeys(Vec<PublicKey>);

impl PinnedKeys {
    /// Pins `keys`; `None` where there are none. Repeated keys count once.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Option<Self> {
        let mut distinct = Vec::new();
        for key in keys {
            if !distinct.contains(&key) {
                distinct.push(key);
            }
        }
        (!distinct.is_empty()).then_some(Self(distinct))
    }

    /// Those that `revoked` doesn't name; all of them where fewer than `least` would be left.
    pub(crate) fn without(&self, revoked: &[String], least: usize) -> Self {
        let is_left = |key: &&PublicKey| !revoked.iter().any(|id| id == key.key_id());
        let left: Vec<_> = self.0.iter().filter(is_left).cloned().collect();
        if left.len() < least {
            return self.clone();
        }
        Self(left)
    }

    /// Whether one of the keys has this id, in any case.
    pub(crate) fn has(&self, key_id: &str) -> bool {
        self.0
            .iter()
            .any(|key| key.key_id().eq_ignore_ascii_case(key_id))
    }

    /// The keys, in the order in which they were given.
    pub fn as_slice(&self) -> &[PublicKey] {
        &self.0
    }
}

impl From<PublicKey> for PinnedKeys {
    fn from(key: PublicKey) -> Self {
        Self(vec![key])
    }
}
