//! The proof finds what it is for: mistakes, made between the library and the disk.

use std::io;
use std::path::Path;
use std::sync::Arc;

use live_updater::{LockOutcome, Metadata, ReadAt, Storage, StoredFile};
use simulated_device::{Setting, Wrap};
use storage_simulator::{Drive, Failure, Fault, Scope, SimulatedStorage};

use crate::cuts::cut;
use crate::errors::endure;
use crate::record::Recorded;
use crate::scenario::{Scenario, scenarios};

#[test]
fn a_bundle_that_is_not_synced_is_noticed() {
    noticed("first sync", |storage| {
        careless(storage, Mistake::TreeNotSynced)
    });
}

#[test]
fn a_bundle_whose_files_are_not_synced_but_its_folders_is_noticed() {
    noticed("two updates", |storage| {
        careless(storage, Mistake::OnlyFoldersSynced)
    });
}

#[test]
fn a_bundle_that_is_synced_after_the_state_names_it_is_noticed() {
    noticed("first sync", |storage| {
        careless(storage, Mistake::TreeSyncedTooLate)
    });
}

#[test]
fn a_rename_without_a_sync_of_the_folder_is_noticed() {
    noticed("two updates", |storage| {
        careless(storage, Mistake::FolderNotSynced)
    });
}

#[test]
fn a_state_that_is_not_synced_is_noticed() {
    noticed("settings", |storage| {
        careless(storage, Mistake::StateNotSynced)
    });
}

#[test]
fn a_new_state_file_without_a_durable_name_is_noticed() {
    noticed("first sync", |storage| {
        careless(storage, Mistake::StateNotNamed)
    });
}

#[test]
fn a_state_that_is_replaced_without_a_sync_is_noticed() {
    noticed("settings", |storage| {
        careless(storage, Mistake::StateReplaced)
    });
}

#[test]
fn a_second_slot_that_is_written_before_the_first_is_synced_is_noticed() {
    noticed("settings", |storage| {
        careless(storage, Mistake::BothSlotsAtOnce)
    });
}

#[test]
fn files_that_go_along_with_those_of_another_bundle_are_noticed() {
    noticed("cleanup", |storage| {
        careless(storage, Mistake::TooMuchDeleted)
    });
}

#[test]
fn leftovers_that_stay_are_noticed() {
    let scenario = find("sync");
    let wrap = |storage| careless(storage, Mistake::NothingDeleted);
    found_in(&Recorded::scenario(&scenario, with(&scenario, wrap)));
}

#[test]
fn an_io_error_that_is_told_as_absence_is_noticed() {
    noticed_as_error(
        "activation over good",
        Failure::Io,
        Scope::Reads,
        |storage| careless(storage, Mistake::ErrorIsAbsence),
    );
}

#[test]
fn an_io_error_that_is_told_as_damage_is_noticed() {
    noticed_as_error(
        "activation over good",
        Failure::Io,
        Scope::Reads,
        |storage| careless(storage, Mistake::ErrorIsDamage),
    );
}

#[test]
fn a_full_disk_that_nobody_is_told_of_is_noticed() {
    noticed_as_error("settings", Failure::NoSpace, Scope::All, |storage| {
        careless(storage, Mistake::ErrorIsSuccess)
    });
}

/// Makes all power cuts of a scenario on a storage that makes a mistake, until one is found that
/// does harm.
fn noticed(name: &str, wrap: Wrap) {
    let scenario = find(name);
    let recorded = Recorded::scenario(&scenario, with(&scenario, wrap));
    found_in(&recorded.recovering_plainly());
}

fn found_in(recorded: &Recorded) {
    let found = recorded.recording.moments().find_map(|moment| {
        [0, 2, 3]
            .iter()
            .find_map(|seed| cut(recorded, &moment, Drive::Honest, *seed))
    });
    assert!(found.is_some(), "nothing was noticed");
}

/// As [`noticed`], with calls that fail.
fn noticed_as_error(name: &str, failure: Failure, scope: Scope, wrap: Wrap) {
    let scenario = find(name);
    let recorded = Recorded::scenario(&scenario, scenario.setting());
    let found = (0..recorded.calls).find_map(|at| {
        [false, true].iter().find_map(|lasts| {
            let fault = Fault {
                at,
                lasts: *lasts,
                failure,
                scope,
            };
            endure(&scenario, &recorded, fault, with(&scenario, wrap)).err()
        })
    });
    println!("{}", found.expect("nothing was noticed"));
}

fn find(name: &str) -> Scenario {
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.name == name);
    scenario.expect("there is such a scenario")
}

fn with(scenario: &Scenario, wrap: Wrap) -> Setting {
    Setting {
        wrap,
        ..scenario.setting()
    }
}

fn careless(storage: SimulatedStorage, mistake: Mistake) -> Arc<dyn Storage> {
    Arc::new(Careless { storage, mistake })
}

/// What may go wrong in a library like this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    TreeNotSynced,
    OnlyFoldersSynced,
    TreeSyncedTooLate,
    FolderNotSynced,
    StateNotSynced,
    StateNotNamed,
    StateReplaced,
    BothSlotsAtOnce,
    TooMuchDeleted,
    NothingDeleted,
    ErrorIsAbsence,
    ErrorIsDamage,
    ErrorIsSuccess,
}

/// Makes one mistake, and is right in everything else.
#[derive(Debug)]
struct Careless {
    storage: SimulatedStorage,
    mistake: Mistake,
}

impl Careless {
    fn has(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn tell<T>(&self, result: io::Result<T>) -> io::Result<T> {
        let kind = match self.mistake {
            Mistake::ErrorIsAbsence => io::ErrorKind::NotFound,
            Mistake::ErrorIsDamage => io::ErrorKind::InvalidData,
            _ => return result,
        };
        result.map_err(|error| match error.raw_os_error() {
            Some(_) => io::Error::from(kind),
            None => error,
        })
    }

    fn sync_folders(&self, path: &Path) -> io::Result<()> {
        for name in self.storage.list(path)? {
            let path = path.join(name);
            let is_folder = self.storage.list(&path).is_ok();
            if is_folder {
                self.sync_folders(&path)?;
            }
        }
        self.storage.sync_dir(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.storage.create(path)?;
        file.write_all(bytes)
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
        self.tell(self.storage.metadata(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.tell(self.storage.list(path))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.tell(self.storage.read(path, limit))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        self.tell(self.storage.open(path))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        self.storage.create(path)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        self.storage.append(path)
    }

    fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.storage.overwrite(path, bytes)
    }

    fn commit(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let storage = &self.storage;
        if !path.starts_with("state.a") && !path.starts_with("state.b") {
            return storage.commit(path, bytes);
        }
        match self.mistake {
            Mistake::StateNotSynced => self.write(path, bytes),
            Mistake::StateNotNamed => {
                let mut file = storage.create(path)?;
                file.write_all(bytes)?;
                file.sync()
            }
            Mistake::StateReplaced => {
                let new = path.with_file_name("state.a.broken");
                self.write(&new, bytes)?;
                storage.rename(&new, path)
            }
            Mistake::BothSlotsAtOnce => {
                self.write(Path::new("state.a"), bytes)?;
                self.write(Path::new("state.b"), bytes)?;
                storage.sync_dir(Path::new(""))
            }
            Mistake::TreeSyncedTooLate => {
                storage.commit(path, bytes)?;
                storage.sync_tree(Path::new(""))
            }
            Mistake::ErrorIsSuccess => {
                let _ = storage.commit(path, bytes);
                Ok(())
            }
            _ => storage.commit(path, bytes),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.storage.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        if self.has(Mistake::NothingDeleted) {
            return Ok(());
        }
        self.storage.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        if self.has(Mistake::TooMuchDeleted) {
            let bundles = Path::new("bundles");
            for id in self.storage.list(bundles)? {
                let page = bundles.join(id).join("www/js/app.js");
                // It may be gone already.
                let _ = self.storage.remove_file(&page);
            }
        }
        self.storage.remove_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if self.has(Mistake::FolderNotSynced) {
            return Ok(());
        }
        self.storage.sync_dir(path)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        match self.mistake {
            Mistake::TreeNotSynced | Mistake::TreeSyncedTooLate => Ok(()),
            Mistake::OnlyFoldersSynced => self.sync_folders(path),
            _ => self.storage.sync_tree(path),
        }
    }

    fn free_space(&self) -> io::Result<u64> {
        self.storage.free_space()
    }

    fn lock(&self, path: &Path) -> io::Result<LockOutcome> {
        self.storage.lock(path)
    }
}
