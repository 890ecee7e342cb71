//! The app's process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use live_updater::{Event, Launch, Updater};
use storage_simulator::SimulatedStorage;

use crate::clock::TestClock;

/// The app's process.
#[derive(Debug)]
pub struct Process {
    /// The library in it.
    pub updater: Updater,
    pub(crate) storage: SimulatedStorage,
    pub(crate) clock: TestClock,
    /// The launch, or what took its place.
    pub launch: Launch,
    pub(crate) is_active: bool,
    pub(crate) is_ready: bool,
    /// Active time of what runs, as the watchdog counts it.
    pub(crate) watched: Duration,
    /// How long the watchdog has something to look at in a bundle that was good before.
    pub(crate) longest: Duration,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    /// How often the trash has been looked through when all is tidied up.
    pub(crate) tidied: u64,
}

impl Process {
    pub(crate) fn load(&mut self, launch: Launch) {
        if self.launch.launch_token != launch.launch_token {
            self.is_ready = false;
            self.watched = Duration::ZERO;
        }
        self.launch = launch;
        self.events.lock().unwrap().clear();
    }

    /// Whether the watchdog has something to watch.
    pub(crate) fn is_watched(&self) -> bool {
        let is_over = !self.launch.trial && self.watched >= self.longest;
        !self.launch.bundle.id.is_builtin() && self.is_active && !self.is_ready && !is_over
    }

    pub(crate) fn runs_what_was_launched(&self) -> bool {
        let state = self.updater.state();
        state.is_ok_and(|state| state["running"] == *self.launch.bundle.id.as_str())
    }

    /// What the host was told to load and hasn't loaded.
    pub(crate) fn reloaded(&self) -> Option<Launch> {
        let events = self.events.lock().unwrap();
        events.iter().rev().find_map(|event| match event {
            Event::Reload(launch) => Some(launch.clone()),
            _ => None,
        })
    }
}
