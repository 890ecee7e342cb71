//! What is known of a bundle, and what becomes of it.

use crate::action::{Damage, Kind, Needs};

use super::{BUILTIN, Id, Model};

/// Good bundles that are kept, the current one included.
const KEEP: usize = 2;
/// Rolled-back bundles that stay listed.
const MOST_ERRORS: usize = 20;

/// The bytes of a bundle: the same bytes have the same content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Content {
    pub(crate) version: u8,
    pub(crate) kind: Kind,
}

impl Content {
    pub(crate) fn new(version: u8, kind: Kind) -> Self {
        Self { version, kind }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) content: Content,
    pub(crate) needs: Needs,
    pub(crate) stated: Option<Stated>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) sequence: u64,
    /// No two statements have the same.
    pub(crate) number: usize,
    pub(crate) is_rollback: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Trial,
    Success,
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bundle {
    pub(crate) content: Content,
    pub(crate) needs: Needs,
    pub(crate) status: Status,
    pub(crate) failed_launches: u32,
    pub(crate) active: u64,
    /// The boot in which it was last hashed.
    pub(crate) hashed: Option<u32>,
    /// By a statement; nothing falls back to it.
    pub(crate) is_withdrawn: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) content: Content,
    pub(crate) needs: Needs,
    pub(crate) damage: Option<Damage>,
}

/// How the launch that was last went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) bundle: Id,
    /// Bad launches in a row before it, and what they are if the last of them crashed after all.
    pub(crate) row: u32,
    pub(crate) row_if_crashed: u32,
    pub(crate) active: u64,
    pub(crate) is_paused: bool,
    pub(crate) is_ready: bool,
    pub(crate) has_crashed: bool,
    /// Nobody sees it.
    pub(crate) attempt: u32,
}

impl Record {
    /// What is to be seen of it, as far as it matters: an attempt is a random number, and time
    /// isn't looked at any more when a bundle was ready or has had its time.
    pub(crate) fn seen(&self) -> Self {
        let active = self.active.min(super::READY_TIMEOUT);
        Self {
            active: if self.is_ready { 0 } else { active },
            attempt: 0,
            ..self.clone()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) version: u8,
    pub(crate) success: bool,
    pub(crate) reason: Option<&'static str>,
    pub(crate) created: i64,
    /// It was too old to be told at some time, and may have been dropped since.
    pub(crate) was_stale: bool,
}

impl Model {
    pub(super) fn status(&self, id: Id) -> Option<Status> {
        self.bundles.get(&id).map(|bundle| bundle.status)
    }

    pub(super) fn is_trial(&self, id: Id) -> bool {
        self.status(id) == Some(Status::Trial)
    }

    pub(super) fn damage(&self, id: Id) -> Option<Damage> {
        self.files
            .get(&id)
            .map_or(Some(Damage::Page), |it| it.damage)
    }

    /// As far as two looks can tell.
    pub(super) fn is_whole(&self, id: Id) -> bool {
        self.damage(id) < Some(Damage::Page)
    }

    pub(super) fn bundle(&mut self, id: Id) -> Option<&mut Bundle> {
        self.bundles.get_mut(&id)
    }

    pub(super) fn record(&self) -> Option<&Record> {
        self.records.last()?.as_ref()
    }

    /// Overwrites the record of this launch. After a power cut it may be any of those before.
    pub(super) fn write(&mut self, record: Option<&Record>) {
        if record.is_some() {
            self.records.push(record.cloned());
        }
    }

    /// Overwrites the record of a launch that is fine so far; durably, where it ends a row.
    pub(super) fn write_fine(&mut self, record: Option<&Record>) {
        self.write(record);
        if record.is_some_and(|record| record.row > 0) {
            self.records.drain(..self.records.len() - 1);
        }
    }

    pub(super) fn fallback(&self, excluded: Option<Id>) -> Id {
        let mut good = self.good.iter().filter(|id| Some(**id) != excluded);
        let is_good = |bundle: &Bundle| bundle.status == Status::Success && !bundle.is_withdrawn;
        let found =
            good.find(|id| self.bundles.get(id).is_some_and(is_good) && self.is_whole(**id));
        found.copied().unwrap_or(BUILTIN)
    }

    /// Makes a bundle what runs; a trial that this supersedes goes back.
    pub(super) fn activate(&mut self, id: Id) {
        self.leave_trial();
        self.current = id;
        if self.next == Some(id) {
            self.next = None;
        }
        self.attempts += 1;
        let attempt = self.attempts;
        if let Some(bundle) = self.bundle(id)
            && bundle.status == Status::Pending
        {
            bundle.status = Status::Trial;
            self.attempt = Some(attempt);
        }
    }

    pub(super) fn leave_trial(&mut self) {
        self.attempt = None;
        let current = self.current;
        if let Some(bundle) = self.bundle(current)
            && bundle.status == Status::Trial
        {
            bundle.status = Status::Pending;
        }
    }

    pub(super) fn become_ready(&mut self, id: Id) {
        let Some(bundle) = self.bundles.get_mut(&id) else {
            return;
        };
        let version = bundle.content.version;
        bundle.is_withdrawn = false;
        match bundle.status {
            Status::Trial => {
                bundle.status = Status::Success;
                bundle.failed_launches = 0;
                bundle.active = 0;
                self.attempt = None;
                self.report(version, None);
            }
            Status::Success => {}
            Status::Pending | Status::Error => return,
        }
        self.good.retain(|good| *good != id);
        self.good.insert(0, id);
    }

    /// A verdict: blocked, reported, never a fallback again.
    pub(super) fn condemn(&mut self, id: Id, reason: &'static str) {
        if let Some(content) = self.fail(id) {
            self.failed.insert(content);
            self.report(content.version, Some(reason));
        }
    }

    /// Its files aren't what was installed: that says nothing of the version.
    pub(super) fn lose(&mut self, id: Id) {
        if let Some(content) = self.fail(id) {
            *self.repairs.entry(content).or_default() += 1;
        }
    }

    fn fail(&mut self, id: Id) -> Option<Content> {
        let bundle = self.bundles.get_mut(&id)?;
        bundle.status = Status::Error;
        let content = bundle.content;
        self.good.retain(|good| *good != id);
        if self.next == Some(id) {
            self.next = None;
        }
        if self.current == id {
            self.attempt = None;
        }
        let errors = self
            .bundles
            .iter()
            .filter(|(_, it)| it.status == Status::Error);
        let errors: Vec<_> = errors.map(|(id, _)| *id).collect();
        if errors.len() > MOST_ERRORS {
            let current = self.current;
            let oldest = errors.into_iter().find(|id| *id != current);
            oldest.and_then(|oldest| self.bundles.remove(&oldest));
        }
        Some(content)
    }

    fn report(&mut self, version: u8, reason: Option<&'static str>) {
        self.reports.push(Report {
            version,
            success: reason.is_none(),
            reason,
            created: self.clock,
            was_stale: false,
        });
    }

    /// What nothing needs goes.
    pub(super) fn collect(&mut self) {
        let Some(process) = &self.process else { return };
        self.good.truncate(KEEP);
        let mut needed = &process.served | &process.handed_out;
        needed.extend(self.good.iter().chain(&self.next));
        needed.extend([process.running, self.current]);
        let is_kept =
            |id: &Id, bundle: &Bundle| bundle.status == Status::Error || needed.contains(id);
        self.bundles.retain(|id, bundle| is_kept(id, bundle));
        self.discard();
    }

    /// The files of what isn't named go.
    pub(super) fn discard(&mut self) {
        let Some(process) = self.process.as_ref().filter(|it| !it.is_recovering) else {
            return;
        };
        let (bundles, served) = (&self.bundles, &process.served);
        let is_named = |id: &Id| bundles.get(id).is_some_and(|it| it.status != Status::Error);
        self.files
            .retain(|id, _| is_named(id) || served.contains(id));
    }
}
