//! What a device goes through.

use live_updater::{CrashReason, Error};
use serde_json::{Value, json};
use simulated_device::{Device, Setting};

use Action::*;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The app starts in the foreground; where it ran, it has died before.
    Launch,
    LaunchInBackground,
    Ready,
    Publish(&'static str),
    Sync,
    /// A download that breaks off again and again, until it is given up.
    SyncThatBreaksOff,
    /// The version on offer, without setting it as next.
    Download,
    /// Runs what was downloaded last, now.
    Set,
    SetNext,
    Reload,
    Reset {
        to_last_successful: bool,
    },
    /// The page stays white for as long as a trial may.
    WaitForWatchdog,
    SetBundleError,
    ReportCrash,
    Pause,
    /// After a long time in the background.
    Resume,
    Flush,
    Verify,
    DeleteDownloaded,
    SetChannel(&'static str),
    ClearBlocked,
    /// Another build of the app is installed.
    InstallApp(&'static str),
    /// A file of the bundle that runs is changed behind the app's back.
    Damage,
    /// Both slots of the state are overwritten behind the app's back.
    DamageState,
}

impl Action {
    /// Does it. What was downloaded is kept in `downloaded`.
    pub(crate) fn perform(
        self,
        device: &mut Device,
        downloaded: &mut Option<String>,
    ) -> Result<(), Error> {
        let id = downloaded.clone().unwrap_or_default();
        match self {
            Self::Launch => drop(device.launch(true)),
            Self::LaunchInBackground => drop(device.launch(false)),
            Self::Ready => drop(device.ready()?),
            Self::Publish(version) => device.server.publish(version),
            Self::Sync => {
                let bundle = device.sync()?.bundle;
                *downloaded = bundle.map(|bundle| bundle.id.to_string());
            }
            Self::SyncThatBreaksOff => {
                device.server.break_after(Some(1000));
                let outcome = device.sync();
                device.server.break_after(None);
                return match outcome {
                    Err(error) if error.code() == "network" => Ok(()),
                    outcome => outcome.map(|_| ()),
                };
            }
            Self::Download => *downloaded = Some(device.download()?.id.to_string()),
            Self::Set => device.replace(async |updater| updater.set(&id).await)?,
            Self::SetNext => device
                .call(async |updater| updater.set_next(&id).await)
                .map(drop)?,
            Self::Reload => device.replace(async |updater| updater.reload().await)?,
            Self::Reset { to_last_successful } => {
                device.replace(async |updater| updater.reset(to_last_successful).await)?;
            }
            Self::WaitForWatchdog => device.wait_for_watchdog(),
            Self::SetBundleError => device.take_back()?,
            Self::ReportCrash => {
                let reason = Some(CrashReason::Renderer);
                device.call(async |updater| updater.report_crash(None, reason).await)?;
            }
            Self::Pause => device.pause()?,
            Self::Resume => {
                device.clock.advance(std::time::Duration::from_secs(1000));
                device.resume()?;
            }
            Self::Flush => device.flush()?,
            Self::Verify => device.verify()?,
            Self::DeleteDownloaded => device.delete(&id)?,
            Self::SetChannel(channel) => {
                let channel = Some(channel.to_owned());
                device.call(async |updater| updater.set_channel(channel).await)?;
            }
            Self::ClearBlocked => {
                device.call(async |updater| updater.clear_blocked(None).await)?;
            }
            Self::InstallApp(build) => {
                device.kill();
                build.clone_into(&mut device.setting.native_build);
            }
            Self::Damage => {
                let running = device.process().launch.bundle.id.clone();
                let page = format!("bundles/{running}/www/js/app.js");
                device.disk.write(page, b"not what was installed");
            }
            Self::DamageState => {
                device.kill();
                for slot in ["state.a", "state.b"] {
                    device.disk.write(slot, b"garbage");
                }
            }
        }
        Ok(())
    }
}

/// Something that the power may cut at any step.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) config: Vec<(&'static str, Value)>,
    /// What has happened before, and is durable.
    pub(crate) before: Vec<Action>,
    pub(crate) actions: Vec<Action>,
}

impl Scenario {
    fn new(name: &'static str, before: &[&[Action]], actions: &[&[Action]]) -> Self {
        Self {
            name,
            config: Vec::new(),
            before: before.concat(),
            actions: actions.concat(),
        }
    }

    fn with(mut self, key: &'static str, value: Value) -> Self {
        self.config.push((key, value));
        self
    }

    pub(crate) fn setting(&self) -> Setting {
        let mut setting = Setting::new();
        for (key, value) in &self.config {
            setting.config[*key] = value.clone();
        }
        setting
    }
}

/// The app runs on its builtin files.
const BUILTIN: &[Action] = &[Launch, Ready];
/// 2.0.0 is next.
const SYNCED: &[Action] = &[Launch, Ready, Publish("2.0.0"), Sync];
/// 2.0.0 runs on trial.
const TRIAL: &[Action] = &[Launch, Ready, Publish("2.0.0"), Sync, Launch];
/// 2.0.0 runs, and was ready.
const GOOD: &[Action] = &[Launch, Ready, Publish("2.0.0"), Sync, Launch, Ready];
/// 3.0.0 comes, and was ready.
const ANOTHER: &[Action] = &[Publish("3.0.0"), Sync, Launch, Ready];
const THIRD: &[Action] = &[Publish("4.0.0"), Sync, Launch, Ready];
/// 3.0.0 runs on trial.
const ANOTHER_TRIAL: &[Action] = &[Publish("3.0.0"), Sync, Launch];

/// Everything that changes the disk.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let to_builtin = Reset {
        to_last_successful: false,
    };
    let to_last = Reset {
        to_last_successful: true,
    };
    let new = Scenario::new;
    vec![
        new("first open", &[], &[&[Launch, Ready]]),
        new("first sync", &[BUILTIN], &[&[Publish("2.0.0"), Sync]]),
        new("sync", &[GOOD], &[&[Publish("3.0.0"), Sync]]),
        new(
            "resumed sync",
            &[GOOD],
            &[&[
                Publish("3.0.0"),
                SyncThatBreaksOff,
                Launch,
                Sync,
                Launch,
                Ready,
            ]],
        ),
        new(
            "other part",
            &[GOOD, &[Publish("3.0.0"), SyncThatBreaksOff]],
            &[&[Publish("4.0.0"), Sync]],
        ),
        new("activation", &[SYNCED], &[&[Launch]]),
        new(
            "activation over good",
            &[GOOD, &[Publish("3.0.0"), Sync]],
            &[&[Launch]],
        ),
        new("ready", &[TRIAL], &[&[Ready]]),
        new(
            "ready over good",
            &[GOOD, ANOTHER_TRIAL],
            &[&[Ready, Flush]],
        ),
        new(
            "trial that dies",
            &[GOOD, ANOTHER_TRIAL],
            &[&[Launch, Launch, Ready, Flush]],
        ),
        new(
            "trial that dies paused",
            &[GOOD, ANOTHER_TRIAL],
            &[&[Pause, Launch, Pause, LaunchInBackground, Resume, Ready]],
        ),
        new(
            "watchdog",
            &[GOOD, ANOTHER_TRIAL],
            &[&[WaitForWatchdog, Ready, Flush, Launch]],
        ),
        new(
            "watchdog to builtin",
            &[TRIAL],
            &[&[WaitForWatchdog, Launch]],
        ),
        new(
            "crash loop",
            &[GOOD, ANOTHER, &[Launch, Launch]],
            &[&[Launch, Launch, Ready, Flush]],
        ),
        new(
            "crash loop that ends",
            &[GOOD, ANOTHER, &[Launch, Launch]],
            &[&[Launch, Ready, Launch, Ready]],
        ),
        new(
            "crash loop that is left",
            &[GOOD, ANOTHER, &[Launch, Launch]],
            &[&[Launch, Pause, Launch, Ready]],
        ),
        new(
            "reported crashes",
            &[GOOD, ANOTHER],
            &[&[
                ReportCrash,
                Launch,
                Ready,
                ReportCrash,
                Launch,
                Ready,
                ReportCrash,
                Launch,
                Ready,
            ]],
        ),
        new(
            "reported bundle",
            &[GOOD, ANOTHER],
            &[&[SetBundleError, Flush, Launch]],
        ),
        new(
            "cleanup",
            &[GOOD, ANOTHER, THIRD],
            &[&[Publish("5.0.0"), Sync, Launch, Ready, Launch, Ready]],
        ),
        new("reset", &[GOOD, ANOTHER], &[&[to_builtin, Launch, Ready]]),
        new(
            "reset to the last",
            &[GOOD, ANOTHER_TRIAL],
            &[&[to_last, Ready, Launch]],
        ),
        new(
            "native update",
            &[GOOD, ANOTHER],
            &[&[InstallApp("2"), Launch, Ready, Launch]],
        ),
        new(
            "native update without reset",
            &[GOOD, ANOTHER],
            &[&[InstallApp("2"), Launch, Ready, Launch, Ready]],
        )
        .with("resetWhenUpdate", json!(false)),
        new(
            "native update in a trial",
            &[GOOD, ANOTHER_TRIAL],
            &[&[InstallApp("2"), Launch, Launch]],
        ),
        new(
            "two updates",
            &[BUILTIN],
            &[&[
                Publish("2.0.0"),
                Sync,
                Launch,
                Ready,
                Flush,
                Publish("3.0.0"),
                Sync,
                Launch,
                Ready,
                Flush,
            ]],
        ),
        new(
            "two updates at once",
            &[GOOD],
            &[&[
                Publish("3.0.0"),
                Sync,
                Publish("4.0.0"),
                Sync,
                Launch,
                Ready,
            ]],
        ),
        new(
            "trial superseded",
            &[GOOD, ANOTHER_TRIAL],
            &[&[Publish("4.0.0"), Sync, Launch, Ready]],
        ),
        new(
            "set",
            &[GOOD],
            &[&[Publish("3.0.0"), Download, Set, Ready, Launch, Ready]],
        ),
        new(
            "set over a trial",
            &[GOOD, ANOTHER_TRIAL],
            &[&[Publish("4.0.0"), Download, Set, WaitForWatchdog, Launch]],
        ),
        new(
            "download and next",
            &[GOOD],
            &[&[Publish("3.0.0"), Download, SetNext, Reload, Ready]],
        ),
        new(
            "delete",
            &[GOOD],
            &[&[Publish("3.0.0"), Download, DeleteDownloaded, Launch, Ready]],
        ),
        new(
            "long in the background",
            &[GOOD],
            &[&[Publish("3.0.0"), Sync, Pause, Resume, Ready]],
        ),
        new(
            "damage",
            &[GOOD, ANOTHER],
            &[&[Damage, Verify, Ready, Sync, Launch, Ready, Flush]],
        ),
        new(
            "lost state",
            &[GOOD],
            &[&[DamageState, Launch, Sync, Launch, Ready]],
        ),
        new(
            "blocked and back",
            &[GOOD, ANOTHER_TRIAL, &[SetBundleError]],
            &[&[ClearBlocked, Sync, Launch, Ready, Flush]],
        ),
        new(
            "settings",
            &[GOOD],
            &[&[SetChannel("beta"), SetChannel("stable"), Flush]],
        ),
        new(
            "five updates",
            &[],
            &[&[
                Launch,
                Ready,
                Publish("2.0.0"),
                Sync,
                Launch,
                Ready,
                Publish("3.0.0"),
                Sync,
                Launch,
                Ready,
                Publish("4.0.0"),
                Sync,
                Launch,
                WaitForWatchdog,
                Ready,
                Publish("5.0.0"),
                Sync,
                Launch,
                Ready,
                Flush,
                Publish("6.0.0"),
                Sync,
                Launch,
                Ready,
                Launch,
                Ready,
                Flush,
            ]],
        ),
    ]
}
