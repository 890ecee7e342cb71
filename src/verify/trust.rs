//! What an app asks of a bundle before it takes it.

use super::key::PublicKey;

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

    /// The ids of the pinned keys.
    pub(crate) fn key_ids(&self) -> Vec<String> {
        match self {
            Self::Unsigned => Vec::new(),
            Self::Bundle { keys } | Self::Statement { keys, .. } => {
                let ids = keys.as_slice().iter().map(PublicKey::key_id);
                ids.map(str::to_owned).collect()
            }
        }
    }
}

/// One or more keys, each of them once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKeys(Vec<PublicKey>);

impl PinnedKeys {
    /// Pins `keys`; `None` where there are none. Repeated keys count once.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Option<Self> {
        let mut distinct: Vec<PublicKey> = Vec::new();
        for key in keys {
            // One key that is pinned for two algorithms is one signer all the same.
            match distinct.iter_mut().find(|one| one.key_id() == key.key_id()) {
                Some(one) => one.accept_also(&key),
                None => distinct.push(key),
            }
        }
        (!distinct.is_empty()).then_some(Self(distinct))
    }

    /// Those that `revoked` doesn't name; all of them where fewer than `least` would be left.
    pub(crate) fn without(&self, revoked: &[String], least: usize) -> Vec<&PublicKey> {
        let is_revoked = |key: &&PublicKey| revoked.iter().any(|id| id == key.key_id());
        let mut left: Vec<_> = self.0.iter().collect();
        left.retain(|key| !is_revoked(key));
        if left.len() < least {
            left = self.0.iter().collect();
        }
        left
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
