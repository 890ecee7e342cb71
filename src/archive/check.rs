//! Compares what is on the disk with the list of what should be there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use icu_normalizer::ComposingNormalizerBorrowed;
use sha2::{Digest, Sha256};

use super::fields::read_at;
use super::file_list::{FileList, ListedFile};
use super::parallel::share;
use crate::error::Error;
use crate::store::storage::{FileKind, Storage};

const BUFFER_LEN: usize = 64 * 1024;

/// What hashing a bundle's files found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HashOutcome {
    /// Paths that are missing, changed, or not in the list.
    pub(crate) damaged: Vec<String>,
    /// Whether every file was looked at. What is named as damaged is so in any case.
    pub(crate) complete: bool,
}

impl FileList {
    /// Finds what is missing under `www`, has another size or another kind, or isn't in the
    /// list. It reads no file, only directories. `www` itself is named `.` where it is no
    /// directory.
    ///
    /// Fails only where the file system does, which says nothing about the bundle.
    pub(crate) fn check_sizes(
        &self,
        storage: &dyn Storage,
        www: &Path,
    ) -> Result<Vec<String>, Error> {
        Ok(self.find_wrong_sizes(storage, www)?.into_iter().collect())
    }

    /// Does all that [`check_sizes`](Self::check_sizes) does, and hashes the files on `threads`
    /// threads, until `stop` answers true.
    ///
    /// `stop` is asked after every 64 KiB, on any thread.
    pub(crate) fn check_hashes(
        &self,
        storage: &dyn Storage,
        www: &Path,
        threads: usize,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<HashOutcome, Error> {
        let mut damaged = self.find_wrong_sizes(storage, www)?;
        let left: Vec<_> = self
            .files()
            .iter()
            .filter(|file| !damaged.contains(file.path()))
            .collect();
        let outcomes = share(left.len(), threads, |shares| {
            let mut buffer = vec![0; BUFFER_LEN];
            let mut outcome = HashOutcome {
                damaged: Vec::new(),
                complete: true,
            };
            while let Some(file) = shares.take().and_then(|index| left.get(index)) {
                match check_hash(storage, www, file, &mut buffer, stop)? {
                    Verdict::Whole => {}
                    Verdict::Damaged => outcome.damaged.push(file.path().to_owned()),
                    Verdict::Stopped => {
                        outcome.complete = false;
                        break;
                    }
                }
            }
            Ok(outcome)
        })?;
        let complete = outcomes.iter().all(|outcome| outcome.complete);
        damaged.extend(outcomes.into_iter().flat_map(|outcome| outcome.damaged));
        Ok(HashOutcome {
            damaged: damaged.into_iter().collect(),
            complete,
        })
    }

    fn find_wrong_sizes(
        &self,
        storage: &dyn Storage,
        www: &Path,
    ) -> Result<BTreeSet<String>, Error> {
        let mut damaged = BTreeSet::new();
        for (folder, children) in folders(self.files()) {
            check_folder(storage, www, folder, &children, &mut damaged)?;
        }
        for file in self.files() {
            if !has_size(storage, &www.join(file.path()), file.size())? {
                damaged.insert(file.path().to_owned());
            }
        }
        Ok(damaged)
    }
}

/// Each folder's path with the names that it should hold, the root's path being empty.
fn folders(files: &[ListedFile]) -> BTreeMap<&str, HashSet<Cow<'_, str>>> {
    let mut folders = BTreeMap::from([("", HashSet::new())]);
    for file in files {
        let mut path = file.path();
        loop {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let is_known = folders.contains_key(folder);
            folders.entry(folder).or_default().insert(composed(name));
            if is_known || folder.is_empty() {
                break;
            }
            path = folder;
        }
    }
    folders
}

/// A name in the form in which names are compared here: HFS+ gives them back decomposed.
fn composed(name: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(name)
}

fn check_folder(
    storage: &dyn Storage,
    www: &Path,
    folder: &str,
    children: &HashSet<Cow<'_, str>>,
    damaged: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let path = below(www, folder);
    match found(storage.metadata(&path), "read", &path)? {
        // It shows by the files that are missing with it.
        None => return Ok(()),
        Some(metadata) if metadata.kind != FileKind::Directory => {
            damaged.insert(if folder.is_empty() { "." } else { folder }.to_owned());
            return Ok(());
        }
        Some(_) => {}
    }
    let names = found(storage.list(&path), "list", &path)?.unwrap_or_default();
    for name in names {
        if !children.contains(&composed(&name)) {
            damaged.insert(if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            });
        }
    }
    Ok(())
}

/// Without a slash at the end for `www` itself: one would follow a link there.
fn below(www: &Path, folder: &str) -> PathBuf {
    if folder.is_empty() {
        www.to_owned()
    } else {
        www.join(folder)
    }
}

fn has_size(storage: &dyn Storage, path: &Path, size: u64) -> Result<bool, Error> {
    let metadata = found(storage.metadata(path), "read", path)?;
    Ok(metadata.is_some_and(|metadata| metadata.kind == FileKind::File && metadata.len == size))
}

enum Verdict {
    Whole,
    Damaged,
    Stopped,
}

fn check_hash(
    storage: &dyn Storage,
    www: &Path,
    expected: &ListedFile,
    buffer: &mut [u8],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Verdict, Error> {
    let path = www.join(expected.path());
    let Some(file) = found(storage.open(&path), "open", &path)? else {
        return Ok(Verdict::Damaged);
    };
    let mut hasher = Sha256::new();
    let mut offset = 0;
    loop {
        if stop() {
            return Ok(Verdict::Stopped);
        }
        let count = read_at(&*file, buffer, offset)
            .map_err(|error| Error::storage("read", &path, error))?;
        let bytes = buffer.get(..count).unwrap_or_default();
        hasher.update(bytes);
        offset += count as u64;
        // A file that has grown since its size was looked at is read no further than that.
        if bytes.is_empty() || offset > expected.size() {
            break;
        }
    }
    if hasher.finalize()[..] == expected.sha256().as_bytes()[..] {
        Ok(Verdict::Whole)
    } else {
        Ok(Verdict::Damaged)
    }
}

/// `None` where there is nothing: that is damage, any other failure is the file system's.
fn found<T>(
    result: io::Result<T>,
    operation: &'static str,
    path: &Path,
) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error::storage(operation, path, error)),
    }
}
