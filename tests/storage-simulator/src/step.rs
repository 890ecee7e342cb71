//! The system calls that change a file system or make a change durable.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names a file or a directory for as long as it exists, whatever it is called.
pub(crate) type NodeId = u64;

/// The root directory.
pub(crate) const ROOT: NodeId = 0;

/// One system call that changed something or made it durable.
#[derive(Debug, Clone)]
pub struct Step {
    pub(crate) path: PathBuf,
    pub(crate) call: Call,
}

#[derive(Debug, Clone)]
pub(crate) enum Call {
    Make {
        node: NodeId,
        directory: NodeId,
        name: String,
        is_directory: bool,
    },
    Write {
        node: NodeId,
        offset: usize,
        bytes: Arc<[u8]>,
    },
    SetLen {
        node: NodeId,
        len: usize,
    },
    Rename {
        from: (NodeId, String),
        to: (NodeId, String),
    },
    Remove {
        directory: NodeId,
        name: String,
    },
    SyncFile {
        node: NodeId,
    },
    SyncDirectory {
        node: NodeId,
    },
    SyncAll,
}

impl Step {
    pub(crate) fn new(path: &Path, call: Call) -> Self {
        Self {
            path: path.to_owned(),
            call,
        }
    }

    /// The path that the call was about, as it was then; of a rename the source.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The system call's name, by which another record of the same calls can be compared.
    pub fn name(&self) -> &'static str {
        match &self.call {
            Call::Make {
                is_directory: true, ..
            } => "mkdir",
            Call::Make { .. } => "create",
            Call::Write { .. } => "write",
            Call::SetLen { .. } => "ftruncate",
            Call::Rename { .. } => "rename",
            Call::Remove { .. } => "unlink",
            Call::SyncFile { .. } | Call::SyncDirectory { .. } => "fsync",
            Call::SyncAll => "syncfs",
        }
    }

    /// The bytes that were written, where it was a write.
    pub fn written(&self) -> Option<&[u8]> {
        match &self.call {
            Call::Write { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// Whether it makes something durable.
    pub fn is_sync(&self) -> bool {
        matches!(
            self.call,
            Call::SyncFile { .. } | Call::SyncDirectory { .. } | Call::SyncAll
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.path.display())?;
        match &self.call {
            Call::Write { offset, bytes, .. } => write!(f, " {}+{}", offset, bytes.len()),
            Call::SetLen { len, .. } => write!(f, " {len}"),
            Call::Rename { to, .. } => write!(f, " -> {}", to.1),
            _ => Ok(()),
        }
    }
}
