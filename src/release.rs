//! What a source offers.

use std::fmt;

use semver::Version;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::{Origin, Url};

use crate::digest::Sha256Digest;

/// The longest version that is taken, in bytes. Versions are kept in the state and sent along with
/// requests; one without an end would end both.
pub(crate) const MAX_VERSION_LEN: usize = 200;

/// One version of the web files, as a source offers it.
///
/// Written as JSON, it leaves out what only serves to fetch and verify it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Release {
    /// The bundle's version.
    pub version: Version,
    /// Where the zip is; further places to try follow the first.
    #[serde(skip)]
    pub urls: Vec<Url>,
    /// SHA-256 of the zip.
    #[serde(skip)]
    pub checksum: Sha256Digest,
    /// Bytes of the zip, where the source tells.
    pub size: Option<u64>,
    /// Base64 of a signature over the zip's bytes.
    #[serde(skip)]
    pub signature: Option<String>,
    /// Whether the source asks for the update to be applied soon. The host decides.
    pub mandatory: bool,
    /// What is new, for people.
    pub release_notes: Option<String>,
    /// The lowest native version that the bundle runs on.
    pub min_app_version: Option<String>,
    /// The highest native version that the bundle runs on.
    pub max_app_version: Option<String>,
    /// Its place among the releases. Statements have one; the other sources don't.
    pub sequence: Option<u64>,
    /// What else its statement tells, where it has one.
    #[serde(skip)]
    pub(crate) stated: Option<Stated>,
    /// The only origin that the zip may come from, redirects included; `None` is any.
    #[serde(skip)]
    pub(crate) only_origin: Option<Origin>,
    /// What opens the zip, where it comes encrypted. Checksum and signature are those of the zip
    /// inside; `size` is that of what comes.
    #[serde(skip)]
    pub(crate) session: Option<SessionKey>,
}

/// An AES-128 key and the IV that goes with it. Neither shows in logs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionKey {
    key: [u8; 16],
    iv: [u8; 16],
}

#[cfg(feature = "capgo")]
impl SessionKey {
    pub(crate) fn new(key: [u8; 16], iv: [u8; 16]) -> Self {
        Self { key, iv }
    }

    pub(crate) fn key(&self) -> &[u8; 16] {
        &self.key
    }

    pub(crate) fn iv(&self) -> &[u8; 16] {
        &self.iv
    }
}

impl SessionKey {
    /// Tells session keys apart, and nothing of what they are.
    pub(crate) fn fingerprint(&self) -> Sha256Digest {
        let mut hasher = Sha256::new();
        hasher.update(self.key);
        hasher.update(self.iv);
        Sha256Digest::new(hasher.finalize().into())
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// What only a release statement tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    /// SHA-256 of the list of the bundle's files.
    pub(crate) files_sha256: Sha256Digest,
    /// Bytes of all files together.
    pub(crate) unpacked_size: Option<u64>,
    /// Whether the statement comes after another that this device has seen: it replaces what that
    /// one named, whatever the versions say.
    pub(crate) is_higher: bool,
}

impl Release {
    /// A release of `version` at `url` whose zip has this `checksum`; the rest is empty.
    pub fn new(version: Version, url: Url, checksum: Sha256Digest) -> Self {
        Self {
            version,
            urls: vec![url],
            checksum,
            size: None,
            signature: None,
            mandatory: false,
            release_notes: None,
            min_app_version: None,
            max_app_version: None,
            sequence: None,
            stated: None,
            only_origin: None,
            session: None,
        }
    }

    /// Whether a release statement says that this comes after what was offered before.
    pub(crate) fn is_higher(&self) -> bool {
        self.stated.is_some_and(|stated| stated.is_higher)
    }

    /// Names the zip together with its signature, or with the files that it has to have: what is
    /// remembered of bytes that were refused for good. The same bytes with another signature, or
    /// in another statement that corrects the files, get their chance.
    pub(crate) fn refusal_key(&self) -> Sha256Digest {
        let mut hasher = Sha256::new();
        hasher.update(self.checksum.as_bytes());
        hasher.update(
            self.signature
                .as_deref()
                .unwrap_or_default()
                .trim()
                .as_bytes(),
        );
        if let Some(stated) = &self.stated {
            hasher.update(stated.files_sha256.as_bytes());
            hasher.update(stated.unpacked_size.unwrap_or_default().to_le_bytes());
        }
        Sha256Digest::new(hasher.finalize().into())
    }
}
