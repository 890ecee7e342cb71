//! What a device has to do, as `docs/lifecycle.md` and `docs/statements.md` say it: plain data, and
//! a pure function that says what may come of an action.
//!
//! Mostly there is one thing that may come. There are several where it depends on what is beyond a
//! test: whether a launch has had the time to hash a trial, what a power cut has left, how much of
//! a bundle had come before its connection broke. So a test follows several models, until all but
//! one of them are refuted.

mod calls;
mod launch;
mod state;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use crate::action::{Action, App, Kind, Needs, Pick, Publication, Rules, Sequence};

use state::{Bundle, Files, Report, Stated};
pub(crate) use state::{Content, Record, Release, Status};

/// A bundle, by the order in which they came; 0 is builtin.
pub(crate) type Id = usize;
pub(crate) const BUILTIN: Id = 0;

/// What a call has answered, or what a launch gave.
pub(crate) type Answer = String;

/// `appReadyTimeout`, in milliseconds.
const READY_TIMEOUT: u64 = 1000;
const TICK: u64 = 250;
/// What a process that was frozen is charged.
const FROZEN: u64 = 500;
const MINUTE: i64 = 60_000;
/// `applyAfterBackground`
const APPLY_AFTER: i64 = 5 * MINUTE;
/// What the server asks to be left alone for.
const WAIT: i64 = 10 * MINUTE;
/// When statements end, and how long reports are worth telling.
const MONTH: i64 = 30 * 24 * 60 * MINUTE;

/// A device, as it should be. Time is in milliseconds since the test began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    rules: Rules,
    pub(crate) app: App,
    clock: i64,
    boot: u32,
    server: Server,

    /// The build of the app that the rest was decided for.
    build: Option<App>,
    current: Id,
    next: Option<Id>,
    next_is_offered: bool,
    good: Vec<Id>,
    /// The launch of a trial that has no verdict yet.
    attempt: Option<u32>,
    attempts: u32,
    bundles: BTreeMap<Id, Bundle>,
    failed: BTreeSet<Content>,
    refused: BTreeSet<Content>,
    repairs: BTreeMap<Content, u32>,
    reports: Vec<Report>,
    /// When the server asked to be left alone.
    asked_to_wait: Option<i64>,
    floor: Option<Floor>,
    /// What the record of the last launch may be after a power cut; the last one is what it is.
    records: Vec<Option<Record>>,
    /// What lies in `bundles/`, and what has become of it.
    files: BTreeMap<Id, Files>,
    newest: Id,
    /// Both slots were damaged, and no process has seen it yet.
    is_lost: bool,

    process: Option<Process>,
    /// The last launch had no time to hash its trial.
    pub(crate) was_late: bool,
}

/// What the server does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Server {
    published: Vec<Release>,
    offered: Option<Release>,
    asks_to_wait: bool,
    highest_version: u8,
    highest_sequence: u64,
}

/// The newest statement that was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Floor {
    stated: Stated,
    /// It came after another, under the native build that is installed.
    is_higher: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    running: Id,
    record: Option<Record>,
    is_ready: bool,
    is_active: bool,
    active: u64,
    away_since: Option<i64>,
    /// Whether the launch before was bad, where it was of the same bundle.
    previous: Option<bool>,
    served: BTreeSet<Id>,
    handed_out: BTreeSet<Id>,
    offered: Option<Release>,
    /// The state was lost: what lies in `bundles/` may be taken up.
    is_recovering: bool,
    has_problem: bool,
}

/// What a test sees of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// What runs, and whether on trial.
    pub(crate) running: Option<(Id, bool)>,
    pub(crate) current: Id,
    pub(crate) next: Option<Id>,
    pub(crate) good: Vec<Id>,
    /// Status, failed launches and active time.
    pub(crate) bundles: BTreeMap<Id, (Status, u32, u64)>,
    pub(crate) failed: BTreeSet<Content>,
    pub(crate) refused: usize,
    pub(crate) repairs: BTreeMap<Content, u32>,
    pub(crate) reports: Vec<(u8, bool, Option<String>)>,
    pub(crate) floor: Option<u64>,
    pub(crate) record: Option<Record>,
    /// What lies in `bundles/` while the app runs, and whether it is whole.
    pub(crate) files: BTreeMap<Id, bool>,
}

impl Model {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            app: App::Old,
            clock: 0,
            boot: 1,
            server: Server {
                highest_version: 1,
                ..Server::default()
            },
            build: None,
            current: BUILTIN,
            next: None,
            next_is_offered: false,
            good: Vec::new(),
            attempt: None,
            attempts: 0,
            bundles: BTreeMap::new(),
            failed: BTreeSet::new(),
            refused: BTreeSet::new(),
            repairs: BTreeMap::new(),
            reports: Vec::new(),
            asked_to_wait: None,
            floor: None,
            records: vec![None],
            files: BTreeMap::new(),
            newest: BUILTIN,
            is_lost: false,
            process: None,
            was_late: false,
        }
    }

    /// What may come of an action.
    pub(crate) fn apply(&self, action: Action) -> Vec<(Self, Answer)> {
        let mut after = self.act(action);
        for (model, _) in &mut after {
            let clock = model.clock;
            for report in &mut model.reports {
                report.was_stale |= clock - report.created > MONTH;
            }
        }
        after
    }

    fn act(&self, action: Action) -> Vec<(Self, Answer)> {
        let mut model = self.clone();
        match action {
            Action::Launch { active } => return self.launch(active),
            Action::PowerCut(_) => return self.power_cut(),
            _ => {}
        }
        if model.happens(action) {
            return vec![(model, String::new())];
        }
        if model.process.is_none() {
            return vec![(model, "nothing runs".to_owned())];
        }
        match action {
            Action::Sync | Action::BrokenSync(_) | Action::GarbledSync => {
                let fault = match action {
                    Action::BrokenSync(_) => Some("network"),
                    Action::GarbledSync => Some("checksum_mismatch"),
                    _ => None,
                };
                model.sync(fault)
            }
            Action::Download => model.download(),
            _ => {
                let answer = model.call(action);
                vec![(model, answer)]
            }
        }
    }

    /// What happens outside of the app. Whether it does.
    fn happens(&mut self, action: Action) -> bool {
        match action {
            Action::SetClock(minutes) => self.clock += i64::from(minutes) * MINUTE,
            Action::Wait(ticks) => (0..ticks).for_each(|_| self.wait(TICK, TICK)),
            Action::Freeze => self.wait(60 * 60_000, FROZEN),
            Action::Kill | Action::LoseLastChange => self.process = None,
            Action::Reboot => {
                self.process = None;
                self.boot += 1;
                self.records.drain(..self.records.len() - 1);
            }
            Action::Install(app) => {
                self.process = None;
                self.app = app;
            }
            Action::LoseState if self.process.is_some() => self.lose_state(),
            Action::Publish(publication) => self.publish(publication),
            Action::OfferAgain(ago) => {
                let mut published = self.server.published.iter().rev();
                self.server.offered = published.nth(usize::from(ago)).cloned();
            }
            Action::PullBack => self.server.offered = None,
            Action::RollBackToBuiltin if self.rules.stated => {
                self.server.highest_sequence += 1;
                let release = Release {
                    content: Content::new(1, Kind::Fine),
                    needs: Needs::Any,
                    stated: Some(self.stated(self.server.highest_sequence, true)),
                };
                self.server.offer(release);
            }
            Action::AskToWait => self.server.asks_to_wait = true,
            Action::Corrupt(pick, damage) => {
                if let Some(id) = self.pick(pick)
                    && let Some(files) = self.files.get_mut(&id)
                {
                    files.damage = files.damage.max(Some(damage));
                }
            }
            Action::DamageOldSlot | Action::RollBackToBuiltin | Action::LoseState => {}
            _ => return false,
        }
        true
    }

    fn power_cut(&self) -> Vec<(Self, Answer)> {
        let mut records = Vec::new();
        for record in self.records.iter().rev() {
            if !records.contains(&record) {
                records.push(record);
            }
        }
        let cut = |record: &Option<Record>| Self {
            process: None,
            boot: self.boot + 1,
            records: vec![record.clone()],
            ..self.clone()
        };
        let cuts = records.into_iter().map(cut);
        cuts.map(|model| (model, String::new())).collect()
    }

    /// Everything is as on a device that has never run the library, but for what lies around.
    fn lose_state(&mut self) {
        *self = Self {
            app: self.app,
            clock: self.clock,
            boot: self.boot,
            server: self.server.clone(),
            attempts: self.attempts,
            records: vec![self.record().cloned()],
            files: self.files.clone(),
            newest: self.newest,
            is_lost: true,
            ..Self::new(self.rules)
        };
    }

    fn publish(&mut self, publication: Publication) {
        let server = &mut self.server;
        server.highest_version += u8::from(publication.older == 0);
        let older = publication.older.min(server.highest_version - 1);
        let highest = server.highest_sequence;
        let sequence = match publication.sequence {
            Sequence::Higher => highest + 1,
            Sequence::Same => highest,
            Sequence::Lower => highest.saturating_sub(1),
            Sequence::TooHigh => highest + 2_000_000,
        };
        if publication.sequence == Sequence::Higher {
            server.highest_sequence = sequence;
        }
        let release = Release {
            content: Content::new(server.highest_version - older, publication.kind),
            needs: publication.needs,
            stated: self.rules.stated.then(|| self.stated(sequence, false)),
        };
        self.server.offer(release);
    }

    fn stated(&self, sequence: u64, is_rollback: bool) -> Stated {
        Stated {
            sequence,
            number: self.server.published.len(),
            is_rollback,
        }
    }

    /// Which bundle a pick means; nothing for one that nobody knows.
    pub(crate) fn pick(&self, pick: Pick) -> Option<Id> {
        match pick {
            Pick::Running => Some(self.process.as_ref().map_or(self.current, |it| it.running)),
            Pick::Next => self.next,
            Pick::Listed(number) => {
                let mut listed = self.bundles.keys().rev();
                let number = usize::from(number).checked_rem(listed.len())?;
                listed.nth(number).copied()
            }
            Pick::Builtin => Some(BUILTIN),
            Pick::Unknown => None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// What the server offers now.
    pub(crate) fn offered(&self) -> Option<&Release> {
        self.server.offered.as_ref()
    }

    /// What was ever published.
    pub(crate) fn published(&self) -> &[Release] {
        &self.server.published
    }

    pub(crate) fn view(&self) -> View {
        let describe = |bundle: &Bundle| (bundle.status, bundle.failed_launches, bundle.active);
        let reports = self.reports.iter().filter(|report| !report.was_stale);
        let files = self.files.iter().filter(|_| self.is_running());
        View {
            running: self
                .process
                .as_ref()
                .map(|it| (it.running, self.is_trial(it.running))),
            current: self.current,
            next: self.next,
            good: self.good.clone(),
            bundles: self
                .bundles
                .iter()
                .map(|(id, it)| (*id, describe(it)))
                .collect(),
            failed: self.failed.clone(),
            refused: self.refused.len(),
            repairs: self.repairs.clone(),
            reports: reports
                .map(|it| (it.version, it.success, it.reason.map(str::to_owned)))
                .collect(),
            floor: self.floor.map(|floor| floor.stated.sequence),
            record: self.record().map(Record::seen),
            files: files.map(|(id, it)| (*id, it.damage.is_none())).collect(),
        }
    }
}

impl Server {
    fn offer(&mut self, release: Release) {
        self.published.push(release.clone());
        self.offered = Some(release);
    }
}
