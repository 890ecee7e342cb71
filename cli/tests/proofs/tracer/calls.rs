//! The system calls that matter, and what they are about.

use std::fmt;
use std::path::{Component, Path};

use nix::libc::{self, c_long};
use serde::{Deserialize, Serialize};

/// A system call, and the kind of thing that it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// A path in the device's root without what is random in it, `socket`, or `answer` for the
    /// standard output.
    pub(crate) about: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name, self.about)
    }
}

/// What a call may fail with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// `EIO`, for files.
    Broken,
    /// `ENOSPC`, for files.
    Full,
    /// `EACCES`, for files.
    Forbidden,
    /// `ECONNRESET`, for connections.
    Cut,
    /// `EACCES`, for connections that are to be made.
    Barred,
}

impl Fault {
    pub(crate) const ALL: [Self; 5] = [
        Self::Broken,
        Self::Full,
        Self::Forbidden,
        Self::Cut,
        Self::Barred,
    ];

    /// Whether it is about connections.
    pub(crate) fn is_of_network(self) -> bool {
        matches!(self, Self::Cut | Self::Barred)
    }

    pub(super) fn errno(self) -> i32 {
        match self {
            Self::Broken => libc::EIO,
            Self::Full => libc::ENOSPC,
            Self::Cut => libc::ECONNRESET,
            Self::Forbidden | Self::Barred => libc::EACCES,
        }
    }
}

/// Where a call says which file it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The first argument is a descriptor.
    Descriptor,
    /// The first argument is a path.
    Path,
    /// The first argument is a folder's descriptor, the second a path in it.
    PathIn,
    /// There is none: it makes a socket.
    Socket,
}

/// What a call does, as far as it matters for how it may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Open,
    Read,
    Look,
    Write,
    Sync,
    Make,
    Remove,
    Close,
    Other,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    number: c_long,
    pub(super) name: &'static str,
    pub(super) subject: Subject,
    pub(super) effect: Effect,
}

const fn kind(number: c_long, name: &'static str, subject: Subject, effect: Effect) -> Kind {
    Kind {
        number,
        name,
        subject,
        effect,
    }
}

use Effect::{Close, Look, Make, Open, Other, Read, Remove, Sync, Write};
use Subject::{Descriptor, PathIn};

const KINDS: &[Kind] = &[
    kind(libc::SYS_open, "open", Subject::Path, Open),
    kind(libc::SYS_openat, "openat", PathIn, Open),
    kind(libc::SYS_read, "read", Descriptor, Read),
    kind(libc::SYS_readv, "readv", Descriptor, Read),
    kind(libc::SYS_pread64, "pread64", Descriptor, Read),
    kind(libc::SYS_preadv, "preadv", Descriptor, Read),
    kind(libc::SYS_getdents64, "getdents64", Descriptor, Read),
    kind(libc::SYS_stat, "stat", Subject::Path, Look),
    kind(libc::SYS_lstat, "lstat", Subject::Path, Look),
    kind(libc::SYS_fstat, "fstat", Descriptor, Look),
    kind(libc::SYS_newfstatat, "newfstatat", PathIn, Look),
    kind(libc::SYS_statx, "statx", PathIn, Look),
    kind(libc::SYS_statfs, "statfs", Subject::Path, Look),
    kind(libc::SYS_fstatfs, "fstatfs", Descriptor, Look),
    kind(libc::SYS_write, "write", Descriptor, Write),
    kind(libc::SYS_writev, "writev", Descriptor, Write),
    kind(libc::SYS_pwrite64, "pwrite64", Descriptor, Write),
    kind(libc::SYS_pwritev, "pwritev", Descriptor, Write),
    kind(libc::SYS_ftruncate, "ftruncate", Descriptor, Write),
    kind(libc::SYS_fallocate, "fallocate", Descriptor, Write),
    kind(libc::SYS_fsync, "fsync", Descriptor, Sync),
    kind(libc::SYS_fdatasync, "fdatasync", Descriptor, Sync),
    kind(libc::SYS_syncfs, "syncfs", Descriptor, Sync),
    kind(libc::SYS_mkdir, "mkdir", Subject::Path, Make),
    kind(libc::SYS_mkdirat, "mkdirat", PathIn, Make),
    kind(libc::SYS_rename, "rename", Subject::Path, Make),
    kind(libc::SYS_renameat, "renameat", PathIn, Make),
    kind(libc::SYS_renameat2, "renameat2", PathIn, Make),
    kind(libc::SYS_unlink, "unlink", Subject::Path, Remove),
    kind(libc::SYS_unlinkat, "unlinkat", PathIn, Remove),
    kind(libc::SYS_rmdir, "rmdir", Subject::Path, Remove),
    kind(libc::SYS_flock, "flock", Descriptor, Other),
    kind(libc::SYS_lseek, "lseek", Descriptor, Other),
    kind(libc::SYS_close, "close", Descriptor, Close),
    kind(libc::SYS_socket, "socket", Subject::Socket, Open),
    kind(libc::SYS_connect, "connect", Descriptor, Open),
    kind(libc::SYS_sendto, "sendto", Descriptor, Write),
    kind(libc::SYS_sendmsg, "sendmsg", Descriptor, Write),
    kind(libc::SYS_recvfrom, "recvfrom", Descriptor, Read),
    kind(libc::SYS_recvmsg, "recvmsg", Descriptor, Read),
    kind(libc::SYS_shutdown, "shutdown", Descriptor, Other),
    kind(libc::SYS_getsockopt, "getsockopt", Descriptor, Other),
    kind(libc::SYS_setsockopt, "setsockopt", Descriptor, Other),
    kind(libc::SYS_getpeername, "getpeername", Descriptor, Other),
    kind(libc::SYS_getsockname, "getsockname", Descriptor, Other),
];

impl Kind {
    pub(super) fn of(number: u64) -> Option<&'static Self> {
        let number = c_long::try_from(number).ok()?;
        KINDS.iter().find(|kind| kind.number == number)
    }

    /// Whether such a call may fail so.
    pub(super) fn can_fail(self, fault: Fault, about: &str) -> bool {
        if about == ANSWER || fault.is_of_network() != (about == SOCKET) {
            return false;
        }
        match fault {
            Fault::Broken => self.effect != Other || self.name == "flock",
            Fault::Full => matches!(self.effect, Open | Write | Sync | Make),
            // What is open already can be used.
            Fault::Forbidden => {
                matches!(self.effect, Open | Look | Make | Remove) && self.subject != Descriptor
            }
            Fault::Cut => matches!(self.effect, Read | Write) || self.name == "connect",
            Fault::Barred => self.effect == Open,
        }
    }
}

pub(super) const SOCKET: &str = "socket";
pub(super) const ANSWER: &str = "answer";

/// What a path in the root is, without what is random in it.
pub(super) fn about(path: &Path) -> String {
    let names: Vec<_> = path
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    match names[..] {
        [] => "the root".to_owned(),
        ["state.a" | "state.b"] => "state".to_owned(),
        ["downloads", file] => match file.split_once('.') {
            Some((_, extension)) => format!("downloads/*.{extension}"),
            None => "downloads/*".to_owned(),
        },
        [folder @ ("bundles" | "staging" | "trash"), _] => format!("{folder}/ID"),
        [folder @ ("bundles" | "staging" | "trash"), _, "www", _, ..] => {
            format!("{folder}/ID/www/*")
        }
        [folder @ ("bundles" | "staging" | "trash"), _, name] => format!("{folder}/ID/{name}"),
        _ => names.join("/"),
    }
}
