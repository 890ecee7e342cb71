//! Makes a verified zip a bundle: unpacked, on the disk for good, and only then under its name.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::bundles::{BUNDLES, BundleDescription, BundleFolder};
use super::storage::{ReadAt, Storage};
use crate::archive::{self, Archive, FileList, FileSource as _, Limits};
use crate::bundle::BundleId;
use crate::digest::Sha256Digest;
use crate::error::Error;

/// A bundle that is to be installed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Installation<'a> {
    pub(crate) id: &'a BundleId,
    pub(crate) limits: &'a Limits,
    pub(crate) description: &'a BundleDescription,
    /// SHA-256 of the list of its files, where that was promised.
    pub(crate) files_sha256: Option<Sha256Digest>,
}

/// Unpacks `zip` into `staging/`, makes it durable and renames it to `bundles/<id>`.
///
/// When this returns, the bundle stands synced under its final name, and no state names it yet.
///
/// # Errors
///
/// What the archive is refused for, `checksum_mismatch` where it doesn't hold the files that were
/// promised, `insufficient_storage`, `storage` or `cancelled`. Nothing of the bundle is left then.
pub(crate) fn install(
    storage: &dyn Storage,
    zip: Arc<dyn ReadAt>,
    installation: &Installation<'_>,
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(), Error> {
    let staged = BundleFolder::staged(installation.id);
    let result = Archive::open(zip, installation.limits)
        .and_then(|archive| stage(storage, &archive, &staged, installation, is_cancelled))
        .and_then(|()| publish(storage, &staged, installation.id));
    if result.is_err() {
        // A leftover is swept at the next start; the error that led here matters more.
        let _ = storage.remove_dir_all(staged.path());
    }
    result
}

/// Space that no bundle may take: the system, the state and other apps need some too.
const SPARE: u64 = 1024 * 1024;
/// What a file costs beyond its bytes, at most: half a block, an inode, a directory entry.
const FILE_OVERHEAD: u64 = 4096;

fn stage(
    storage: &dyn Storage,
    archive: &Archive,
    staged: &BundleFolder,
    installation: &Installation<'_>,
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(), Error> {
    let needed = archive
        .unpacked_size()
        .saturating_add(FILE_OVERHEAD * archive.files().len() as u64)
        .saturating_add(SPARE);
    if let Ok(available) = storage.free_space()
        && available < needed
    {
        return Err(Error::InsufficientStorage { needed, available });
    }
    let www = staged.www();
    storage
        .create_dir_all(&www)
        .map_err(|error| Error::storage("create", &www, error))?;
    let files = archive::unpack(archive, storage, &www, &|_| {
        if is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    check_files(&files, installation.files_sha256)?;
    write(storage, &staged.file_list(), files.encode().as_bytes())?;
    let description = serde_json::to_vec(installation.description)
        .map_err(|error| Error::storage("write", &staged.description(), error.into()))?;
    write(storage, &staged.description(), &description)?;
    storage
        .sync_tree(staged.path())
        .map_err(|error| Error::storage("sync", staged.path(), error))
}

/// A file too many, missing or changed makes another list.
fn check_files(files: &FileList, expected: Option<Sha256Digest>) -> Result<(), Error> {
    match expected.map(|expected| (expected, files.sha256())) {
        Some((expected, found)) if expected != found => Err(Error::FilesMismatch {
            expected: expected.to_string(),
            found: found.to_string(),
        }),
        _ => Ok(()),
    }
}

fn publish(storage: &dyn Storage, staged: &BundleFolder, id: &BundleId) -> Result<(), Error> {
    let installed = BundleFolder::installed(id);
    let bundles = Path::new(BUNDLES);
    storage
        .create_dir_all(bundles)
        .and_then(|()| storage.sync_dir(Path::new("")))
        .map_err(|error| Error::storage("create", bundles, error))?;
    storage
        .rename(staged.path(), installed.path())
        .map_err(|error| Error::storage("rename", staged.path(), error))?;
    storage
        .sync_dir(bundles)
        .map_err(|error| Error::storage("sync", bundles, error))
}

fn write(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    storage
        .create(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.flush()
        })
        .map_err(|error| Error::storage("write", path, error))
}
