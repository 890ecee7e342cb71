//! The play: who takes part, and what happens in which order.

mod bad_release;
mod download;
mod forgeries;
mod good_release;
mod host;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};

use device_process::Device;
use live_updater::{Trust, verify_file};
use mock_update_server::MockServer;
use serde_json::{Value, json};

use self::host::Host;
use super::app::App;
use super::evidence::Observations;
use super::stage::Stage;
use super::workshop::{Signed, Workshop};
use super::{BAD_VERSION, BUILTIN_VERSION, GOOD_VERSION, human};
use crate::output::Failure;

/// How long the watchdog waits for a page, in milliseconds of its running.
const READY_TIMEOUT: u64 = 3_000;
/// How long the interrupted download takes, whatever the bundle's size, but for its pauses.
const DOWNLOAD_SECONDS: u64 = 8;
/// How much faster the network is afterwards.
const FASTER: u64 = 6;

/// Who and what takes part.
#[derive(Debug)]
pub(super) struct Cast<'a> {
    stage: &'a mut Stage,
    workshop: &'a Workshop<'a>,
    app: &'a App,
    program: PathBuf,
    server: MockServer,
    builtin: Option<PathBuf>,
    good: Signed,
}

/// Why the demo can't go on.
#[derive(Debug)]
pub(super) struct Stop(pub(super) String);

/// Plays it all. What follows is played even where something before it stopped, if it doesn't
/// depend on it.
pub(super) fn play(cast: &mut Cast<'_>, seen: &mut Observations) -> Vec<Stop> {
    let main = download::act(cast, seen)
        .and_then(|()| good_release::act(cast, seen))
        .and_then(|host| bad_release::act(cast, host, seen));
    let main = told(cast, main);
    let forgeries = forgeries::act(cast, seen);
    let forgeries = told(cast, forgeries);
    main.into_iter().chain(forgeries).collect()
}

/// Tells why an act stopped, where it did.
fn told(cast: &mut Cast<'_>, act: Result<(), Stop>) -> Option<Stop> {
    cast.stage.end_bar();
    let stop = act.err()?;
    cast.stage.trouble("stopped", &stop.0);
    Some(stop)
}

impl Stop {
    fn new(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl<'a> Cast<'a> {
    /// Makes the bundle and starts the server.
    pub(super) fn assemble(
        stage: &'a mut Stage,
        workshop: &'a Workshop<'a>,
        app: &'a App,
        seen: &mut Observations,
    ) -> Result<Self, Failure> {
        stage.title("live-updater demo: an app updates itself over a bad network, and takes a bad release back");
        stage.act(
            "The parts",
            &["A developer's machine, an update server and a device, all of them real, all on this machine."],
        );
        stage.say(
            "key",
            "Ed25519, made just now: the app knows its public half",
        );
        stage.say("app", app.story());
        let builtin = app.write_builtin(workshop)?;
        let bundles = workshop.folder("bundles")?;
        let zip = bundles.join(format!("app-{GOOD_VERSION}.zip"));
        app.pack_good(workshop, &zip)?;
        let good = workshop.sign(zip, GOOD_VERSION)?;
        if app.is_packed_here() {
            let again = workshop.folder("scratch")?.join("again.zip");
            app.pack_good(workshop, &again)?;
            let again = verify_file(&again, None, None, &Trust::Unsigned)?;
            seen.packed_twice = Some([good.sha256, again.sha256]);
        }
        tell_of(stage, &good);

        let rate = (good.size / DOWNLOAD_SECONDS).max(1);
        let server = MockServer::builder(&bundles)
            .rate_limit(rate)
            .start_blocking()
            .map_err(|error| Failure::new("network", format!("no server: {error}")))?;
        stage.say("server", format!("{}, at {}/s", server.url(), human(rate)));
        let program = std::env::current_exe().map_err(|error| {
            Failure::new("internal", format!("this program is nowhere: {error}"))
        })?;
        Ok(Self {
            stage,
            workshop,
            app,
            program,
            server,
            builtin,
            good,
        })
    }

    /// Starts the app's process on the device.
    fn start_app(&self) -> Result<Host, Stop> {
        let root = self.device_root();
        self.start_app_at(&root, &self.server)
    }

    fn start_app_at(&self, root: &Path, server: &MockServer) -> Result<Host, Stop> {
        let config = self.config(&server.url());
        let process = Device::new(&self.program, root, &config).start()?;
        Ok(Host::new(process))
    }

    fn device_root(&self) -> PathBuf {
        self.workshop.path("device")
    }

    /// What capacitor.config says in a real app.
    fn config(&self, update_url: &str) -> Value {
        json!({
            "appId": "com.example.postcards",
            "version": BUILTIN_VERSION,
            "updateUrl": update_url,
            "trust": self.workshop.trust(),
            "appReadyTimeout": READY_TIMEOUT,
        })
    }

    fn speed_up(&self) {
        let rate = (self.good.size / DOWNLOAD_SECONDS)
            .max(1)
            .saturating_mul(FASTER);
        self.server.set_rate_limit(Some(rate));
    }
}

fn tell_of(stage: &Stage, signed: &Signed) {
    let digest: String = signed.sha256.to_string().chars().take(12).collect();
    stage.say(
        "packed",
        format!(
            "{}: {} files, {}, sha256 {digest}…, signed",
            signed.version,
            signed.file_count(),
            human(signed.size)
        ),
    );
    for warning in &signed.warnings {
        stage.trouble("warning", warning);
    }
}

impl<E: fmt::Display> From<E> for Stop {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
