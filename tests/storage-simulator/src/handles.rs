//! Files that are open, and the lock.

use std::io::{self, Write};
use std::path::PathBuf;

use live_updater::{LockGuard, ReadAt, StoredFile};

use crate::disk::{Lock, SimulatedDisk};
use crate::fault::Kind;
use crate::step::NodeId;
use crate::storage::{SimulatedStorage, visible};

/// Where the next write goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Offset {
    At(usize),
    End,
}

#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) storage: SimulatedStorage,
    pub(crate) node: NodeId,
}

impl ReadAt for OpenFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.storage.call(Kind::Read)?;
        let bytes = visible(&state, self.node)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let left = bytes.get(start..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.storage.call(Kind::Read)?;
        let content = state.files.content(self.node);
        Ok(content.map_or(0, |content| content.visible.len() as u64))
    }
}

pub(crate) struct Writer {
    pub(crate) storage: SimulatedStorage,
    pub(crate) path: PathBuf,
    pub(crate) node: NodeId,
    pub(crate) offset: Offset,
}

impl Write for Writer {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let end = self
            .storage
            .write(&self.path, self.node, self.offset, buffer)?;
        if let Offset::At(_) = self.offset {
            self.offset = Offset::At(end);
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StoredFile for Writer {
    fn sync(&mut self) -> io::Result<()> {
        self.storage.sync(&self.path, self.node)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.storage.set_len(&self.path, self.node, len)?;
        if let Offset::At(_) = self.offset {
            self.offset = Offset::At(len);
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct SimulatedLock {
    pub(crate) disk: SimulatedDisk,
    pub(crate) lock: Lock,
}

impl LockGuard for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.lock == Some(self.lock) {
            state.lock = None;
        }
    }
}
