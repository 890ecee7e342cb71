//! What a source offers.

use semver::Version;
use url::Url;

use crate::digest::Sha256Digest;

/// One version of the web files, as a source offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// The bundle's version.
    pub version: Version,
    /// Where the zip is; further places to try follow the first.
    pub urls: Vec<Url>,
    /// SHA-256 of the zip.
    pub checksum: Sha256Digest,
    /// Bytes of the zip, where the source tells.
    pub size: Option<u64>,
    /// Base64 of a signature over the zip's bytes.
    pub signature: Option<String>,
    /// Whether the source asks for the update to be applied soon. The host decides.
    pub mandatory: bool,
    /// What is new, for people.
    pub release_notes: Option<String>,
    /// The lowest native version that the bundle runs on.
    pub min_app_version: Option<String>,
    /// The highest native version that the bundle runs on.
    pub max_app_version: Option<String>,
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
        }
    }
}
