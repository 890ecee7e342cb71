//! The zip that is published.

use std::fs;
use std::path::{Path, PathBuf};

use live_updater::{Limits, Sha256Digest, Trust, list_bundle, verify_file};
use live_updater_signing::Signer;
use tempfile::TempDir;

use crate::bundle::{Tree, survey_zip};
use crate::output::{Failure, Output, Warning};
use crate::pack;
use crate::sign::signature_file;

/// A bundle that devices would unpack.
pub(super) struct Prepared {
    pub(super) zip: PathBuf,
    /// Bytes of the zip.
    pub(super) size: u64,
    pub(super) sha256: Sha256Digest,
    pub(super) files: usize,
    pub(super) unpacked_size: u64,
    pub(super) signature: Option<String>,
    /// Who signed it here.
    pub(super) key_id: Option<String>,
    pub(super) warnings: Vec<Warning>,
    /// Where the zip of a folder is until it has been sent.
    _scratch: Option<TempDir>,
}

impl Prepared {
    /// Packs a folder, or takes a zip as it is.
    pub(super) fn of(
        source: &Path,
        signer: Option<&Signer>,
        output: &Output,
    ) -> Result<Self, Failure> {
        let metadata = source
            .metadata()
            .map_err(|error| Failure::unreadable(source, &error))?;
        let (zip, survey, scratch) = if metadata.is_dir() {
            let scratch = TempDir::new()
                .map_err(|error| Failure::unwritable(&std::env::temp_dir(), &error))?;
            let zip = scratch.path().join("bundle.zip");
            let survey = pack::write(&Tree::read(source)?, &zip, output)?;
            (zip, survey, Some(scratch))
        } else {
            // As strictly as a device: it says better what is wrong than a lenient reader.
            list_bundle(source, &Limits::default())?;
            (source.to_owned(), survey_zip(source)?, None)
        };
        let bundle = verify_file(&zip, None, None, &Trust::Unsigned)?;
        let (signature, key_id) = match signer {
            Some(signer) => {
                let signed = signer.sign_file(&zip)?;
                (Some(signed.signature), Some(signed.key_id))
            }
            None => (signature_beside(source)?, None),
        };
        Ok(Self {
            size: bundle.size,
            sha256: bundle.sha256,
            files: survey.files().len(),
            unpacked_size: survey.unpacked_size(),
            warnings: survey.warnings(),
            signature,
            key_id,
            zip,
            _scratch: scratch,
        })
    }
}

/// What `pack --sign` or `sign` has put beside a zip.
fn signature_beside(zip: &Path) -> Result<Option<String>, Failure> {
    let path = signature_file(zip);
    if !zip.is_file() || !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))?;
    Ok(Some(text.trim().to_owned()))
}
