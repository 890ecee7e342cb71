//! What is kept on the disk: bundles and the durable state.

pub(crate) mod bundles;
pub(crate) mod collect;
pub(crate) mod disk;
pub(crate) mod install;
pub(crate) mod slots;
pub(crate) mod starts;
pub(crate) mod state;
pub(crate) mod storage;
pub(crate) mod trusted;

use std::io;
use std::path::Path;
use std::sync::Arc;

use slots::{Loaded, Slots};
use state::State;
use storage::{LockGuard, LockOutcome, Storage};

use crate::error::Error;

/// The durable state of one root, and the right to change it.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) storage: Arc<dyn Storage>,
    /// As it was last committed, or read, or [assumed](Self::assume).
    pub(crate) state: State,
    /// The state on the disk is another one.
    is_assumed: bool,
    slots: Slots,
    access: Access,
    /// The state was lost: what lies in `bundles/` may be all that is left of it.
    pub(crate) is_recovering: bool,
    lock: Option<Box<dyn LockGuard>>,
}

/// What this process may do with the root.
#[derive(Debug)]
enum Access {
    Owner,
    /// Another process owns it.
    Busy,
    /// Its state can't be read: nothing may be written.
    Unreadable(Error),
}

impl Store {
    /// Locks the root and reads its state. It never fails: what is wrong is told by
    /// [`writable`](Self::writable).
    pub(crate) fn open(storage: Arc<dyn Storage>) -> Self {
        let mut store = Self {
            storage,
            state: State::fresh(),
            is_assumed: false,
            slots: Slots::default(),
            access: Access::Owner,
            is_recovering: false,
            lock: None,
        };
        if let Err(error) = store.load() {
            store.access = Access::Unreadable(error);
        }
        store
    }

    /// Gives the root up: from here on it is another's.
    pub(crate) fn close(&mut self) {
        self.access = Access::Busy;
        self.lock = None;
    }

    /// Whether another process owns the root.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.access, Access::Busy)
    }

    /// Whether the state could be read, whoever owns the root.
    pub(crate) fn is_readable(&self) -> bool {
        !matches!(self.access, Access::Unreadable(_))
    }

    /// # Errors
    ///
    /// `busy` or `storage` where nothing may be written.
    pub(crate) fn writable(&self) -> Result<(), Error> {
        match &self.access {
            Access::Owner => Ok(()),
            Access::Busy => Err(Error::Busy {
                what: "the store".to_owned(),
            }),
            Access::Unreadable(error) => Err(same(error)),
        }
    }

    /// Makes `state` the durable state; nothing is written where it is that already. Another
    /// activation has another secret for its pages from here on.
    ///
    /// # Errors
    ///
    /// As [`writable`](Self::writable), and `storage` or `insufficient_storage`; the state is as
    /// before then, in memory and on the disk.
    pub(crate) fn commit(&mut self, mut state: State) -> Result<(), Error> {
        self.writable()?;
        state.renew_page_secret(&self.state);
        if state == self.state && !self.is_assumed {
            return Ok(());
        }
        let payload = serde_json::to_vec(&state)
            .map_err(|error| Error::storage("encode", Path::new("state"), error.into()))?;
        self.slots.commit(&*self.storage, &payload)?;
        self.state = state;
        self.is_assumed = false;
        Ok(())
    }

    /// Takes `state` for what it is, although it couldn't be made durable: the next commit makes
    /// up for it.
    pub(crate) fn assume(&mut self, mut state: State) {
        state.renew_page_secret(&self.state);
        self.state = state;
        self.is_assumed = true;
    }

    fn load(&mut self) -> Result<(), Error> {
        let root = Path::new("");
        if let Err(error) = self.storage.create_dir_all(root) {
            return Err(Error::storage("create", self.storage.root(), error));
        }
        match self.storage.lock(Path::new("lock")) {
            Ok(LockOutcome::Owned(lock)) => self.lock = Some(lock),
            Ok(LockOutcome::Contended) => self.access = Access::Busy,
            Ok(LockOutcome::Unsupported) => {
                tracing::warn!("the file system has no locks: going on without");
            }
            // A root that can't even hold a lock file is found out by the first commit.
            Err(error) => tracing::warn!(%error, "no lock file: going on without"),
        }
        let (slots, loaded) = Slots::load(&*self.storage)?;
        self.slots = slots;
        match loaded {
            Loaded::State(payload) => match serde_json::from_slice(&payload) {
                Ok(state) => {
                    self.state = state;
                    // It is no bundle that could be tried, or taken back.
                    let bundles = &mut self.state.bundles;
                    bundles.retain(|record| !record.id.is_builtin());
                }
                // The digest held, so it is no damage but a layout that this version can't read.
                Err(error) => {
                    return Err(Error::storage("read", Path::new("state"), error.into()));
                }
            },
            Loaded::Absent => {
                self.is_recovering =
                    bundles::installed(&*self.storage).is_ok_and(|bundles| !bundles.is_empty());
            }
            Loaded::Lost => {
                tracing::error!("both state slots are damaged: starting over on builtin");
                self.is_recovering = true;
                if !self.is_busy() {
                    Slots::set_aside(&*self.storage)?;
                }
            }
        }
        if !self.is_busy() {
            self.slots.make_room(&*self.storage);
            collect::clear_folders(&*self.storage);
        }
        Ok(())
    }
}

/// The same error once more: an `io::Error` can't be cloned.
fn same(error: &Error) -> Error {
    match error {
        Error::Storage {
            operation,
            path,
            source,
        } => Error::Storage {
            operation,
            path: path.clone(),
            source: io::Error::new(source.kind(), source.to_string()),
        },
        Error::InsufficientStorage { needed, available } => Error::InsufficientStorage {
            needed: *needed,
            available: *available,
        },
        other => Error::storage(
            "read",
            Path::new("state"),
            io::Error::other(other.to_string()),
        ),
    }
}
