//! Whatever panics in the core, the app goes on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use live_updater::{
    BoxFuture, Clock, LockOutcome, Metadata, ReadAt, Storage, StoredFile, SystemClock,
    UpdaterBuilder,
};
use serde::{Serialize, Serializer};

use super::opening::{CONFIG, block_on, code, options};
use crate::{Updater, to_json};

#[test]
fn an_app_whose_updater_cannot_be_opened_starts_on_builtin_and_every_call_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let updater = opened(folder.path(), |builder| builder.storage(Arc::new(Rotten)));

    let launch = updater.launch(true);

    assert_eq!((&*launch.bundle.id, launch.path), ("builtin", None));
    assert_eq!(launch.problem.unwrap().code, "internal");
    for outcome in [updater.pause(), updater.resume(), updater.cancel()] {
        assert_eq!(code(&outcome.unwrap_err()), "internal");
    }
    let enabled = updater.is_auto_update_enabled();
    assert_eq!(code(&enabled.unwrap_err()), "internal");
    let ready = block_on(updater.notify_app_ready(launch.launch_token));
    assert_eq!(code(&ready.unwrap_err()), "internal");
    assert_eq!(code(&block_on(updater.current()).unwrap_err()), "internal");
    assert_eq!(code(&block_on(updater.sync()).unwrap_err()), "internal");
}

#[test]
fn a_root_whose_opening_panicked_can_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let broken = opened(folder.path(), |builder| builder.storage(Arc::new(Rotten)));
    let updater = opened(folder.path(), |builder| builder);
    assert_eq!(updater.launch(true).problem, None);
    drop(broken);
    let again = opened(folder.path(), |builder| builder);
    assert!(Arc::ptr_eq(&updater, &again));
}

#[test]
fn a_launch_that_panics_is_builtin_with_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(BrokenClock::default());
    let updater = opened(folder.path(), |builder| builder.clock(clock.clone()));
    clock.breaks();

    let launch = updater.launch(true);

    assert_eq!((&*launch.bundle.id, launch.path), ("builtin", None));
    assert_eq!(launch.problem.unwrap().code, "internal");
}

#[test]
fn a_call_that_panics_fails_as_others_do() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(BrokenClock::default());
    let updater = opened(folder.path(), |builder| builder.clock(clock.clone()));
    assert_eq!(updater.launch(true).problem, None);
    clock.breaks();
    assert_eq!(code(&updater.pause().unwrap_err()), "internal");
    assert_eq!(code(&updater.resume().unwrap_err()), "internal");
    assert!(updater.cancel().is_ok(), "it asks no clock");
}

#[test]
fn an_updater_whose_end_panics_ends_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(BrokenClock::default());
    let updater = opened(folder.path(), |builder| builder.clock(clock.clone()));
    clock.ends_badly.store(true, Ordering::Relaxed);
    // Now it is the updater that drops it.
    drop(clock);
    drop(updater);
    assert_eq!(opened(folder.path(), |it| it).launch(true).problem, None);
}

#[test]
fn a_record_that_panics_on_its_way_to_json_is_an_empty_one() {
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("a bug in a record")
        }
    }
    assert_eq!(to_json(&Unwritable), "{}");
}

fn opened(root: &Path, with: impl FnOnce(UpdaterBuilder) -> UpdaterBuilder) -> Arc<Updater> {
    let options = options(root.to_str().unwrap(), CONFIG);
    Updater::open_by(&options, None, |builder| with(builder).open())
}

/// Panics from some moment on, or when it is dropped.
#[derive(Debug, Default)]
struct BrokenClock {
    clock: SystemClock,
    is_broken: AtomicBool,
    ends_badly: AtomicBool,
}

impl BrokenClock {
    fn breaks(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    fn hold(&self) {
        assert!(
            !self.is_broken.load(Ordering::Relaxed),
            "a bug in the clock"
        );
    }
}

impl Clock for BrokenClock {
    fn now(&self) -> SystemTime {
        self.hold();
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.hold();
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.hold();
        self.clock.sleep(duration)
    }
}

impl Drop for BrokenClock {
    fn drop(&mut self) {
        let ends_badly = self.ends_badly.load(Ordering::Relaxed);
        assert!(!ends_badly, "a bug at the clock's end");
    }
}

/// A disk that panics, whatever it is asked for.
#[derive(Debug)]
struct Rotten;

fn rot<T>() -> T {
    panic!("a bug in the storage")
}

impl Storage for Rotten {
    fn root(&self) -> &Path {
        rot()
    }
    fn create_dir_all(&self, _: &Path) -> io::Result<()> {
        rot()
    }
    fn metadata(&self, _: &Path) -> io::Result<Metadata> {
        rot()
    }
    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        rot()
    }
    fn read(&self, _: &Path, _: u64) -> io::Result<Vec<u8>> {
        rot()
    }
    fn open(&self, _: &Path) -> io::Result<Arc<dyn ReadAt>> {
        rot()
    }
    fn create(&self, _: &Path) -> io::Result<Box<dyn StoredFile>> {
        rot()
    }
    fn append(&self, _: &Path) -> io::Result<Box<dyn StoredFile>> {
        rot()
    }
    fn overwrite(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        rot()
    }
    fn commit(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        rot()
    }
    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        rot()
    }
    fn remove_file(&self, _: &Path) -> io::Result<()> {
        rot()
    }
    fn remove_dir_all(&self, _: &Path) -> io::Result<()> {
        rot()
    }
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        rot()
    }
    fn sync_tree(&self, _: &Path) -> io::Result<()> {
        rot()
    }
    fn free_space(&self) -> io::Result<u64> {
        rot()
    }
    fn lock(&self, _: &Path) -> io::Result<LockOutcome> {
        rot()
    }
}
