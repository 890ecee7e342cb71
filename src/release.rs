//! What a source offers.

use semver::Version;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

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
        }
    }

    /// Names the zip together with its signature: what is remembered of bytes that were refused
    /// for good. The same bytes with another signature get their chance.
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
        Sha256Digest::new(hasher.finalize().into())
    }
}
