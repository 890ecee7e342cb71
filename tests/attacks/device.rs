//! A device under attack, and what has to hold afterwards.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use live_updater::Updater;
use mock_update_server::{Endpoint, Release};
use serde_json::{Map, Value, json};

use crate::clock::DistortedClock;
use crate::world::World;
use crate::world::signing::{Web, enclosed, key, payload, pem, signature, trust};

/// What an app asks of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Unsigned,
    Bundle,
    Statement,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Unsigned, Self::Bundle, Self::Statement];

    /// The publisher has the key of seed 1.
    fn trust(self) -> Value {
        match self {
            Self::Unsigned => json!({"mode": "unsigned"}),
            Self::Bundle => json!({"mode": "bundle", "keys": [{"key": pem(1)}]}),
            Self::Statement => trust(&[1], 1),
        }
    }
}

/// A device whose app has taken an update already.
pub(crate) struct Device {
    pub(crate) world: World,
    mode: Mode,
    clock: Option<DistortedClock>,
    updater: Option<Updater>,
    /// The version that runs.
    runs: String,
    /// That of the newest honest statement.
    pub(crate) sequence: u64,
    /// Who signs honest statements.
    pub(crate) signers: Vec<u8>,
    /// The bundles that may be on the disk.
    good: Vec<String>,
    withstood: u64,
}

impl Device {
    /// Runs 2.0.0, which it got from an honest server.
    pub(crate) async fn running(mode: Mode) -> Self {
        Self::trusting(mode, mode.trust(), &[1]).await
    }

    /// As [`running`](Self::running), with other keys in the app.
    pub(crate) async fn trusting(mode: Mode, trust: Value, signers: &[u8]) -> Self {
        let mut device = Self::new(mode, None).await;
        device.world.configure("trust", trust);
        device.signers = signers.to_vec();
        device.begin().await
    }

    /// As [`running`](Self::running), in a time of its own.
    pub(crate) async fn running_at(mode: Mode, clock: &DistortedClock) -> Self {
        let mut device = Self::new(mode, Some(clock.clone())).await;
        // As the configuration has it by default.
        device.world.configure("readTimeout", Value::Null);
        device.begin().await
    }

    async fn new(mode: Mode, clock: Option<DistortedClock>) -> Self {
        let mut world = World::new().await;
        world.configure("trust", mode.trust());
        Self {
            world,
            mode,
            clock,
            updater: None,
            runs: String::new(),
            sequence: 0,
            signers: vec![1],
            good: Vec::new(),
            withstood: 0,
        }
    }

    async fn begin(mut self) -> Self {
        self.relaunch().await;
        self.offer("2.0.0");
        self.takes("2.0.0").await;
        self
    }

    pub(crate) fn updater(&self) -> &Updater {
        self.updater.as_ref().unwrap()
    }

    /// The publisher offers a version, as the trust mode wants it.
    pub(crate) fn offer(&mut self, version: &str) {
        let release = self.release(version);
        self.world.server.offer(release);
    }

    /// What the server says when the publisher offers a version.
    pub(crate) fn release(&mut self, version: &str) -> Release {
        let web = Web::page(version);
        let (mut signature, mut other) = (None, Map::new());
        match self.mode {
            Mode::Unsigned => {}
            Mode::Bundle => signature = Some(sign(&web.zip, 1)),
            Mode::Statement => {
                self.sequence += 10;
                let payload = payload(self.sequence, version, &web);
                other.insert("release".to_owned(), self.sealed(&payload));
            }
        }
        Release {
            other,
            ..self.release_of(version, &web.zip, signature)
        }
    }

    /// The server offers these bytes as that version.
    pub(crate) fn offer_zip(&self, version: &str, zip: &[u8], signature: Option<String>) {
        let release = self.release_of(version, zip, signature);
        self.world.server.offer(release);
    }

    /// The server offers a statement that the publisher has signed, and serves `web`.
    pub(crate) fn state(&self, payload: &Value, web: &Web) {
        self.world.answer(&self.sealed(payload), web);
    }

    /// The envelope of a payload that the publisher has signed.
    pub(crate) fn sealed(&self, payload: &Value) -> Value {
        let payload = payload.to_string();
        let signatures = self.signers.iter().map(|seed| signature(&payload, *seed));
        enclosed(&payload, &signatures.collect::<Vec<_>>())
    }

    fn release_of(&self, version: &str, zip: &[u8], signature: Option<String>) -> Release {
        self.world.publish_zip("9.9.9", zip);
        let release = self.world.server.release("9.9.9").unwrap();
        Release {
            version: version.to_owned(),
            signature,
            ..release
        }
    }

    /// What a sync comes to: the status, the reason of a block, or the code of the error.
    pub(crate) async fn answer(&self) -> String {
        match self.updater().sync().await {
            Ok(outcome) => match outcome.reason {
                Some(reason) => format!("{}: {}", outcome.status.as_str(), reason.as_str()),
                None => outcome.status.as_str().to_owned(),
            },
            Err(error) => error.code().to_owned(),
        }
    }

    /// Asserts that what the server has now comes to `expected`, and that nothing is left of it.
    pub(crate) async fn withstands(&mut self, expected: &str) {
        assert_eq!(self.answer().await, expected, "way {}", self.withstood + 1);
        assert_eq!(self.world.names("downloads"), [""; 0], "{expected}");
        self.stands().await;
    }

    /// Asserts that an attack has changed neither what runs nor what will, and counts it.
    pub(crate) async fn stands(&mut self) {
        self.withstood += 1;
        assert_eq!(self.updater().current().unwrap().version, self.runs);
        assert_eq!(self.updater().next().unwrap(), None);
        assert_eq!(self.world.names("staging"), [""; 0]);
        let bundles = self.world.names("bundles");
        assert!(
            bundles.iter().all(|name| self.good.contains(name)),
            "{bundles:?}"
        );
        self.relaunch().await;
        self.serves_what_runs();
    }

    /// Asserts that an app that was built with this `trust` runs its builtin files and takes
    /// nothing, and counts it.
    pub(crate) async fn never_trusts(&mut self, trust: Value) {
        drop(self.updater.take());
        let config = self.world.config_with("trust", trust);
        let updater = Updater::builder_from_json(self.world.root.path(), &config).open();
        let launch = updater.launch(true);
        assert_eq!(launch.bundle.id.as_str(), "builtin");
        assert_eq!(launch.problem.unwrap().code, "config", "{config}");
        assert_eq!(updater.sync().await.unwrap_err().code(), "config");
        drop(updater);
        self.withstood += 1;
        self.relaunch().await;
        self.serves_what_runs();
    }

    /// Asserts that what the server has now is taken, and runs well.
    pub(crate) async fn takes(&mut self, version: &str) {
        assert_eq!(self.answer().await, "downloaded", "{version}");
        version.clone_into(&mut self.runs);
        self.relaunch().await;
        self.serves_what_runs();
        self.good = self.world.names("bundles");
    }

    /// Asserts that the next honest update is taken as if nothing had been; how often the device
    /// was attacked before.
    #[must_use]
    pub(crate) async fn recovers(mut self) -> u64 {
        self.world.server.clear_faults(Endpoint::Any);
        self.offer("800.0.0");
        self.takes("800.0.0").await;
        self.withstood
    }

    /// The app's process ends and is started anew; what is on trial is ready.
    pub(crate) async fn relaunch(&mut self) {
        drop(self.updater.take());
        let clock = self.clock.clone();
        let updater = self.world.open_with(|builder| match clock {
            Some(clock) => builder.clock(Arc::new(clock)),
            None => builder,
        });
        let launch = updater.launch(true);
        assert_eq!(launch.problem, None);
        assert_eq!(launch.rolled_back, None);
        let ready = updater.notify_app_ready(&launch.launch_token);
        assert_eq!(ready.await.unwrap().id, launch.bundle.id);
        self.updater = Some(updater);
    }

    /// Names of what runs, without those in its folders.
    pub(crate) fn served(&self) -> Vec<String> {
        let current = self.updater().current().unwrap();
        let mut names = self.world.names(&format!("bundles/{}/www", current.id));
        names.sort();
        names
    }

    fn serves_what_runs(&self) {
        let current = self.updater().current().unwrap();
        assert_eq!(current.version, self.runs);
        let page = format!("bundles/{}/www/index.html", current.id);
        let page = fs::read_to_string(self.world.path(&page)).unwrap();
        assert_eq!(page, self.runs);
    }
}

/// The signature of the key of `seed` over these very bytes.
pub(crate) fn sign(bytes: &[u8], seed: u8) -> String {
    STANDARD.encode(key(seed).sign(bytes).to_bytes())
}

/// Tells of an attack that was refused in so many ways.
pub(crate) fn tell(ways: u64) {
    assert!(ways > 0);
    proof::tell("attacks", &[("attacks", 1), ("ways of attacking", ways)]);
}
