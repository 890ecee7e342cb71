//! What an app asks of a bundle before it takes it.

#[cfg(feature = "capgo")]
use super::capgo::CapgoKey;
use super::key::PublicKey;
use crate::error::Error;
use crate::release::Release;

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
    /// Capgo's encryption: the bundle's checksum and the key that opens it were wrapped with the
    /// private half of the key that the app was built with.
    #[cfg(feature = "capgo")]
    Capgo {
        /// The key.
        key: CapgoKey,
    },
}

impl Trust {
    /// Whether a release without a signature over its bundle is refused. Worth asking before
    /// anything is fetched.
    pub fn requires_signature(&self) -> bool {
        match self {
            Self::Unsigned | Self::Statement { .. } => false,
            Self::Bundle { .. } => true,
            #[cfg(feature = "capgo")]
            Self::Capgo { .. } => false,
        }
    }

    /// Refuses a release that lacks what has to vouch for it, before anything is fetched.
    pub(crate) fn check_completeness(&self, release: &Release) -> Result<(), Error> {
        let is_complete = match self {
            Self::Unsigned => true,
            Self::Bundle { .. } => release.signature.is_some(),
            Self::Statement { .. } => release.stated.is_some(),
            #[cfg(feature = "capgo")]
            Self::Capgo { .. } => release.session.is_some(),
        };
        if is_complete {
            return Ok(());
        }
        Err(self.signature_missing(&release.version.to_string()))
    }

    /// A download of this version, as a caller has named it, lacks what has to vouch for it.
    pub(crate) fn signature_missing(&self, version: &str) -> Error {
        match self {
            Self::Statement { .. } => Error::StatementMissing {
                holder: format!("the download (version {version})"),
                what: "`release` statement",
            },
            #[cfg(feature = "capgo")]
            Self::Capgo { .. } => Error::EncryptionMissing {
                lack: format!("the download (version {version}) has no session key"),
                remedy: "call `download` without a `url`, or `sync`, for what the server offers",
            },
            _ => Error::SignatureMissing {
                version: version.to_owned(),
            },
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
            #[cfg(feature = "capgo")]
            Self::Capgo { key } => vec![key.public_key().key_id().to_owned()],
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
