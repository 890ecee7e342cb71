//! A device with one app: a simulated disk, a server in memory, a clock that tests move.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use live_updater::{
    Bundle, Config, DownloadRequest, Error, Event, Launch, Storage, SyncOutcome, Updater,
};
use serde_json::{Value, json};
use storage_simulator::{SimulatedDisk, SimulatedStorage};
use tokio::runtime::{Builder, Runtime};

use crate::clock::{TICK, TestClock};
use crate::server::{Server, files_of};

/// What stands between the library and the disk.
pub(crate) type Wrap = fn(SimulatedStorage) -> Arc<dyn Storage>;

/// A storage without anything in between.
pub(crate) fn plain(storage: SimulatedStorage) -> Arc<dyn Storage> {
    Arc::new(storage)
}

/// What differs between devices.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) config: Value,
    pub(crate) native_build: String,
    pub(crate) has_syncfs: bool,
    pub(crate) wrap: Wrap,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self {
            config: json!({
                "appId": "com.example.app",
                "updateUrl": "http://127.0.0.1:1",
                "trust": {"mode": "unsigned"},
                "appReadyTimeout": 1000,
                "applyAfterBackground": 300,
            }),
            native_build: "1".to_owned(),
            has_syncfs: true,
            wrap: plain,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) disk: SimulatedDisk,
    pub(crate) server: Server,
    pub(crate) clock: TestClock,
    pub(crate) setting: Setting,
    /// The device is on for the so many-th time.
    pub(crate) boot: u32,
    process: Option<Process>,
    runtime: Runtime,
    /// Whether work in the background is waited for, so that each run is like the last.
    pub(crate) is_orderly: bool,
}

/// The app's process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) updater: Updater,
    storage: SimulatedStorage,
    clock: TestClock,
    /// The launch, or what took its place.
    pub(crate) launch: Launch,
    is_active: bool,
    is_ready: bool,
    events: Arc<Mutex<Vec<Event>>>,
    /// How often the trash has been looked through when all is tidied up.
    tidied: u64,
}

impl Device {
    pub(crate) fn new(disk: SimulatedDisk, server: Server, setting: Setting, boot: u32) -> Self {
        Self {
            disk,
            server,
            clock: TestClock::new(),
            setting,
            boot,
            process: None,
            runtime: Builder::new_current_thread().build().unwrap(),
            is_orderly: true,
        }
    }

    /// Starts the app's process; the one before dies without a word.
    pub(crate) fn launch(&mut self, is_active: bool) -> Launch {
        self.kill();
        let storage = self.disk.mount();
        let clock = self.clock.of_new_process();
        let events = Arc::new(Mutex::new(Vec::new()));
        let listened = Arc::clone(&events);
        let updater = Updater::builder(storage.root(), self.config())
            .native_version("1.0.0")
            .native_build(self.setting.native_build.clone())
            .boot_id(format!("boot {}", self.boot))
            .storage((self.setting.wrap)(storage.clone()))
            .clock(Arc::new(clock.clone()))
            .transport(Arc::new(self.server.clone()))
            .listener(move |event| listened.lock().unwrap().push(event))
            .open();
        let tidied = self.disk.listings("trash") + 1;
        let launch = updater.launch(is_active);
        self.process = Some(Process {
            updater,
            storage,
            clock,
            launch: launch.clone(),
            is_active,
            is_ready: false,
            events,
            tidied,
        });
        self.settle();
        self.wait_for_hashes();
        launch
    }

    /// Launches until nothing is put off: after a reboot, a launch that has no time to hash a trial
    /// leaves it to the next one, and so does one that rolls back.
    pub(crate) fn launch_at_last(&mut self) -> Launch {
        let mut launch = self.launch(true);
        for _ in 0..10 {
            if self.state().is_none_or(|state| state["next"].is_null()) {
                break;
            }
            launch = self.launch(true);
        }
        launch
    }

    /// The device with the same disk, when it has been switched off properly and on again.
    pub(crate) fn after_reboot(&self) -> Self {
        let (server, setting) = (self.server.copy(), self.setting.clone());
        Self::new(self.disk.copy(), server, setting, self.boot + 1)
    }

    /// The app's process dies.
    pub(crate) fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.storage.kill();
        }
    }

    pub(crate) fn process(&self) -> &Process {
        self.process.as_ref().expect("the app runs")
    }

    pub(crate) fn updater(&self) -> &Updater {
        &self.process().updater
    }

    /// What the host shows; nothing where the app doesn't run.
    pub(crate) fn launched(&self) -> Option<&Launch> {
        self.process.as_ref().map(|process| &process.launch)
    }

    pub(crate) fn ready(&mut self) -> Result<Bundle, Error> {
        let updater = &self.process().updater;
        let token = &self.process().launch.launch_token;
        let ready = self.runtime.block_on(updater.notify_app_ready(token));
        if let Some(process) = &mut self.process
            && ready.is_ok()
        {
            process.is_ready = true;
            process.tidied += 1;
        }
        self.settle();
        ready
    }

    pub(crate) fn sync(&mut self) -> Result<SyncOutcome, Error> {
        let outcome = self.runtime.block_on(self.updater().sync());
        self.settle();
        outcome
    }

    pub(crate) fn download(&mut self) -> Result<Bundle, Error> {
        let request = DownloadRequest::Offered;
        self.runtime.block_on(self.updater().download(request))
    }

    /// Another bundle runs from now on.
    pub(crate) fn replace(
        &mut self,
        change: impl AsyncFnOnce(&Updater) -> Result<Launch, Error>,
    ) -> Result<(), Error> {
        let launch = self.runtime.block_on(change(self.updater()));
        let replaced = launch.map(|launch| {
            if let Some(process) = &mut self.process {
                process.load(launch);
            }
        });
        self.settle();
        replaced
    }

    pub(crate) fn pause(&mut self) -> Result<(), Error> {
        let paused = self.updater().pause();
        if let Some(process) = &mut self.process {
            process.is_active = false;
        }
        paused
    }

    /// The app comes back. What is due is activated.
    pub(crate) fn resume(&mut self) -> Result<(), Error> {
        let updater = &self.process().updater;
        let resumed = match updater.resume() {
            Ok(applied) => self.runtime.block_on(applied),
            Err(error) => Err(error),
        };
        if let Some(process) = &mut self.process {
            process.is_active = true;
        }
        self.follow_reload();
        resumed
    }

    pub(crate) fn call<T>(&mut self, call: impl AsyncFnOnce(&Updater) -> T) -> T {
        let answer = self.runtime.block_on(call(self.updater()));
        self.settle();
        answer
    }

    /// A call after which the trash is emptied.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), Error> {
        let deleted = self.runtime.block_on(self.updater().delete(id));
        if let Some(process) = &mut self.process
            && deleted.is_ok()
        {
            process.tidied += 1;
        }
        self.settle();
        deleted
    }

    /// The page stays white until the watchdog has had enough.
    pub(crate) fn wait_for_watchdog(&mut self) {
        for _ in 0..4 {
            let process = self.process();
            let waits = process.clock.waits();
            self.clock.advance(TICK);
            if !self.is_orderly {
                std::thread::yield_now();
                continue;
            }
            self.eventually("the watchdog's next look", |process| {
                process.clock.waits() > waits || process.reloaded().is_some()
            });
        }
        self.follow_reload();
    }

    /// The host says that what runs is bad.
    pub(crate) fn take_back(&mut self) -> Result<(), Error> {
        let updater = &self.process().updater;
        let taken = self.runtime.block_on(updater.set_bundle_error(None));
        self.follow_reload();
        taken.map(drop)
    }

    /// Hashes what runs. Where it is damaged, another takes its place.
    pub(crate) fn verify(&mut self) -> Result<(), Error> {
        let process = self.process();
        let id = process.launch.bundle.id.as_str();
        let verified = self.runtime.block_on(process.updater.verify(id));
        self.follow_reload();
        verified.map(drop)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.server.take_reports(true);
        let flushed = self.runtime.block_on(self.updater().flush());
        self.server.take_reports(false);
        flushed.map(|_| ())
    }

    /// The state as it was last committed.
    pub(crate) fn state(&self) -> Option<Value> {
        self.process.as_ref()?.updater.state().ok()
    }

    /// Whether the files of a bundle are exactly those of a version.
    pub(crate) fn is_whole(&self, id: &str, version: &str) -> bool {
        let folder = Path::new("bundles").join(id);
        self.disk.files(folder.join("www")) == files_of(version)
            && self.disk.read(folder.join("files")).is_some()
    }

    /// What is wrong with what a launch gave.
    pub(crate) fn flaw_of(&self, launch: &Launch) -> Option<String> {
        let bundle = &launch.bundle;
        let is_right = match &launch.path {
            None => bundle.id.is_builtin(),
            Some(path) => {
                *path == www(bundle.id.as_str())
                    && self.is_whole(bundle.id.as_str(), &bundle.version)
            }
        };
        (!is_right).then(|| format!("{} {} is served, and not whole", bundle.version, bundle.id))
    }

    /// What is in the root and mustn't be there when an update is complete and tidied up.
    pub(crate) fn litter(&self) -> Option<String> {
        const ALLOWED: [&str; 10] = [
            "bundles",
            "downloads",
            "lock",
            "staging",
            "starts",
            "state.a",
            "state.a.broken",
            "state.b",
            "state.b.broken",
            "trash",
        ];
        let names = self.disk.names("");
        if let Some(name) = names.iter().find(|name| !ALLOWED.contains(&name.as_str())) {
            return Some(name.clone());
        }
        for folder in ["downloads", "staging", "trash"] {
            if let Some(name) = self.disk.names(folder).first() {
                return Some(format!("{folder}/{name}"));
            }
        }
        let state = self.state().unwrap_or_default();
        let is_named = |id: &&String| {
            let bundle = bundle(&state, id);
            bundle.is_some_and(|bundle| bundle["status"] != "error")
        };
        let bundles = self.disk.names("bundles");
        bundles
            .iter()
            .find(|id| !is_named(id))
            .map(|id| format!("bundles/{id}"))
    }

    fn config(&self) -> Config {
        Config::from_json(&self.setting.config.to_string()).unwrap()
    }

    /// Waits until nothing goes on in the background.
    fn settle(&mut self) {
        if !self.is_orderly {
            return;
        }
        let tidied = self.process().tidied;
        self.disk.wait_until("the trash is empty", |disk| {
            disk.listings("trash") >= tidied && disk.names("trash").is_empty()
        });
        self.eventually("the watchdog has begun", |process| {
            !process.is_watched() || process.clock.is_watching()
        });
    }

    /// Waits until the bundle that was launched has been hashed in this boot, or was found damaged.
    fn wait_for_hashes(&mut self) {
        if !self.is_orderly {
            return;
        }
        let boot = self.boot_id();
        self.eventually("the files are hashed", |process| {
            let state = process.updater.state().unwrap_or_default();
            let id = process.launch.bundle.id.as_str();
            let is_hashed = bundle(&state, id).is_none_or(|bundle| bundle["hashedBoot"] == *boot);
            is_hashed || process.reloaded().is_some()
        });
        self.follow_reload();
    }

    /// Loads what the updater last said is to be loaded.
    fn follow_reload(&mut self) {
        if let Some(process) = &mut self.process
            && let Some(launch) = process.reloaded()
        {
            process.load(launch);
        }
        self.settle();
    }

    fn boot_id(&self) -> String {
        format!("boot {}", self.boot)
    }

    /// Waits until something holds in the process.
    fn eventually(&self, what: &str, holds: impl Fn(&Process) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !holds(self.process()) {
            assert!(Instant::now() < end, "{what}: not within 20 s");
            std::thread::sleep(Duration::from_micros(100));
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    fn load(&mut self, launch: Launch) {
        self.is_ready &= self.launch.launch_token == launch.launch_token;
        self.launch = launch;
        self.events.lock().unwrap().clear();
    }

    /// Whether the watchdog has something to watch.
    fn is_watched(&self) -> bool {
        !self.launch.bundle.id.is_builtin() && self.is_active && !self.is_ready
    }

    /// What the host was told to load and hasn't loaded.
    fn reloaded(&self) -> Option<Launch> {
        let events = self.events.lock().unwrap();
        events.iter().rev().find_map(|event| match event {
            Event::Reload(launch) => Some(launch.clone()),
            _ => None,
        })
    }
}

/// The record of a bundle in a state.
pub(crate) fn bundle<'a>(state: &'a Value, id: &str) -> Option<&'a Value> {
    state["bundles"]
        .as_array()?
        .iter()
        .find(|bundle| bundle["id"] == id)
}

/// Where a host finds the web files of a bundle.
fn www(id: &str) -> PathBuf {
    Path::new(storage_simulator::ROOT_PATH)
        .join("bundles")
        .join(id)
        .join("www")
}
