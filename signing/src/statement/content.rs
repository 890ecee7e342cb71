//! What a statement says about its bundle.

use std::path::Path;

use live_updater::{Limits, Sha256Digest, StatementBundle, Trust, list_bundle, verify_file};
use serde::Serialize;

use crate::error::SigningError;
use crate::warning::Warning;

/// The bytes of a zip, and of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleContent {
    /// Bytes of the zip.
    pub size: u64,
    /// SHA-256 of the zip.
    pub sha256: Sha256Digest,
    /// SHA-256 of the list of files, as `sha256sum` writes it.
    pub files_sha256: Sha256Digest,
    /// Bytes of all files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked_size: Option<u64>,
}

impl BundleContent {
    /// Reads a zip whole, as strictly as devices do, but for limits that they may have.
    ///
    /// # Errors
    ///
    /// `storage` where the file can't be read; `invalid_archive`, `unsafe_path`, `archive_limit`
    /// or `missing_index` where no device would take it.
    pub fn read(zip: &Path) -> Result<Self, SigningError> {
        // What the app's devices allow isn't known here; `live-updater pack` warns of the defaults.
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

    /// Fails where `zip` isn't the bundle that this is about, as devices do; tells what may not
    /// be meant.
    ///
    /// # Errors
    ///
    /// `size_mismatch` or `checksum_mismatch`, and those of [`read`](Self::read).
    pub fn must_be(&self, zip: &Path) -> Result<Option<Warning>, SigningError> {
        let found = Self::read(zip)?;
        let fields = [
            ("size", self.size.to_string(), found.size.to_string()),
            ("sha256", self.sha256.to_string(), found.sha256.to_string()),
            (
                "filesSha256",
                self.files_sha256.to_string(),
                found.files_sha256.to_string(),
            ),
        ];
        if let Some((name, stated, found)) =
            fields.iter().find(|(_, stated, found)| stated != found)
        {
            return Err(other_bundle(zip, name, found, stated));
        }
        let (Some(stated), Some(found)) = (self.unpacked_size, found.unpacked_size) else {
            return Ok(None);
        };
        // It is the most that devices unpack.
        if stated < found {
            let (stated, found) = (stated.to_string(), found.to_string());
            return Err(other_bundle(zip, "unpackedSize", &found, &stated));
        }
        Ok((stated > found).then(|| Warning::UnpackedSize {
            zip: zip.to_owned(),
            stated,
            found,
        }))
    }
}

impl From<StatementBundle> for BundleContent {
    fn from(bundle: StatementBundle) -> Self {
        Self {
            size: bundle.size,
            sha256: bundle.sha256,
            files_sha256: bundle.files_sha256,
            unpacked_size: bundle.unpacked_size,
        }
    }
}

fn other_bundle(zip: &Path, field: &'static str, found: &str, stated: &str) -> SigningError {
    SigningError::OtherBundle {
        zip: zip.to_owned(),
        field,
        found: found.to_owned(),
        stated: stated.to_owned(),
    }
}
