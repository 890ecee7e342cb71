//! A device with one app: a simulated disk, a server in memory, a clock that tests move.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use live_updater::{
    Bundle, Clock as _, Config, DownloadRequest, Error, Event, Launch, Storage, SyncOutcome,
    Updater,
};
use serde_json::Value;
use storage_simulator::{SimulatedDisk, SimulatedStorage};
use tokio::runtime::{Builder, Runtime};

use crate::clock::{TICK, TestClock};
use crate::files::bundle;
use crate::server::{Connection, Server};
use crate::setting::Setting;

/// The most that one look of the watchdog adds to the active time.
const MOST_PER_TICK: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(120);

/// A device, and the app on it.
#[derive(Debug)]
pub struct Device {
    /// What the app has its files on.
    pub disk: SimulatedDisk,
    /// Whom the app asks for updates.
    pub server: Server,
    /// The device's time.
    pub clock: TestClock,
    /// As it is installed.
    pub setting: Setting,
    /// The device is on for the so many-th time.
    pub boot: u32,
    process: Option<Process>,
    runtime: Runtime,
    /// Whether work in the background is waited for, so that each run is like the last.
    pub is_orderly: bool,
}

/// The app's process.
#[derive(Debug)]
pub struct Process {
    /// The library in it.
    pub updater: Updater,
    storage: SimulatedStorage,
    connection: Connection,
    clock: TestClock,
    /// The launch, or what took its place.
    pub launch: Launch,
    is_active: bool,
    is_ready: bool,
    /// Active time of what runs, as the watchdog counts it.
    watched: Duration,
    /// How long the watchdog has something to look at in a bundle that was good before.
    longest: Duration,
    events: Arc<Mutex<Vec<Event>>>,
    /// How often the trash has been looked through when all is tidied up.
    tidied: u64,
}

impl Device {
    /// A device that is on for the `boot`th time, and runs no app yet.
    pub fn new(disk: SimulatedDisk, server: Server, setting: Setting, boot: u32) -> Self {
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
    pub fn launch(&mut self, is_active: bool) -> Launch {
        self.kill();
        let storage = self.disk.mount();
        let connection = self.server.connect();
        let clock = self.clock.of_new_process();
        let events = Arc::new(Mutex::new(Vec::new()));
        let listened = Arc::clone(&events);
        let updater = Updater::builder(storage.root(), self.config())
            .native_version(self.setting.native_version.clone())
            .native_build(self.setting.native_build.clone())
            .boot_id(self.boot_id())
            .storage((self.setting.wrap)(storage.clone()))
            .clock(Arc::new(clock.clone()))
            .transport(Arc::new(connection.clone()))
            .listener(move |event| listened.lock().unwrap().push(event))
            .open();
        let tidied = self.disk.listings("trash") + 1;
        let launch = updater.launch(is_active);
        self.process = Some(Process {
            updater,
            storage,
            connection,
            clock,
            launch: launch.clone(),
            is_active,
            is_ready: false,
            watched: Duration::ZERO,
            longest: self.ready_timeout(),
            events,
            tidied,
        });
        self.settle();
        self.wait_for_hashes();
        launch
    }

    /// Launches until nothing is put off: after a reboot, a launch that has no time to hash a trial
    /// leaves it to the next one, and so does one that rolls back.
    pub fn launch_at_last(&mut self) -> Launch {
        let mut launch = self.launch(true);
        for _ in 0..10 {
            if self.state().is_none_or(|state| state["next"].is_null()) {
                break;
            }
            launch = self.launch(true);
        }
        launch
    }

    /// The app's process is launched once more, as by an activity that is made anew. What a
    /// `resume` would apply is applied in the background.
    pub fn launch_again(&mut self, is_active: bool) -> Launch {
        let launch = self.updater().launch(is_active);
        if let Some(process) = &mut self.process {
            process.is_active = is_active;
        }
        launch
    }

    /// The device with the same disk, when it has been switched off properly and on again.
    #[must_use]
    pub fn after_reboot(&self) -> Self {
        let (server, setting) = (self.server.copy(), self.setting.clone());
        Self::new(self.disk.copy(), server, setting, self.boot + 1)
    }

    /// The app's process dies.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.storage.kill();
            process.connection.kill();
        }
    }

    /// What runs.
    ///
    /// # Panics
    ///
    /// Nothing runs.
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("the app runs")
    }

    /// The library in the app's process.
    ///
    /// # Panics
    ///
    /// Nothing runs.
    pub fn updater(&self) -> &Updater {
        &self.process().updater
    }

    /// What the host shows; nothing where the app doesn't run.
    pub fn launched(&self) -> Option<&Launch> {
        self.process.as_ref().map(|process| &process.launch)
    }

    /// The page says that it works.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::notify_app_ready`].
    pub fn ready(&mut self) -> Result<Bundle, Error> {
        let token = self.process().launch.launch_token.clone();
        self.ready_with(&token)
    }

    /// A page says that it works, perhaps one of long ago.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::notify_app_ready`].
    pub fn ready_with(&mut self, token: &str) -> Result<Bundle, Error> {
        let updater = &self.process().updater;
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

    /// Checks, downloads and sets as next.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::sync`].
    pub fn sync(&mut self) -> Result<SyncOutcome, Error> {
        let outcome = self.runtime.block_on(self.updater().sync());
        self.settle();
        outcome
    }

    /// Downloads what was offered last.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::download`].
    pub fn download(&mut self) -> Result<Bundle, Error> {
        let request = DownloadRequest::Offered;
        self.runtime.block_on(self.updater().download(request))
    }

    /// Another bundle runs from now on.
    ///
    /// # Errors
    ///
    /// Those of `change`.
    pub fn replace(
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

    /// The app goes to the background.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::pause`].
    pub fn pause(&mut self) -> Result<(), Error> {
        let paused = self.updater().pause();
        if let Some(process) = &mut self.process {
            process.is_active = false;
        }
        paused
    }

    /// The app comes back. What is due is activated.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::resume`].
    pub fn resume(&mut self) -> Result<(), Error> {
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

    /// A call after which all is done that it has caused.
    pub fn call<T>(&mut self, call: impl AsyncFnOnce(&Updater) -> T) -> T {
        let answer = self.runtime.block_on(call(self.updater()));
        self.settle();
        answer
    }

    /// A call after which the trash is emptied.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::delete`].
    pub fn delete(&mut self, id: &str) -> Result<(), Error> {
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
    pub fn wait_for_watchdog(&mut self) {
        for _ in 0..4 {
            self.wait(TICK);
        }
    }

    /// Time passes, and the watchdog has looked, where there is something to look at.
    pub fn wait(&mut self, duration: Duration) {
        let is_watched = self.process.as_ref().is_some_and(Process::is_watched);
        let before = self.disk.read("starts");
        self.clock.advance(duration);
        if !self.is_orderly {
            std::thread::yield_now();
        } else if is_watched {
            if let Some(process) = &mut self.process {
                process.watched += duration.min(MOST_PER_TICK);
            }
            let disk = self.disk.clone();
            self.eventually("the watchdog's next look", |process| {
                // Whoever holds the record's write up holds up the state too.
                let has_looked = disk.read("starts") != before && process.runs_what_was_launched();
                has_looked && (!process.is_watched() || process.clock.is_watching())
                    || process.reloaded().is_some()
            });
        }
        if self.process.is_some() {
            self.follow_reload();
        }
    }

    /// The host says that what runs is bad.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::set_bundle_error`].
    pub fn take_back(&mut self) -> Result<(), Error> {
        let updater = &self.process().updater;
        let taken = self.runtime.block_on(updater.set_bundle_error(None));
        self.follow_reload();
        taken.map(drop)
    }

    /// Hashes what runs. Where it is damaged, another takes its place.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::verify`].
    pub fn verify(&mut self) -> Result<(), Error> {
        let process = self.process();
        let id = process.launch.bundle.id.as_str();
        let verified = self.runtime.block_on(process.updater.verify(id));
        self.follow_reload();
        verified.map(drop)
    }

    /// Delivers the reports to a server that takes them, which it does not for longer.
    ///
    /// # Errors
    ///
    /// Those of [`Updater::flush`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.server.take_reports(true);
        let flushed = self.runtime.block_on(self.updater().flush());
        self.server.take_reports(false);
        flushed.map(|_| ())
    }

    /// The state as the app has it; nothing where it doesn't run.
    pub fn state(&self) -> Option<Value> {
        self.process.as_ref()?.updater.state().ok()
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
        (self.setting.boot_id)(self.boot)
    }

    fn ready_timeout(&self) -> Duration {
        let millis = self.setting.config["appReadyTimeout"].as_u64();
        Duration::from_millis(millis.unwrap_or(10_000))
    }

    /// What its wall clock shows, since the Unix epoch.
    pub fn now(&self) -> Duration {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap_or_default()
    }

    /// Loads what was to be loaded in the background.
    pub fn catch_up(&mut self) {
        if self.process.is_some() {
            self.follow_reload();
        }
    }

    /// Waits until something holds in the process, as long as it may take on a machine that has a
    /// lot else to do.
    fn eventually(&self, what: &str, holds: impl Fn(&Process) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self.process()) {
            assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
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
        if self.launch.launch_token != launch.launch_token {
            self.is_ready = false;
            self.watched = Duration::ZERO;
        }
        self.launch = launch;
        self.events.lock().unwrap().clear();
    }

    /// Whether the watchdog has something to watch.
    fn is_watched(&self) -> bool {
        let is_over = !self.launch.trial && self.watched >= self.longest;
        !self.launch.bundle.id.is_builtin() && self.is_active && !self.is_ready && !is_over
    }

    fn runs_what_was_launched(&self) -> bool {
        let state = self.updater.state();
        state.is_ok_and(|state| state["running"] == *self.launch.bundle.id.as_str())
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
