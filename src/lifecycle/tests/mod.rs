//! The life of an app on a phone whose clock the tests turn: real files, no network.

mod activation;
mod channel;
mod collection;
mod crash_loop;
mod foreign_files;
mod forged_state;
mod native_update;
mod page_marks;
mod problems;
mod self_heal;
mod statements;
mod trial;
mod unreadable_files;
mod verdicts_kept;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use semver::Version;
use sha2::{Digest, Sha256};

use super::rules::Rules;
use super::{Lifecycle, Tick};
use crate::archive::FileList;
use crate::bundle::{BundleId, BundleStatus, CrashReason, FailureReason, Launch};
use crate::clock::manual::ManualClock;
use crate::config::Config;
use crate::digest::Sha256Digest;
use crate::event::Event;
use crate::store::Store;
use crate::store::bundles::{BundleDescription, BundleFolder};
use crate::store::disk::DiskStorage;
use crate::store::slots::Slots;
use crate::store::state::State;

const READY_TIMEOUT: Duration = Duration::from_secs(10);
const SLOTS: [&str; 2] = ["state.a", "state.b"];

/// A phone with one app.
struct Phone {
    root: tempfile::TempDir,
    clock: ManualClock,
    rules: Rules,
    boot: Option<&'static str>,
    app: Option<Lifecycle>,
}

impl Phone {
    /// Its app has never run.
    fn new() -> Self {
        Self::with_config(|_| {})
    }

    fn with_config(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::dangerous_unsigned("com.example.app");
        config.app_ready_timeout = READY_TIMEOUT;
        change(&mut config);
        Self {
            root: tempfile::tempdir().unwrap(),
            clock: ManualClock::new(),
            rules: Rules::new(&config, "1.0.0".parse().unwrap(), "1".to_owned()),
            boot: Some("first boot"),
            app: None,
        }
    }

    /// A phone whose current bundle is 2.0.0, and good.
    fn with_good_bundle() -> (Self, BundleId) {
        let mut phone = Self::new();
        phone.launch();
        let good = phone.update_to("2.0.0");
        (phone, good)
    }

    /// Starts the app's process without a launch; the one before dies without a word.
    fn start(&mut self) -> &mut Lifecycle {
        self.app = None;
        let storage = Arc::new(DiskStorage::new(self.root.path()));
        let app = Lifecycle::new(
            Store::open(storage),
            self.rules.clone(),
            Arc::new(self.clock.clone()),
            self.boot.map(str::to_owned),
        );
        self.app.insert(app)
    }

    /// Starts the app in the foreground.
    fn launch(&mut self) -> Launch {
        self.start().launch(true).0
    }

    fn launch_in_background(&mut self) -> Launch {
        self.start().launch(false).0
    }

    fn app(&mut self) -> &mut Lifecycle {
        self.app.as_mut().expect("the app runs")
    }

    fn state(&mut self) -> State {
        self.app().state().clone()
    }

    /// Time passes while the app's process runs; gives what the watchdog did.
    fn wait(&mut self, duration: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        let mut left = duration;
        while !left.is_zero() {
            let step = left.min(Duration::from_millis(250));
            self.clock.advance(step);
            left -= step;
            if let Tick::RolledBack(more) = self.app().tick() {
                events.extend(more);
            }
        }
        events
    }

    /// The app comes back, and what is due is applied.
    fn resume(&mut self) -> Vec<Event> {
        match self.app().resume().unwrap() {
            Some(next) => self.app().apply_unasked(&next).unwrap().1,
            None => Vec::new(),
        }
    }

    fn ready(&mut self, launch: &Launch) {
        let token = launch.launch_token.clone();
        self.app().notify_app_ready(Some(&token)).unwrap();
    }

    /// Puts a bundle on the disk as an installation does, and names it in the state.
    fn install(&mut self, version: &str) -> BundleId {
        self.install_as(version, true)
    }

    fn install_as(&mut self, version: &str, as_next: bool) -> BundleId {
        let id = BundleId::random();
        let description = description(version);
        self.write_bundle(&id, &description);
        let record = description.into_record(id.clone(), 0, self.boot.map(str::to_owned));
        self.app().add_bundle(record, as_next).unwrap();
        id
    }

    fn write_bundle(&self, id: &BundleId, description: &BundleDescription) {
        let folder = BundleFolder::installed(id);
        let www = self.path(&folder.www());
        fs::create_dir_all(&www).unwrap();
        let page = format!("<html>{}</html>", description.version);
        fs::write(www.join("index.html"), &page).unwrap();
        let digest = Sha256Digest::new(Sha256::digest(&page).into());
        let files = FileList::from_files([("index.html", page.len() as u64, digest)]).unwrap();
        fs::write(self.path(&folder.file_list()), files.encode()).unwrap();
        let description = serde_json::to_vec(description).unwrap();
        fs::write(self.path(&folder.description()), description).unwrap();
    }

    /// Installs a version, restarts, and lets it become ready.
    fn update_to(&mut self, version: &str) -> BundleId {
        let id = self.install(version);
        let launch = self.launch();
        assert_eq!(launch.bundle.id, id);
        self.ready(&launch);
        id
    }

    /// How often the state was committed.
    fn generation(&self) -> u64 {
        SLOTS
            .iter()
            .filter_map(|name| fs::read_to_string(self.root.path().join(name)).ok())
            .filter_map(|slot| slot.split(' ').nth(2)?.parse().ok())
            .max()
            .unwrap_or(0)
    }

    fn path(&self, relative: &Path) -> PathBuf {
        self.root.path().join(relative)
    }

    fn page_of(&self, id: &BundleId) -> PathBuf {
        self.path(&BundleFolder::installed(id).www().join("index.html"))
    }

    fn status(&mut self, id: &BundleId) -> Option<BundleStatus> {
        self.app().state().bundle(id).map(|record| record.status)
    }

    /// Each verdict that the server is to learn, oldest first.
    fn reports(&mut self) -> Vec<(String, Option<FailureReason>)> {
        self.app()
            .state()
            .confirmations
            .iter()
            .map(|report| (report.version.to_string(), report.reason))
            .collect()
    }
}

fn description(version: &str) -> BundleDescription {
    let version: Version = version.parse().unwrap();
    BundleDescription {
        checksum: Sha256Digest::new(Sha256::digest(version.to_string()).into()),
        version,
        min_app_version: None,
        max_app_version: None,
    }
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// From here on, nothing can be committed: where the next commit goes, there is a folder.
fn break_commits(phone: &Phone) {
    for slot in SLOTS {
        let path = phone.path(Path::new(slot));
        if path.exists() {
            fs::rename(&path, kept(phone, slot)).unwrap();
        }
        fs::create_dir(&path).unwrap();
    }
}

fn mend_commits(phone: &Phone) {
    for slot in SLOTS {
        let (path, kept) = (phone.path(Path::new(slot)), kept(phone, slot));
        fs::remove_dir(&path).unwrap();
        if kept.exists() {
            fs::rename(kept, &path).unwrap();
        }
    }
}

fn kept(phone: &Phone, slot: &str) -> PathBuf {
    phone.path(Path::new(&format!("{slot}.kept")))
}
