//! [`Storage`] for one process that has the disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use live_updater::{FileKind, LockOutcome, Metadata, ReadAt, Storage, StoredFile};

use crate::disk::{Lock, SimulatedDisk, State, not_a_directory};
use crate::fault::Kind;
use crate::files::Node;
use crate::handles::{Offset, OpenFile, SimulatedLock, Writer};
use crate::step::{Call, NodeId};

/// Where a simulated disk seems to be.
pub const ROOT_PATH: &str = "/simulated";

/// A process's right to use a disk. Clones are the same process.
///
/// Each method does the system calls of [`DiskStorage`](live_updater::DiskStorage), one by one.
#[derive(Debug, Clone)]
pub struct SimulatedStorage(Arc<Mount>);

#[derive(Debug)]
struct Mount {
    disk: SimulatedDisk,
    number: u64,
    root: PathBuf,
    is_dead: AtomicBool,
}

impl SimulatedStorage {
    pub(crate) fn new(disk: SimulatedDisk, number: u64) -> Self {
        Self(Arc::new(Mount {
            disk,
            number,
            root: PathBuf::from(ROOT_PATH),
            is_dead: AtomicBool::new(false),
        }))
    }

    /// Ends the process: whatever of it still runs changes nothing any more, and its lock is free.
    pub fn kill(&self) {
        let mut state = self.0.disk.state();
        self.0.is_dead.store(true, Ordering::Relaxed);
        if state.lock.is_some_and(|lock| lock.mount == self.0.number) {
            state.lock = None;
        }
    }

    /// Begins a system call.
    pub(crate) fn call(&self, kind: Kind) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.enter()?;
        state.call(kind)?;
        Ok(state)
    }

    fn enter(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.0.disk.state();
        // Whoever waits for what this call does looks when it has let go of the state.
        state.entries += 1;
        self.0.disk.wake();
        if self.0.is_dead.load(Ordering::Relaxed) {
            return Err(io::Error::other("the process is dead"));
        }
        Ok(state)
    }

    fn node(&self, path: &Path) -> io::Result<NodeId> {
        self.call(Kind::Read)?.find(path)
    }

    /// Opens a file for writing; creates it where it is missing. Tells whether it was.
    fn open_or_create(&self, path: &Path) -> io::Result<(NodeId, bool)> {
        let mut state = self.enter()?;
        match state.find(path) {
            Ok(node) => {
                state.call(Kind::Change)?;
                must_be_file(&state, node)?;
                Ok((node, false))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                state.call(Kind::Fill)?;
                Ok((state.make(path, false)?, true))
            }
            Err(error) => Err(error),
        }
    }

    /// The name of what is there is durable.
    fn open_or_create_durably(&self, path: &Path) -> io::Result<NodeId> {
        let (node, is_new) = self.open_or_create(path)?;
        if is_new {
            let folder = path.parent().unwrap_or(Path::new(""));
            self.sync_dir(folder).inspect_err(|_| {
                let _ = self.remove_file(path);
            })?;
        }
        Ok(node)
    }

    /// Writes bytes; gives their end in the file.
    pub(crate) fn write(
        &self,
        path: &Path,
        node: NodeId,
        offset: Offset,
        bytes: &[u8],
    ) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let mut state = self.enter()?;
        let result = state.call(Kind::Fill);
        // A disk that gets full takes a part.
        let written = match result {
            Ok(()) => bytes,
            Err(_) => &bytes[..bytes.len() / 2],
        };
        let offset = match offset {
            Offset::At(offset) => offset,
            Offset::End => state
                .files
                .content(node)
                .map_or(0, |content| content.visible.len()),
        };
        if !written.is_empty() {
            let bytes = written.into();
            state.step(
                path,
                Call::Write {
                    node,
                    offset,
                    bytes,
                },
            );
        }
        result.map(|()| offset + bytes.len())
    }

    pub(crate) fn set_len(&self, path: &Path, node: NodeId, len: usize) -> io::Result<()> {
        self.call(Kind::Change)?
            .step(path, Call::SetLen { node, len });
        Ok(())
    }

    pub(crate) fn sync(&self, path: &Path, node: NodeId) -> io::Result<()> {
        let mut state = self.call(Kind::Fill)?;
        let call = match state.kind(node) {
            FileKind::Directory => Call::SyncDirectory { node },
            _ => Call::SyncFile { node },
        };
        state.step(path, call);
        Ok(())
    }

    fn sync_each(&self, path: &Path) -> io::Result<()> {
        let node = self.node(path)?;
        for (name, child) in self.children(node)? {
            let path = path.join(name);
            let kind = self.enter()?.kind(child);
            match kind {
                FileKind::Directory => self.sync_each(&path)?,
                _ => self.sync(&path, child)?,
            }
        }
        self.sync(path, node)
    }

    fn children(&self, directory: NodeId) -> io::Result<Vec<(String, NodeId)>> {
        let state = self.call(Kind::Read)?;
        let children = state
            .files
            .children(directory)
            .ok_or_else(not_a_directory)?;
        Ok(children
            .iter()
            .map(|(name, node)| (name.clone(), *node))
            .collect())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.call(Kind::Change)?;
        let (directory, name) = state.place(path)?;
        state.step(path, Call::Remove { directory, name });
        Ok(())
    }
}

impl Storage for SimulatedStorage {
    fn root(&self) -> &Path {
        &self.0.root
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let found = self.enter()?.find(path);
        match found {
            Ok(node) => match self.call(Kind::Read)?.kind(node) {
                FileKind::Directory => Ok(()),
                _ => Err(io::Error::from(io::ErrorKind::AlreadyExists)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(parent) = path.parent() {
                    self.create_dir_all(parent)?;
                }
                self.call(Kind::Fill)?.make(path, true).map(|_| ())
            }
            Err(error) => Err(error),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let state = self.call(Kind::Read)?;
        let node = state.find(path)?;
        let content = state.files.content(node);
        Ok(Metadata {
            kind: state.kind(node),
            len: content.map_or(0, |content| content.visible.len() as u64),
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut state = self.call(Kind::Read)?;
        state.listed(path);
        let node = state.find(path)?;
        let children = state.files.children(node).ok_or_else(not_a_directory)?;
        Ok(children.keys().cloned().collect())
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let node = self.node(path)?;
        let state = self.call(Kind::Read)?;
        let bytes = visible(&state, node)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the file has over {limit} bytes"),
            ));
        }
        Ok(bytes.to_vec())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let node = self.node(path)?;
        Ok(Arc::new(OpenFile {
            storage: self.clone(),
            node,
        }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let (node, _) = self.open_or_create(path)?;
        let mut state = self.enter()?;
        // `O_TRUNC` is a part of the call that opens.
        if !visible(&state, node)?.is_empty() {
            state.step(path, Call::SetLen { node, len: 0 });
        }
        drop(state);
        Ok(Box::new(Writer {
            storage: self.clone(),
            path: path.to_owned(),
            node,
            offset: Offset::At(0),
        }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let (node, _) = self.open_or_create(path)?;
        Ok(Box::new(Writer {
            storage: self.clone(),
            path: path.to_owned(),
            node,
            offset: Offset::End,
        }))
    }

    fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let node = self.open_or_create_durably(path)?;
        self.write(path, node, Offset::At(0), bytes).map(|_| ())
    }

    fn commit(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let node = self.open_or_create_durably(path)?;
        self.write(path, node, Offset::At(0), bytes)?;
        self.set_len(path, node, bytes.len())?;
        self.sync(path, node)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.call(Kind::Change)?;
        let source = state.place(from)?;
        let target = state.place(to)?;
        let node = state.find(from)?;
        if to != from && to.starts_with(from) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        if to != from && from.starts_with(to) {
            return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty));
        }
        if let Ok(taken) = state.find(to) {
            may_replace(&state, node, taken)?;
            if taken == node {
                return Ok(());
            }
        }
        let call = Call::Rename {
            from: source,
            to: target,
        };
        state.step(from, call);
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let state = self.enter()?;
        let node = state.find(path)?;
        must_be_file(&state, node)?;
        drop(state);
        self.remove(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let node = self.node(path)?;
        for (name, child) in self.children(node)? {
            let path = path.join(name);
            let kind = self.enter()?.kind(child);
            match kind {
                FileKind::Directory => self.remove_dir_all(&path)?,
                _ => self.remove(&path)?,
            }
        }
        self.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let node = self.node(path)?;
        self.sync(path, node)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        if !state.has_syncfs {
            drop(state);
            return self.sync_each(path);
        }
        state.call(Kind::Fill)?;
        state.step(Path::new(""), Call::SyncAll);
        Ok(())
    }

    fn free_space(&self) -> io::Result<u64> {
        Ok(self.call(Kind::Read)?.free_space)
    }

    fn lock(&self, path: &Path) -> io::Result<LockOutcome> {
        self.open_or_create(path)?;
        let mut state = self.enter()?;
        if state.lock.is_some() {
            return Ok(LockOutcome::Contended);
        }
        state.locks += 1;
        let lock = Lock {
            mount: self.0.number,
            number: state.locks,
        };
        state.lock = Some(lock);
        let disk = self.0.disk.clone();
        Ok(LockOutcome::Owned(Box::new(SimulatedLock { disk, lock })))
    }
}

pub(crate) fn visible(state: &State, node: NodeId) -> io::Result<&[u8]> {
    match state.files.node(node) {
        Some(Node::File(content)) => Ok(&content.visible),
        Some(Node::Directory(_)) => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        // An open file outlives its name; nobody here reads one that long.
        None => Ok(&[]),
    }
}

fn must_be_file(state: &State, node: NodeId) -> io::Result<()> {
    match state.kind(node) {
        FileKind::Directory => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        _ => Ok(()),
    }
}

fn may_replace(state: &State, node: NodeId, taken: NodeId) -> io::Result<()> {
    match (state.files.children(node), state.files.children(taken)) {
        (Some(_), None) => Err(not_a_directory()),
        (None, Some(_)) => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        (Some(_), Some(children)) if node != taken && !children.is_empty() => {
            Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty))
        }
        _ => Ok(()),
    }
}
