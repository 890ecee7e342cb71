//! Deletes what nothing names any more: named away first, deleted later.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use super::bundles::{BUNDLES, DOWNLOADS, STAGING, TRASH, installed, names};
use super::storage::{FileKind, Storage};
use crate::bundle::BundleId;
use crate::error::Error;

/// Moves the folders of bundles that `keep` doesn't name out of the way.
///
/// The state must have stopped naming them before, durably.
pub(crate) fn discard_bundles(
    storage: &dyn Storage,
    keep: &HashSet<BundleId>,
) -> Result<(), Error> {
    for id in installed(storage)? {
        if !keep.contains(&id) {
            discard(storage, &Path::new(BUNDLES).join(id.as_str()))?;
        }
    }
    Ok(())
}

/// Moves what earlier processes left in `staging/` out of the way; `busy` is at work in there.
pub(crate) fn discard_staging(
    storage: &dyn Storage,
    busy: &HashSet<BundleId>,
) -> Result<(), Error> {
    for name in names(storage, Path::new(STAGING))? {
        if !busy.iter().any(|id| id.as_str() == name) {
            discard(storage, &Path::new(STAGING).join(name))?;
        }
    }
    Ok(())
}

/// Deletes what stands where a folder belongs and is none: nothing could be installed, ever. Where
/// that fails, whoever needs the folder tells.
pub(crate) fn clear_folders(storage: &dyn Storage) {
    for name in [BUNDLES, DOWNLOADS, STAGING, TRASH] {
        let path = Path::new(name);
        let is_other = storage
            .metadata(path)
            .is_ok_and(|metadata| metadata.kind != FileKind::Directory);
        if is_other && !leads_to_a_folder(storage, path) {
            tracing::warn!(name, "it was no folder: deleted");
            let _ = storage.remove_file(path);
        }
    }
}

/// Whether a link may lead to one; it may where nobody can tell.
fn leads_to_a_folder(storage: &dyn Storage, path: &Path) -> bool {
    let list = storage.list(path).map_err(|error| error.kind());
    !matches!(list, Err(ErrorKind::NotADirectory | ErrorKind::NotFound))
}

/// Deletes what was moved out of the way. It may take a while.
pub(crate) fn empty_trash(storage: &dyn Storage) -> Result<(), Error> {
    for name in names(storage, Path::new(TRASH))? {
        let path = Path::new(TRASH).join(name);
        storage
            .remove_dir_all(&path)
            .or_else(|_| storage.remove_file(&path))
            .map_err(|error| Error::storage("delete", &path, error))?;
    }
    Ok(())
}

fn discard(storage: &dyn Storage, path: &Path) -> Result<(), Error> {
    let target = Path::new(TRASH).join(BundleId::random().as_str());
    storage
        .create_dir_all(Path::new(TRASH))
        .and_then(|()| storage.rename(path, &target))
        .map_err(|error| Error::storage("discard", path, error))
}
