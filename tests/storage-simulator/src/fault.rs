//! System calls that fail on request.

use std::io;

use rustix::io::Errno;

/// Makes system calls fail, from one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The number of the first call that fails, as [`calls`](crate::SimulatedDisk::calls) counts
    /// them: 0 is the disk's first.
    pub at: u64,
    /// Whether all calls after it fail too, until [`heal`](crate::SimulatedDisk::heal).
    pub lasts: bool,
    /// How they fail.
    pub failure: Failure,
    /// Which ones do.
    pub scope: Scope,
}

/// What a failing call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// `ENOSPC`. What needs no space doesn't fail.
    NoSpace,
    /// `EIO`.
    Io,
    /// `EACCES`.
    Access,
}

/// The calls that a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that look: at metadata, directories, bytes.
    Reads,
    /// Those that change something or make it durable.
    Writes,
    /// All of them.
    All,
}

/// What a system call does, as far as faults are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    /// It changes something, and takes no space.
    Change,
    /// It takes space, or makes durable what has taken some.
    Fill,
}

impl Fault {
    pub(crate) fn strikes(&self, call: u64, kind: Kind) -> bool {
        let is_its_time = call == self.at || (self.lasts && call > self.at);
        let is_in_scope = match self.scope {
            Scope::Reads => kind == Kind::Read,
            Scope::Writes => kind != Kind::Read,
            Scope::All => true,
        };
        let is_possible = self.failure != Failure::NoSpace || kind == Kind::Fill;
        is_its_time && is_in_scope && is_possible
    }

    pub(crate) fn error(&self) -> io::Error {
        io::Error::from(match self.failure {
            Failure::NoSpace => Errno::NOSPC,
            Failure::Io => Errno::IO,
            Failure::Access => Errno::ACCESS,
        })
    }
}
