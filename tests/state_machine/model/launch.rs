//! What a launch runs, and what becomes of it in the background.

use crate::action::{Damage, Needs};

use super::state::{Bundle, Record, Status};
use super::{Answer, BUILTIN, Id, Model, Process, READY_TIMEOUT};

/// `maxTrialLaunches`
const MAX_TRIAL_LAUNCHES: u32 = 2;
/// `crashLoopLimit`
const CRASH_LOOP_LIMIT: u32 = 3;

/// Bad launches of a good bundle in a row, and what they are if the last one crashed after all.
type Row = (u32, u32);

impl Model {
    /// What a launch may give: where it has to hash a trial, its time may not be enough.
    pub(super) fn launch(&self, active: bool) -> Vec<(Self, Answer)> {
        let launched = [false, true].into_iter().filter_map(|is_late| {
            let mut model = self.clone();
            model.process = None;
            let answer = model.start(active, is_late)?;
            Some((model, answer))
        });
        launched.collect()
    }

    /// Nothing where a launch that is late has nothing to hash.
    fn start(&mut self, active: bool, is_late: bool) -> Option<Answer> {
        let is_recovering = std::mem::take(&mut self.is_lost);
        let before = self.current;
        let mut rolled_back = None;
        let mut previous = None;
        let mut unhashed = None;
        let mut record = None;
        if self.build == Some(self.app) {
            self.attempts += 1;
            let attempt = self.attempts;
            let row = self.judge(&mut previous);
            match row {
                Ok(_) => self.promote_next(),
                Err(reason) => {
                    rolled_back = Some(before);
                    self.condemn(before, reason);
                    self.current = self.fallback(None);
                }
            }
            match self.look(is_late) {
                Look::Fine => {}
                Look::Damaged => {
                    rolled_back = Some(self.current);
                    self.lose(self.current);
                    self.current = self.fallback(None);
                }
                Look::Late => {
                    unhashed = Some(self.current);
                    self.leave_trial();
                    self.next = unhashed;
                    self.current = self.fallback(None);
                }
            }
            if self.is_trial(self.current) {
                self.attempt = Some(attempt);
            }
            record = Record::new(self.current, attempt, !active);
            let goes_on = self
                .record()
                .is_some_and(|last| last.bundle == self.current);
            if let (Some(record), Ok(row)) = (&mut record, row)
                && goes_on
                && rolled_back.is_none()
            {
                (record.row, record.row_if_crashed) = row;
            }
        } else {
            self.change_build();
        }
        if is_late && unhashed.is_none() {
            return None;
        }
        self.was_late = is_late;
        self.write(record.as_ref());
        let running = self.current;
        self.process = Some(Process {
            running,
            record,
            is_ready: false,
            is_active: active,
            active: 0,
            away_since: (!active).then_some(self.clock),
            previous: previous.filter(|_| rolled_back.is_none() && running == before),
            served: [running].into(),
            handed_out: [].into(),
            offered: None,
            is_recovering,
            has_problem: is_recovering,
        });
        let answer = self.launched(rolled_back);
        self.tidy_up(unhashed);
        Some(answer)
    }

    /// What a launch answers.
    pub(super) fn launched(&self, rolled_back: Option<Id>) -> Answer {
        let Some(process) = &self.process else {
            return String::new();
        };
        let (running, problem) = (process.running, process.has_problem);
        let problem = problem.then_some("storage");
        let trial = self.is_trial(running);
        format!("{running}, trial: {trial}, rolled back: {rolled_back:?}, problem: {problem:?}")
    }

    /// The verdict on the launch before this one.
    fn judge(&mut self, previous: &mut Option<bool>) -> Result<Row, &'static str> {
        let current = self.current;
        let record = self.record().filter(|it| it.bundle == current).cloned();
        match self.status(current) {
            Some(Status::Trial) => {
                let record = record.filter(|it| Some(it.attempt) == self.attempt);
                self.judge_trial(record.as_ref(), previous)?;
                Ok((0, 0))
            }
            Some(Status::Success) => {
                let Some(record) = record else {
                    return Ok((0, 1));
                };
                let is_white = !record.is_paused || record.active >= READY_TIMEOUT;
                let is_bad = record.has_crashed || (!record.is_ready && is_white);
                *previous = Some(is_bad);
                let row = if is_bad { record.row + 1 } else { 0 };
                if row.max(record.row) >= CRASH_LOOP_LIMIT {
                    return Err("crash_loop");
                }
                Ok((row, record.row + 1))
            }
            _ => Ok((0, 0)),
        }
    }

    fn judge_trial(
        &mut self,
        record: Option<&Record>,
        previous: &mut Option<bool>,
    ) -> Result<(), &'static str> {
        let current = self.current;
        if record.is_some_and(|record| record.is_ready) {
            self.become_ready(current);
            return Ok(());
        }
        if self.attempt.take().is_none() {
            return Ok(());
        }
        let counts = record.is_none_or(|record| !record.is_paused || record.has_crashed);
        *previous = Some(counts);
        let Some(bundle) = self.bundle(current) else {
            return Ok(());
        };
        bundle.failed_launches += u32::from(counts);
        bundle.active += record.map_or(0, |record| record.active);
        if bundle.failed_launches >= MAX_TRIAL_LAUNCHES {
            Err("trial_launches")
        } else if bundle.active >= 2 * READY_TIMEOUT {
            Err("timeout")
        } else {
            Ok(())
        }
    }

    fn promote_next(&mut self) {
        let Some(next) = self.next.take() else { return };
        let is_usable = self.status(next).is_some_and(|it| it != Status::Error);
        if next != self.current && (next == BUILTIN || is_usable) {
            self.activate(next);
        }
    }

    /// Looks at the files of what is to run.
    fn look(&mut self, is_late: bool) -> Look {
        let id = self.current;
        let boot = self.boot;
        let (damage, is_whole) = (self.damage(id), self.is_whole(id));
        let Some(bundle) = self.bundle(id) else {
            return Look::Fine;
        };
        match bundle.status {
            Status::Trial if damage >= Some(Damage::Size) => Look::Damaged,
            Status::Trial if bundle.hashed == Some(boot) => Look::Fine,
            Status::Trial if is_late => Look::Late,
            Status::Trial if damage.is_some() => Look::Damaged,
            Status::Trial => {
                bundle.hashed = Some(boot);
                Look::Fine
            }
            _ if is_whole => Look::Fine,
            _ => Look::Damaged,
        }
    }

    /// Another build is installed.
    fn change_build(&mut self) {
        self.build = Some(self.app);
        let version = self.app.version();
        let reset = self.rules.reset_when_update;
        let stays = |bundle: &Bundle| {
            let is_fit = bundle.needs.fit(version) && bundle.content.version >= version;
            !reset && is_fit && bundle.status != Status::Error
        };
        self.bundles.retain(|_, bundle| stays(bundle));
        for bundle in self.bundles.values_mut() {
            bundle.status = Status::Pending;
            bundle.failed_launches = 0;
            bundle.active = 0;
        }
        let mut good = std::mem::take(&mut self.good).into_iter();
        let is_kept = |id: &Id| self.bundles.get(id).is_some_and(|it| !it.is_withdrawn);
        self.next = good.find(is_kept);
        self.next_is_offered = false;
        self.current = BUILTIN;
        self.attempt = None;
        self.failed.clear();
        self.refused.clear();
        self.repairs.clear();
        if let Some(floor) = &mut self.floor {
            floor.is_higher = false;
        }
    }

    /// What goes on after a launch.
    fn tidy_up(&mut self, unhashed: Option<Id>) {
        self.collect();
        let running = self.process.as_ref().map(|process| process.running);
        for id in unhashed.into_iter().chain(running) {
            if self
                .bundles
                .get(&id)
                .is_some_and(|it| it.hashed != Some(self.boot))
            {
                self.hash(id);
            }
        }
    }

    /// Hashes a bundle, with all the time in the world.
    pub(super) fn hash(&mut self, id: Id) {
        let (boot, is_damaged) = (self.boot, self.damage(id).is_some());
        let is_running = self.process.as_ref().is_some_and(|it| it.running == id);
        match self.bundle(id) {
            Some(bundle) if !is_damaged => bundle.hashed = Some(boot),
            Some(bundle) if bundle.status == Status::Error => {}
            Some(_) if is_running => self.take_back(None),
            Some(_) => self.lose(id),
            None => {}
        }
    }

    /// What runs is condemned for a reason, or lost, and the fallback takes its place.
    pub(super) fn take_back(&mut self, reason: Option<&'static str>) {
        let Some(process) = &self.process else { return };
        let id = process.running;
        match reason {
            Some(reason) => self.condemn(id, reason),
            None => self.lose(id),
        }
        let fallback = self.fallback(Some(id));
        self.activate(fallback);
        self.run(fallback);
    }

    /// Another activation runs in this process.
    pub(super) fn run(&mut self, id: Id) {
        let attempt = self.attempts;
        let Some(process) = &mut self.process else {
            return;
        };
        process.running = id;
        process.record = Record::new(id, attempt, !process.is_active);
        process.is_ready = false;
        process.active = 0;
        process.previous = None;
        process.has_problem = false;
        process.served.insert(id);
        let record = process.record.clone();
        self.write(record.as_ref());
    }

    /// Time passes: `passed` on all clocks, of which the watchdog counts `counted`.
    pub(super) fn wait(&mut self, passed: u64, counted: u64) {
        self.clock += i64::try_from(passed).unwrap_or(i64::MAX);
        let Some(process) = &mut self.process else {
            return;
        };
        let id = process.running;
        if process.is_ready || !process.is_active {
            return;
        }
        let Some(record) = &mut process.record else {
            return;
        };
        process.active += counted;
        let is_trial = self
            .bundles
            .get(&id)
            .is_some_and(|it| it.status == Status::Trial);
        // Nobody watches a good bundle after its time.
        if !is_trial && record.active >= READY_TIMEOUT {
            return;
        }
        record.active = process.active;
        let (record, active) = (record.clone(), process.active);
        self.write(Some(&record));
        let before = self.bundles.get(&id).map_or(0, |bundle| bundle.active);
        if is_trial && (active >= READY_TIMEOUT || before + active >= 2 * READY_TIMEOUT) {
            self.take_back(Some("timeout"));
        }
    }
}

/// What a look at files comes to.
enum Look {
    Fine,
    Damaged,
    Late,
}

impl Record {
    /// Nothing for builtin, which is never judged.
    fn new(bundle: Id, attempt: u32, is_paused: bool) -> Option<Self> {
        (bundle != BUILTIN).then_some(Self {
            bundle,
            row: 0,
            row_if_crashed: 1,
            active: 0,
            is_paused,
            is_ready: false,
            has_crashed: false,
            attempt,
        })
    }
}

impl Needs {
    pub(super) fn fit(self, native_version: u8) -> bool {
        match self {
            Self::Any => true,
            Self::AtLeast2 => native_version >= 2,
            Self::AtMost2 => native_version <= 2,
        }
    }
}
