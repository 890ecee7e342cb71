//! What a statement says about its bundle.

use std::path::Path;

use live_updater::{Limits, Sha256Digest, Trust, list_bundle, verify_file};
use serde::{Deserialize, Serialize};

use crate::output::Failure;

/// The bytes of a zip, and of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BundleContent {
    /// Bytes of the zip.
    pub(crate) size: u64,
    pub(crate) sha256: Sha256Digest,
    /// SHA-256 of the list of files, as `sha256sum` writes it.
    pub(crate) files_sha256: Sha256Digest,
    /// Bytes of all files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unpacked_size: Option<u64>,
}

impl BundleContent {
    /// Reads a zip whole, as strictly as devices do.
    pub(crate) fn read(zip: &Path) -> Result<Self, Failure> {
        // What the developer's devices allow isn't known here; `pack` warns of the defaults.
        let mut limits = Limits::default();
        limits.max_files = u32::MAX;
        limits.max_unpacked_bytes = u64::MAX;
        limits.skips_macos_files = false;
        let bundle = verify_file(zip, None, None, &Trust::Unsigned)?;
        let files = list_bundle(zip, &limits)?;
        Ok(Self {
            size: bundle.size,
            sha256: bundle.sha256,
            files_sha256: files.sha256(),
            unpacked_size: Some(files.total_size()),
        })
    }

    /// Fails where `zip` isn't the bundle that this is about.
    pub(crate) fn must_be(&self, zip: &Path) -> Result<(), Failure> {
        let found = Self::read(zip)?;
        let unpacked = self.unpacked_size.or(found.unpacked_size);
        let fields = [
            ("size", self.size.to_string(), found.size.to_string()),
            ("sha256", self.sha256.to_string(), found.sha256.to_string()),
            (
                "filesSha256",
                self.files_sha256.to_string(),
                found.files_sha256.to_string(),
            ),
            (
                "unpackedSize",
                unpacked.unwrap_or_default().to_string(),
                found.unpacked_size.unwrap_or_default().to_string(),
            ),
        ];
        match fields.iter().find(|(_, stated, found)| stated != found) {
            None => Ok(()),
            Some((name, stated, found)) => Err(Failure::new(
                if *name == "size" {
                    "size_mismatch"
                } else {
                    "checksum_mismatch"
                },
                format!(
                    "{} is not the bundle of this statement: {name} is {found}, and {stated} was stated",
                    zip.display()
                ),
            )),
        }
    }
}
