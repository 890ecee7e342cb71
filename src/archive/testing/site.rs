//! A place to unpack archives in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::archive::{Archive, FileList, Limits, unpack};
use crate::error::Error;
use crate::store::disk::DiskStorage;
use crate::store::storage::ReadAt;

/// A file in memory.
#[derive(Debug)]
pub(in crate::archive) struct Memory(pub(in crate::archive) Vec<u8>);

impl ReadAt for Memory {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

pub(in crate::archive) fn open(bytes: &[u8]) -> Result<Archive, Error> {
    open_within(bytes, &Limits::default())
}

pub(in crate::archive) fn open_within(bytes: &[u8], limits: &Limits) -> Result<Archive, Error> {
    Archive::open(Arc::new(Memory(bytes.to_vec())), limits)
}

/// A store in a directory of its own.
pub(in crate::archive) struct Site {
    directory: TempDir,
    pub(in crate::archive) storage: DiskStorage,
}

impl Site {
    pub(in crate::archive) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("app/files/root");
        fs::create_dir_all(&root).unwrap();
        Self {
            storage: DiskStorage::new(root),
            directory,
        }
    }

    /// Where bundles are unpacked, relative to the store.
    pub(in crate::archive) fn www(&self) -> &'static Path {
        Path::new("staging/1/www")
    }

    pub(in crate::archive) fn absolute(&self, path: &str) -> PathBuf {
        self.directory
            .path()
            .join("app/files/root/staging/1/www")
            .join(path)
    }

    /// Opens and unpacks an archive, and looks whether anything lies where it mustn't.
    pub(in crate::archive) fn install(&self, bytes: &[u8]) -> Result<FileList, Error> {
        let archive = open(bytes)?;
        let result = unpack(&archive, &self.storage, self.www(), &|_| {
            ControlFlow::Continue(())
        });
        self.assert_nothing_outside();
        result
    }

    /// The files that were unpacked, by path.
    pub(in crate::archive) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let www = self.absolute("");
        walk(&www)
            .into_iter()
            .map(|path| {
                let content = fs::read(&path).unwrap();
                let path = path.strip_prefix(&www).unwrap();
                (path.to_str().unwrap().to_owned(), content)
            })
            .collect()
    }

    /// Only plain files in `www`, and nothing beside it.
    pub(in crate::archive) fn assert_nothing_outside(&self) {
        for path in walk(self.directory.path()) {
            assert!(path.starts_with(self.absolute("")), "{path:?} is outside");
            assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{path:?}");
        }
    }
}

/// Everything but directories.
fn walk(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flat_map(|entry| {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path())
            } else {
                vec![entry.path()]
            }
        })
        .collect()
}
