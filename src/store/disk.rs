//! [`Storage`] on a real file system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

use super::storage::{FileKind, LockGuard, LockOutcome, Metadata, ReadAt, Storage, StoredFile};

/// A store in a directory of the file system.
#[derive(Debug)]
pub struct DiskStorage {
    root: PathBuf,
    // Opened before anything is written, so that a write-back error in between is seen by the
    // `syncfs` that ends an installation.
    root_directory: OnceLock<File>,
}

impl DiskStorage {
    /// A store at `root`, an absolute path. Nothing is created yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            root_directory: OnceLock::new(),
        }
    }

    fn at(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    fn root_directory(&self) -> io::Result<&File> {
        if let Some(directory) = self.root_directory.get() {
            return Ok(directory);
        }
        let directory = File::open(&self.root)?;
        Ok(self.root_directory.get_or_init(|| directory))
    }
}

impl Storage for DiskStorage {
    fn root(&self) -> &Path {
        &self.root
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(self.at(path))?;
        self.root_directory().map(|_| ())
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = fs::symlink_metadata(self.at(path))?;
        Ok(Metadata {
            kind: if metadata.is_file() {
                FileKind::File
            } else if metadata.is_dir() {
                FileKind::Directory
            } else {
                FileKind::Other
            },
            len: metadata.len(),
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(self.at(path))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let file = open_at_once(OpenOptions::new().read(true), &self.at(path))?;
        // With room for all of it and one byte, it takes one call to the system and one for the
        // end; without, it takes many small ones.
        let len = file.metadata()?.len().min(limit).saturating_add(1);
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the file has over {limit} bytes"),
            ));
        }
        Ok(bytes)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let file = open_at_once(OpenOptions::new().read(true), &self.at(path))?;
        Ok(Arc::new(DiskFile(file)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let file = open_at_once(&mut options, &self.at(path))?;
        Ok(Box::new(WritableFile(file)))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let mut options = OpenOptions::new();
        let file = open_at_once(options.append(true).create(true), &self.at(path))?;
        Ok(Box::new(WritableFile(file)))
    }

    fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        open_or_create(&self.at(path))?.write_all_at(bytes, 0)
    }

    fn commit(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let file = open_or_create(&self.at(path))?;
        file.write_all_at(bytes, 0)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.at(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(self.at(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(self.at(path))?.sync_all()
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        match rustix::fs::syncfs(self.root_directory()?) {
            Ok(()) => return Ok(()),
            // The system tells once that bytes could not be written back. To sync the files again
            // would find nothing wrong.
            Err(error @ (Errno::IO | Errno::NOSPC | Errno::DQUOT)) => return Err(error.into()),
            Err(_) => {}
        }
        sync_each(&self.at(path))
    }

    fn free_space(&self) -> io::Result<u64> {
        let space = rustix::fs::statvfs(&self.root)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn lock(&self, path: &Path) -> io::Result<LockOutcome> {
        let path = self.at(path);
        let open = |options: &mut OpenOptions| options.custom_flags(AT_ONCE).open(&path);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = open(&mut options)
            // A lock needs no right to write, and a read-only root may still have one. It need not
            // be a file, either.
            .or_else(|error| open(OpenOptions::new().read(true)).map_err(|_| error))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(LockOutcome::Owned(Box::new(FileLock { _file: file }))),
            Err(Errno::WOULDBLOCK) => Ok(LockOutcome::Contended),
            // Some Samsung and Motorola devices answer EINVAL to every flock.
            Err(_) => Ok(LockOutcome::Unsupported),
        }
    }
}

#[derive(Debug)]
struct DiskFile(File);

impl ReadAt for DiskFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

#[derive(Debug)]
struct WritableFile(File);

impl Write for WritableFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl StoredFile for WritableFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)?;
        io::Seek::seek(&mut self.0, io::SeekFrom::Start(len)).map(|_| ())
    }
}

#[derive(Debug)]
struct FileLock {
    // Closing the file releases the lock, also when the process dies.
    _file: File,
}

impl LockGuard for FileLock {}

/// A pipe keeps whoever opens it waiting for its other end.
const AT_ONCE: i32 = OFlags::NONBLOCK.bits().cast_signed();

/// Opens a file; a pipe, a socket or a device is `InvalidData`: none of them was written by us.
fn open_at_once(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let is_known = |metadata: fs::Metadata| metadata.is_file() || metadata.is_dir();
    match options.custom_flags(AT_ONCE).open(path) {
        Ok(file) if is_known(file.metadata()?) => Ok(file),
        Err(error) if fs::metadata(path).map_or(true, is_known) => Err(error),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is a pipe or another special file",
        )),
    }
}

/// Opens a file whose name is durable: who finds it there later needn't ask whether it is.
fn open_or_create(path: &Path) -> io::Result<File> {
    match open_at_once(OpenOptions::new().write(true), path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    sync_parent(path).inspect_err(|_| {
        // The next one makes it anew.
        let _ = fs::remove_file(path);
    })?;
    Ok(file)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// At least 8 files at once: where each flush waits for the medium, waiting in parallel is what
/// makes it bearable.
const SYNC_THREADS: usize = 8;

fn sync_each(tree: &Path) -> io::Result<()> {
    let mut paths = Vec::new();
    collect(tree, &mut paths)?;
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SYNC_THREADS)
            .map(|_| {
                scope.spawn(|| -> io::Result<()> {
                    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                        flush(&File::open(path)?)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread that syncs files died")))
        })
    })
}

/// Directories come after what is in them.
fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    paths.push(path.to_owned());
    Ok(())
}

/// On Apple systems std's `sync_all` flushes the whole drive for each file; a plain `fsync` is
/// enough here, since the commit of the state that follows flushes the drive once.
fn flush(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fsync(file)?)
}
