//! The proof finds what it is for: mistakes, made between the library and what it stands on.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use live_updater::{LockOutcome, Metadata, ReadAt, Storage, StoredFile};
use serde_json::{Value, json};
use simulated_device::{Wrap, slots};
use storage_simulator::SimulatedStorage;

use crate::run::{Lives, relive};
use crate::world::Mistakes;

#[test]
fn a_launch_token_that_is_not_compared_is_noticed() {
    noticed(Mistakes {
        forgets_tokens: true,
        ..Mistakes::default()
    });
}

#[test]
fn a_highest_sequence_that_is_not_kept_is_noticed() {
    noticed_behind(|storage| careless(storage, Mistake::FloorForgotten));
}

#[test]
fn blocked_versions_that_are_forgotten_are_noticed() {
    noticed_behind(|storage| careless(storage, Mistake::BlocksForgotten));
}

#[test]
fn reports_that_are_forgotten_are_noticed() {
    noticed_behind(|storage| careless(storage, Mistake::ReportsForgotten));
}

#[test]
fn launches_that_are_not_counted_are_noticed() {
    noticed_behind(|storage| careless(storage, Mistake::StartsNotWritten));
}

#[test]
fn files_that_are_hashed_as_they_once_were_are_noticed() {
    noticed_behind(|storage| careless(storage, Mistake::OldBytesRead));
}

#[test]
fn a_reboot_that_nobody_notices_is_noticed() {
    noticed(Mistakes {
        boots_are_alike: true,
        ..Mistakes::default()
    });
}

/// Lives with a storage in between that makes a mistake.
fn noticed_behind(wrap: Wrap) {
    noticed(Mistakes {
        wrap: Some(wrap),
        ..Mistakes::default()
    });
}

/// Lives until something doesn't hold, which does without the mistake.
fn noticed(mistakes: Mistakes) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let lives = Lives {
        streams: 16,
        lives_each: 24,
        mistakes,
        makes_short: false,
        patience: PATIENCE,
    };
    let lived = lives.live();
    let found = lived.found.expect("nothing was noticed");
    println!("after {} steps: {}", lived.tally.steps, found.problem);
    // It wasn't that the machine was busy.
    relive(&found.life, &mistakes, PATIENCE).expect_err("it was noticed once");
    relive(&found.life, &Mistakes::default(), PATIENCE).expect("only the mistake does harm");
}

fn careless(storage: SimulatedStorage, mistake: Mistake) -> Arc<dyn Storage> {
    Arc::new(Careless { storage, mistake })
}

/// What may go wrong in a library like this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    FloorForgotten,
    BlocksForgotten,
    ReportsForgotten,
    StartsNotWritten,
    OldBytesRead,
}

impl Mistake {
    /// The state without what is forgotten.
    fn forget(self, state: &mut Value) {
        match self {
            Self::FloorForgotten => state["trusted"]["floors"] = json!([]),
            Self::BlocksForgotten => state["failed"] = json!([]),
            Self::ReportsForgotten => state["confirmations"] = json!([]),
            Self::StartsNotWritten | Self::OldBytesRead => {}
        }
    }
}

/// Makes one mistake, and is right in everything else.
#[derive(Debug)]
struct Careless {
    storage: SimulatedStorage,
    mistake: Mistake,
}

impl Careless {
    fn read_once(&self, folder: &Path) -> io::Result<()> {
        for name in self.storage.list(folder)? {
            let path = folder.join(name);
            match self.storage.list(&path) {
                Ok(_) => self.read_once(&path)?,
                Err(_) => drop(self.once(&path)?),
            }
        }
        Ok(())
    }

    /// A file of a bundle as it was when it was first read.
    fn once(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        // Names of bundles are random, so all tests can share it.
        static SEEN: LazyLock<Mutex<HashMap<PathBuf, Arc<dyn ReadAt>>>> =
            LazyLock::new(Mutex::default);
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = seen.get(path) {
            return Ok(Arc::clone(file));
        }
        let bytes = self.storage.read(path, u64::MAX)?;
        let file: Arc<dyn ReadAt> = Arc::new(Bytes(bytes));
        seen.insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }
}

/// A file in memory.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl ReadAt for Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.0.get(offset..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

impl Storage for Careless {
    fn root(&self) -> &Path {
        self.storage.root()
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.storage.create_dir_all(path)
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.storage.metadata(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.storage.list(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.storage.read(path, limit)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        if self.mistake == Mistake::OldBytesRead && path.starts_with("bundles") {
            return self.once(path);
        }
        self.storage.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        self.storage.create(path)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        self.storage.append(path)
    }

    fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.mistake == Mistake::StartsNotWritten && path == Path::new("starts") {
            return Ok(());
        }
        self.storage.overwrite(path, bytes)
    }

    fn commit(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let Some(mut slot) = slots::decode(bytes) else {
            return self.storage.commit(path, bytes);
        };
        self.mistake.forget(&mut slot.state);
        self.storage.commit(path, &slots::encode(&slot))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.storage.rename(from, to)?;
        // What was just installed has been read by its installation.
        if self.mistake == Mistake::OldBytesRead && to.starts_with("bundles") {
            self.read_once(&to.join("www"))?;
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.storage.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.storage.remove_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.storage.sync_dir(path)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        self.storage.sync_tree(path)
    }

    fn free_space(&self) -> io::Result<u64> {
        self.storage.free_space()
    }

    fn lock(&self, path: &Path) -> io::Result<LockOutcome> {
        self.storage.lock(path)
    }
}
