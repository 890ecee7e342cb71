//! A device and the models of it: each action is done for real, and what comes of it has to be
//! what one of the models says.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use live_updater::Updater;
use serde_json::{Value, json};
use simulated_device::{Device, Server, Setting, TICK, Wrap, slots, trust};
use storage_simulator::{Drive, PowerCut, SimulatedDisk};

use crate::action::{Action, App, Damage, Rules};
use crate::done::Done;
use crate::model::{Answer, BUILTIN, Model, View};
use crate::names::{self, Names};
use crate::view;
use crate::watch::{Sight, Watch};

/// What is wrong on purpose, so that it can be shown that it would be noticed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mistakes {
    /// The system always calls this boot by the same name.
    pub(crate) boots_are_alike: bool,
    /// What stands between the library and the disk.
    pub(crate) wrap: Option<Wrap>,
    /// The host passes the token of the launch that runs, whichever page has called.
    pub(crate) forgets_tokens: bool,
}

/// What happened in lives, so that a page can tell that they weren't dull.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) steps: u64,
    pub(crate) launches: u64,
    pub(crate) downloads: u64,
    pub(crate) successes: u64,
    pub(crate) verdicts: u64,
    pub(crate) power_cuts: u64,
    /// Launches that had to hash a trial, and those of them that had no time for it.
    pub(crate) hashing: u64,
    pub(crate) late: u64,
}

/// One device's life so far.
pub(crate) struct World {
    device: Device,
    mistakes: Mistakes,
    /// Everything that the device may be by now.
    models: Vec<Model>,
    watch: Watch,
    names: Names,
    tokens: Vec<String>,
    /// How long the device has to come to what the models say.
    patience: Duration,
    pub(crate) tally: Tally,
}

impl World {
    pub(crate) fn new(rules: Rules, mistakes: &Mistakes, patience: Duration) -> Self {
        let mut setting = Setting::new();
        setting.config["resetWhenUpdate"] = json!(rules.reset_when_update);
        if rules.stated {
            setting.config["trust"] = trust();
        }
        if mistakes.boots_are_alike {
            setting.boot_id = |_| "always the same".to_owned();
        }
        if let Some(wrap) = mistakes.wrap {
            setting.wrap = wrap;
        }
        install(&mut setting, App::Old);
        Self {
            device: Device::new(SimulatedDisk::new(), Server::new(), setting, 1),
            mistakes: *mistakes,
            models: vec![Model::new(rules)],
            watch: Watch::default(),
            names: Names::default(),
            tokens: Vec::new(),
            patience,
            tally: Tally::default(),
        }
    }

    /// Does an action.
    ///
    /// # Errors
    ///
    /// What doesn't hold.
    pub(crate) fn step(&mut self, action: Action) -> Result<(), String> {
        let before = slots::newest(&self.device.disk).state;
        let picked = self.picked(action);
        let was_running = self.models[0].is_running();
        let after: Vec<_> = self
            .models
            .iter()
            .flat_map(|model| model.apply(action))
            .collect();
        self.serve(&after[0].0);
        let is_hashing = after.iter().any(|(model, _)| model.was_late);
        let done = self.perform(action, picked.as_deref(), was_running);
        self.agree(after, &done)?;
        let state = slots::newest(&self.device.disk).state;
        let sight = Sight {
            action,
            picked: picked.as_deref(),
            device: &self.device,
            launch: done.launch.as_ref(),
            before: &before,
            state: &state,
            names: &self.names,
        };
        self.watch.look(&sight)?;
        self.tally.count(action, &done, &before, &state);
        if matches!(action, Action::Launch { .. }) && is_hashing {
            self.tally.hashing += 1;
            self.tally.late += u64::from(self.models[0].was_late);
        }
        Ok(())
    }

    /// What everything comes to in the end.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        for action in [
            Action::Launch { active: true },
            Action::Ready,
            Action::Flush,
        ] {
            self.step(action)?;
        }
        Ok(())
    }

    /// Drops the models that don't say what has happened.
    fn agree(&mut self, after: Vec<(Model, Answer)>, done: &Done) -> Result<(), String> {
        let end = Instant::now() + self.patience;
        loop {
            let state = slots::newest(&self.device.disk).state;
            self.names.learn(&state, self.device.now());
            let answer = self.names.answer(&done.text);
            let view = view::of(&self.device, &state, &self.names);
            let is_it = |(model, said): &(Model, Answer)| {
                view.as_ref() == Ok(&model.view()) && *said == answer
            };
            if after.iter().any(is_it) {
                let agreed = after.into_iter().filter(is_it);
                self.models.clear();
                for (model, _) in agreed {
                    if !self.models.contains(&model) {
                        self.models.push(model);
                    }
                }
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(difference(&after, &view, &answer));
            }
            // Something may still go on in the background.
            std::thread::sleep(Duration::from_micros(300));
            self.device.catch_up();
        }
    }

    /// Lets the server offer what it offers by now.
    fn serve(&mut self, model: &Model) {
        let offer = model.offered().map(names::offer_of);
        self.device.server.offer(offer);
        if let Some(release) = model.published().last() {
            self.names.published(release.content);
        }
    }

    fn perform(&mut self, action: Action, picked: Option<&str>, was_running: bool) -> Done {
        let device = &mut self.device;
        match action {
            Action::Launch { active } => {
                let launch = device.launch(active);
                self.tokens
                    .push(device.process().launch.launch_token.clone());
                return Done::launched(launch);
            }
            Action::Kill => device.kill(),
            Action::Wait(ticks) => (0..ticks).for_each(|_| device.wait(TICK)),
            Action::Freeze => device.wait(Duration::from_secs(60 * 60)),
            Action::SetClock(minutes) => set_clock(device, minutes),
            Action::Reboot | Action::PowerCut(_) => {
                device.kill();
                device.disk = match action {
                    Action::PowerCut(seed) => device.disk.power_cut(&PowerCut {
                        drive: Drive::Honest,
                        seed,
                    }),
                    _ => device.disk.copy(),
                };
                device.boot += 1;
            }
            Action::Install(app) => {
                device.kill();
                install(&mut device.setting, app);
            }
            Action::Corrupt(_, damage) => {
                if let Some(id) = picked {
                    corrupt(&device.disk, id, damage);
                    self.watch.corrupted(id);
                }
            }
            Action::DamageOldSlot => self.damage_slot(1),
            Action::LoseLastChange if was_running => {
                if let Err(problem) = self.lose_last_change() {
                    return Done::text(&problem);
                }
            }
            Action::LoseLastChange => {}
            Action::LoseState if was_running => {
                device.kill();
                device.disk.write("state.a", b"garbage");
                device.disk.write("state.b", b"");
                self.watch.state_is_lost();
            }
            Action::AskToWait => device.server.ask_to_wait(Some(600)),
            Action::Publish(_)
            | Action::OfferAgain(_)
            | Action::PullBack
            | Action::RollBackToBuiltin
            | Action::LoseState => {}
            _ if !was_running => return Done::text("nothing runs"),
            _ => return self.call(action, picked.unwrap_or("0123456789abcdef0123456789abcdef")),
        }
        Done::text("")
    }

    fn call(&mut self, action: Action, id: &str) -> Done {
        let device = &mut self.device;
        let done = match action {
            Action::LaunchAgain { active } => return Done::launched(device.launch_again(active)),
            Action::Pause => device.pause().into(),
            Action::Resume => device.resume().into(),
            Action::Ready => device.ready().into(),
            Action::StaleReady(ago) => {
                let now = &device.process().launch.launch_token;
                let mut old = self.tokens.iter().rev().filter(|token| *token != now);
                let token = old.nth(usize::from(ago)).cloned().unwrap_or_default();
                let token = if self.mistakes.forgets_tokens {
                    now.clone()
                } else {
                    token
                };
                device.ready_with(&token).into()
            }
            Action::Crash(reason) => device
                .call(async |updater| updater.report_crash(None, reason).await)
                .into(),
            Action::SetBundleError(_) => device
                .call(async |updater| updater.set_bundle_error(Some(id)).await)
                .map(drop)
                .into(),
            Action::Check => device
                .call(async |updater| updater.get_latest(None).await)
                .map(|latest| (latest.status, latest.reason))
                .into(),
            Action::Download => match device.download() {
                Ok(bundle) => Done::downloaded(&bundle),
                Err(error) => Err::<(), _>(error).into(),
            },
            Action::Sync => device.sync().into(),
            Action::BrokenSync(bytes) => {
                device.server.break_after(Some(bytes.into()));
                let outcome = device.sync();
                device.server.break_after(None);
                outcome.into()
            }
            Action::GarbledSync => {
                device.server.garble(true);
                let outcome = device.sync();
                device.server.garble(false);
                outcome.into()
            }
            Action::Flush => device.flush().into(),
            Action::FlushUnanswered => {
                device.server.lose_answers(true);
                let flushed = device.call(async |updater| updater.flush().await);
                device.server.lose_answers(false);
                flushed.map(drop).into()
            }
            Action::Next(_) => device
                .call(async |updater| updater.set_next(id).await)
                .map(drop)
                .into(),
            Action::Set(_) => device.replace(async |updater| updater.set(id).await).into(),
            Action::Delete(_) => device.delete(id).into(),
            Action::Verify(_) => device
                .call(async |updater| updater.verify(id).await)
                .map(drop)
                .into(),
            Action::Reload => device
                .replace(async |updater| updater.reload().await)
                .into(),
            Action::Reset { to_last } => device
                .replace(async |updater| updater.reset(to_last).await)
                .into(),
            Action::ClearBlocked => device
                .call(async |updater| updater.clear_blocked(None).await)
                .into(),
            _ => Done::text(""),
        };
        self.device.catch_up();
        let token = self.device.process().launch.launch_token.clone();
        if !self.tokens.contains(&token) {
            self.tokens.push(token);
        }
        done
    }

    /// Overwrites the slot with the newest state, or the one before that.
    fn damage_slot(&self, age: usize) {
        let disk = &self.device.disk;
        let mut slots = ["state.a", "state.b"].map(|name| {
            let slot = disk.read(name).and_then(|bytes| slots::decode(&bytes));
            (slot.map(|slot| slot.generation), name)
        });
        slots.sort_by(|one, other| other.cmp(one));
        // Where there is but one slot, it is all there is.
        if slots[1].0.is_some() {
            disk.write(slots[age].1, b"garbage");
        }
    }

    /// # Errors
    ///
    /// More was lost than the last change.
    fn lose_last_change(&mut self) -> Result<(), String> {
        let mut generation = 0;
        for number in 0..2 {
            generation = slots::newest(&self.device.disk).generation;
            let custom_id = Some(format!("{generation} {number}"));
            let set = async |updater: &Updater| updater.set_custom_id(custom_id).await;
            self.device.call(set).map_err(|error| error.to_string())?;
        }
        self.device.kill();
        self.damage_slot(0);
        let found = slots::newest(&self.device.disk).generation;
        if found == generation {
            return Ok(());
        }
        Err(format!(
            "generation {found} is there instead of {generation}"
        ))
    }

    /// The id of the bundle that an action is about; nothing for one that nobody knows.
    fn picked(&self, action: Action) -> Option<String> {
        let (Action::SetBundleError(pick)
        | Action::Next(pick)
        | Action::Set(pick)
        | Action::Delete(pick)
        | Action::Verify(pick)
        | Action::Corrupt(pick, _)) = action
        else {
            return None;
        };
        let id = self.models[0].pick(pick)?;
        Some(match id {
            BUILTIN => "builtin".to_owned(),
            _ => self.names.id(id).to_owned(),
        })
    }
}

impl Tally {
    fn count(&mut self, action: Action, done: &Done, before: &Value, state: &Value) {
        let in_status = |state: &Value, status: &str| {
            let bundles = names::list(state, "bundles").iter();
            let with = bundles.filter(|bundle| bundle["status"] == status);
            with.map(|bundle| names::text(bundle, "id").to_owned())
                .collect::<BTreeSet<_>>()
        };
        let new = |status| (&in_status(state, status) - &in_status(before, status)).len() as u64;
        self.steps += 1;
        self.launches += u64::from(matches!(action, Action::Launch { .. }));
        self.downloads += u64::from(done.text.starts_with("downloaded"));
        self.successes += new("success");
        self.verdicts += new("error");
        self.power_cuts += u64::from(matches!(action, Action::PowerCut(_)));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.launches += other.launches;
        self.downloads += other.downloads;
        self.successes += other.successes;
        self.verdicts += other.verdicts;
        self.power_cuts += other.power_cuts;
        self.hashing += other.hashing;
        self.late += other.late;
    }
}

fn install(setting: &mut Setting, app: App) {
    setting.native_version = format!("{}.0.0", app.version());
    setting.native_build = format!("{app:?}");
}

fn set_clock(device: &Device, minutes: i32) {
    let by = Duration::from_secs(60 * u64::from(minutes.unsigned_abs()));
    let now = device.now();
    let set = if minutes < 0 { now - by } else { now + by };
    device.clock.set(set);
}

/// Changes a bundle's files behind the app's back, where it has any.
fn corrupt(disk: &SimulatedDisk, id: &str, damage: Damage) {
    let file = |path: &str| format!("bundles/{id}/www/{path}");
    let (path, bytes) = match damage {
        Damage::Bytes => (file("js/chunk.js"), vec![b'?'; 1400]),
        Damage::Size => (file("css/app.css"), vec![b'?'; 7]),
        Damage::Page => (file("index.html"), Vec::new()),
    };
    if disk.read(&path).is_none() {
        return;
    }
    if damage == Damage::Page {
        disk.remove(&path);
    } else {
        disk.write(&path, &bytes);
    }
}

/// What the models say, and what is there instead.
fn difference(after: &[(Model, Answer)], view: &Result<View, String>, answer: &str) -> String {
    let mut text = format!("answered: {answer:?}\n");
    for (model, said) in after {
        text += &format!("  should: {said:?}\n");
        match view {
            Err(problem) => text += &format!("  {problem}\n"),
            Ok(view) => text += &lines_that_differ(view, &model.view()),
        }
    }
    text
}

fn lines_that_differ(found: &View, expected: &View) -> String {
    let (found, expected) = (format!("{found:#?}"), format!("{expected:#?}"));
    if found == expected {
        return "  the rest is as it should be\n".to_owned();
    }
    format!("found: {found}\nexpected: {expected}\n")
}
