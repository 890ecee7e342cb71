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
}

impl Trust {
    /// Whether a release without a signature over its bundle is refused. Worth asking before
    /// anything is fetched.
    pub fn requires_signature(&self) -> bool {
        match self {
            Self::Unsigned => false,
            Self::Bundle { .. } => true,
        }
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
