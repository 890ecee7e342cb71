//! The few file operations that the updater needs, as a seam.
//!
//! Every path is relative to the root of the store: nothing that is written down anywhere
//! names the root itself, because iOS moves an app's container between runs.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The file operations of one store.
///
/// Durability is explicit: nothing but [`sync_tree`](Self::sync_tree),
/// [`sync_dir`](Self::sync_dir), [`commit`](Self::commit) and [`StoredFile::sync`] promises that
/// bytes outlive a power cut.
pub trait Storage: fmt::Debug + Send + Sync + 'static {
    /// The absolute path of the store's root.
    fn root(&self) -> &Path;

    /// Creates a directory and its parents. One that exists is fine.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Tells what is at `path`, without following a symbolic link.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// The names in a directory, in no order.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Reads a small file whole. One of over `limit` bytes is `InvalidData`, as is a pipe or another
    /// special file: like all of these, it gives an answer at once.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Opens a file for reading at any place.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>>;

    /// Creates a file, or empties the one that is there, for writing.
    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// Opens a file for writing at its end; creates it where it is missing.
    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// Writes `bytes` over the start of a file in place, without making them durable. Where the file
    /// is new, its name is durable.
    fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Makes `bytes` the whole content of a file, in place, and durable before it returns. Where
    /// the file is new, its name is durable too.
    fn commit(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Renames a file or a directory. The target must not exist, unless both are files.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Deletes a directory with all that is in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes a directory with all that is in it durable.
    fn sync_tree(&self, path: &Path) -> io::Result<()>;

    /// Bytes that this process may still write.
    fn free_space(&self) -> io::Result<u64>;

    /// Tries to become the only owner of the root, for as long as the lock is kept.
    fn lock(&self, path: &Path) -> io::Result<LockOutcome>;
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "implementors of Storage make it")]
pub struct Metadata {
    /// Whether it is a file, a directory or something else.
    pub kind: FileKind,
    /// Bytes, for a file.
    pub len: u64,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is nothing else that matters here"
)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, a pipe, a device …
    Other,
}

/// A file that can be read at any place, by many threads at once.
pub trait ReadAt: fmt::Debug + Send + Sync {
    /// Reads some bytes at `offset`; 0 at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Bytes in the file.
    fn len(&self) -> io::Result<u64>;

    /// Whether there are none.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// A file that is being written.
pub trait StoredFile: io::Write + Send {
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to `len` bytes; the next write goes to its end.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// How a try to lock the root ended.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a lock is had, or not, or can't be told"
)]
pub enum LockOutcome {
    /// The root is this process's while the value lives.
    Owned(Box<dyn LockGuard>),
    /// Another process, or another updater of this one, owns the root.
    Contended,
    /// The file system has no working locks: go on without.
    Unsupported,
}

/// Releases the lock when dropped.
pub trait LockGuard: fmt::Debug + Send + Sync {}
