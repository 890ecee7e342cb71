//! Deletes what nothing names any more: named away first, deleted later.

use std::collections::HashSet;
use std::path::Path;

use super::bundles::{BUNDLES, STAGING, TRASH, installed, names};
use super::storage::Storage;
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
