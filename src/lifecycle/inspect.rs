//! Looks at the files of a bundle, as much as the moment allows.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::archive::FileList;
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::store::bundles::BundleFolder;
use crate::store::state::BundleRecord;
use crate::store::storage::Storage;

use super::launch::{Inspect, Inspection};

/// How long a launch may hash before it gives the fallback.
const LAUNCH_BUDGET: Duration = Duration::from_millis(300);
/// Where nobody knows whether the device was booted again, files that a launch had no time for and
/// that were hashed after it are good for the next launch, and for no other.
pub(super) const HASHED_FOR_ONE_LAUNCH: &str = "one launch";
/// More than any real file list.
const LIST_LIMIT: u64 = 64 * 1024 * 1024;

/// Looks at files within the time that a launch has.
#[derive(Debug)]
pub(crate) struct LaunchInspector<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) boot_id: Option<&'a str>,
    /// Whether there is no hurry.
    pub(crate) is_patient: bool,
}

impl Inspect for LaunchInspector<'_> {
    fn is_whole(&mut self, record: &BundleRecord) -> Result<bool, Error> {
        BundleFolder::installed(&record.id).is_whole(self.storage)
    }

    fn inspect_trial(&mut self, record: &BundleRecord) -> Inspection {
        let folder = BundleFolder::installed(&record.id);
        // A file system that fails says nothing about the bundle.
        self.look_at_files(record, &folder)
            .unwrap_or(Inspection::Unfinished)
    }
}

impl LaunchInspector<'_> {
    fn look_at_files(
        &self,
        record: &BundleRecord,
        folder: &BundleFolder,
    ) -> Result<Inspection, Error> {
        if !folder.is_whole(self.storage)? {
            return Ok(Inspection::Damaged);
        }
        let Some(list) = file_list(self.storage, folder)? else {
            return Ok(Inspection::Damaged);
        };
        let www = folder.www();
        if !list.check_sizes(self.storage, &www)?.is_empty() {
            return Ok(Inspection::Damaged);
        }
        let boot = self.boot_id.map(str::to_owned);
        if record.hashed_boot.as_deref() == Some(self.boot_id.unwrap_or(HASHED_FOR_ONE_LAUNCH)) {
            return Ok(Inspection::Whole { hashed_boot: boot });
        }
        let started = Instant::now();
        let is_over = || !self.is_patient && started.elapsed() >= LAUNCH_BUDGET;
        let outcome = list.check_hashes(self.storage, &www, all_cores(), &is_over)?;
        Ok(if !outcome.damaged.is_empty() {
            Inspection::Damaged
        } else if outcome.complete {
            Inspection::Whole { hashed_boot: boot }
        } else {
            Inspection::Unfinished
        })
    }
}

/// Hashes every file of a bundle; gives the paths that are not what was installed.
///
/// # Errors
///
/// `storage` where the file system fails, which says nothing about the bundle; `cancelled`.
pub(crate) fn hash_all(
    storage: &dyn Storage,
    record: &BundleRecord,
    threads: usize,
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, Error> {
    let folder = BundleFolder::installed(&record.id);
    let Some(list) = file_list(storage, &folder)? else {
        return Ok(vec!["files".to_owned()]);
    };
    let outcome = list.check_hashes(storage, &folder.www(), threads, is_cancelled)?;
    if outcome.complete || !outcome.damaged.is_empty() {
        Ok(outcome.damaged)
    } else {
        Err(Error::Cancelled)
    }
}

/// Whether the list of a bundle's files has this digest.
///
/// # Errors
///
/// `storage` where the file system fails.
pub(crate) fn lists(
    storage: &dyn Storage,
    record: &BundleRecord,
    files_sha256: &Sha256Digest,
) -> Result<bool, Error> {
    let list = file_list(storage, &BundleFolder::installed(&record.id))?;
    Ok(list.is_some_and(|list| list.sha256() == *files_sha256))
}

pub(crate) fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The list of a bundle's files; nothing where it is missing or damaged.
fn file_list(storage: &dyn Storage, folder: &BundleFolder) -> Result<Option<FileList>, Error> {
    let path = folder.file_list();
    match storage.read(&path, LIST_LIMIT) {
        Ok(bytes) => Ok(FileList::decode(&bytes).ok()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            Ok(None)
        }
        Err(error) => Err(Error::storage("read", &path, error)),
    }
}
