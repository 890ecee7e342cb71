//! Writes the files of a bundle.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::entry_reader::reader_error;
use super::fields::invalid_entry;
use super::file_list::{FileList, ListedFile};
use super::parallel::{Shares, all_cores, share};
use super::path::BundlePath;
use super::sorted;
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::store::storage::Storage;

const BUFFER_LEN: usize = 64 * 1024;

/// Something that has all files of a bundle: an archive, or whatever a bundle is put together
/// from.
pub(crate) trait FileSource: Sync {
    /// The files, each with a path of its own on every volume.
    fn files(&self) -> &[PlannedFile];

    /// The bytes of the file at `index` in [`files`](Self::files).
    ///
    /// What the reader fails with is either an [`Error`] inside of an [`std::io::Error`], or the
    /// failure to read whatever the bytes come from.
    fn reader(&self, index: usize) -> Result<Box<dyn Read + '_>, Error>;
}

/// A file that a bundle will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedFile {
    /// Where it will be under `www/`.
    pub(crate) path: BundlePath,
    /// Bytes.
    pub(crate) size: u64,
}

/// Writes all files of `source` into the directory `destination`, on all cores, and tells what
/// was written.
///
/// `destination` is relative to the store's root. It is created, and should be empty: a file
/// that is there is overwritten, and one that isn't part of the bundle stays. Memory doesn't grow
/// with the size of the files.
///
/// `progress` gets the bytes written so far, on any thread and more than once a file;
/// [`ControlFlow::Break`] ends the work with [`Error::Cancelled`].
///
/// Nothing is made durable: that takes one [`Storage::sync_tree`] afterwards. After an error,
/// what was written until then is still there for the caller to remove.
pub(crate) fn unpack(
    source: &dyn FileSource,
    storage: &dyn Storage,
    destination: &Path,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Result<FileList, Error> {
    let files = source.files();
    create_folders(files, storage, destination)?;
    // The largest first, so that no thread is left alone with one in the end.
    let sizes = files.iter().map(|file| Reverse(file.size));
    let order = sorted(sizes.zip(0..).collect());
    let unpacking = Unpacking {
        source,
        storage,
        destination,
        progress,
        written: AtomicU64::new(0),
    };
    let listed = share(order.len(), all_cores(), |shares| {
        let mut buffer = vec![0; BUFFER_LEN];
        let mut listed = Vec::new();
        while let Some(share) = shares.take() {
            if let Some((index, file)) = order
                .get(share)
                .and_then(|(_, index)| Some((*index, files.get(*index)?)))
            {
                listed.push(unpacking.write_file(index, file, &mut buffer, shares)?);
            }
        }
        Ok(listed)
    });
    listed
        .map(|listed| FileList::sorted(listed.concat()))
        .map_err(|error| with_space(error, files, storage))
}

fn create_folders(
    files: &[PlannedFile],
    storage: &dyn Storage,
    destination: &Path,
) -> Result<(), Error> {
    let mut folders = BTreeSet::new();
    for file in files {
        let mut path = file.path.as_str();
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            path = folder;
        }
    }
    // A folder comes before those in it.
    [""].into_iter().chain(folders).try_for_each(|folder| {
        let path = destination.join(folder);
        storage
            .create_dir_all(&path)
            .map_err(|error| Error::storage("create", &path, error))
    })
}

struct Unpacking<'a> {
    source: &'a dyn FileSource,
    storage: &'a dyn Storage,
    destination: &'a Path,
    progress: &'a (dyn Fn(u64) -> ControlFlow<()> + Sync),
    written: AtomicU64,
}

impl Unpacking<'_> {
    fn write_file(
        &self,
        index: usize,
        planned: &PlannedFile,
        buffer: &mut [u8],
        shares: &Shares,
    ) -> Result<ListedFile, Error> {
        let path = self.destination.join(planned.path.as_str());
        let mut reader = self.source.reader(index)?;
        let mut file = self
            .storage
            .create(&path)
            .map_err(|error| Error::storage("create", &path, error))?;
        let mut hasher = Sha256::new();
        let mut size = 0;
        loop {
            let count = reader.read(buffer).map_err(reader_error)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            size += bytes.len() as u64;
            if size > planned.size {
                return Err(wrong_size(planned));
            }
            hasher.update(bytes);
            file.write_all(bytes)
                .map_err(|error| Error::storage("write", &path, error))?;
            self.report(bytes.len(), shares)?;
        }
        file.flush()
            .map_err(|error| Error::storage("write", &path, error))?;
        if size != planned.size {
            return Err(wrong_size(planned));
        }
        let sha256 = Sha256Digest::new(hasher.finalize().into());
        Ok(ListedFile::new(planned.path.clone(), size, sha256))
    }

    fn report(&self, count: usize, shares: &Shares) -> Result<(), Error> {
        let before = self.written.fetch_add(count as u64, Ordering::Relaxed);
        let is_cancelled = (self.progress)(before + count as u64).is_break();
        if is_cancelled || shares.stopped() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

fn wrong_size(planned: &PlannedFile) -> Error {
    invalid_entry(
        planned.path.as_str().as_bytes(),
        "it has another size than was planned",
    )
}

/// A full disk is reported with what the bundle needs.
fn with_space(error: Error, files: &[PlannedFile], storage: &dyn Storage) -> Error {
    match error {
        Error::InsufficientStorage { .. } => Error::InsufficientStorage {
            needed: files
                .iter()
                .fold(0, |sum, file| sum.saturating_add(file.size)),
            available: storage.free_space().unwrap_or_default(),
        },
        error => error,
    }
}
