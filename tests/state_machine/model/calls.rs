//! What callers, pages and the system ask for.

use live_updater::CrashReason;

use crate::action::{Action, Damage, Pick};

use super::state::Status;
use super::{APPLY_AFTER, Answer, BUILTIN, Id, Model};

impl Model {
    /// What a call does while the app runs, and what it answers.
    pub(super) fn call(&mut self, action: Action) -> Answer {
        self.try_call(action)
            .unwrap_or_else(|code| format!("error: {code}"))
    }

    fn try_call(&mut self, action: Action) -> Result<Answer, &'static str> {
        match action {
            Action::LaunchAgain { active } => {
                let answer = self.launched(None);
                let due = self.show(active);
                self.apply_due(due).ok();
                return Ok(answer);
            }
            Action::Pause => drop(self.show(false)),
            Action::Resume => {
                let due = self.show(true);
                self.apply_due(due)?;
            }
            Action::Ready => return Ok(self.ready()),
            Action::StaleReady(_) => return Err("stale_launch"),
            Action::Crash(reason) => self.crash(reason),
            Action::SetBundleError(pick) => self.set_bundle_error(pick)?,
            Action::Check => return self.check(),
            Action::Flush => self.reports.clear(),
            Action::Next(pick) => {
                let id = self.usable(pick)?;
                self.next = Some(id);
                self.next_is_offered = false;
            }
            Action::Set(pick) => {
                let id = self.known(pick)?;
                if id == BUILTIN {
                    self.reset(BUILTIN);
                } else if id != self.running() {
                    self.usable(pick)?;
                    self.switch_to(id)?;
                }
            }
            Action::Delete(pick) => self.delete(pick)?,
            Action::Verify(pick) => {
                let id = self.known(pick)?;
                self.hash(id);
            }
            Action::Reload => {
                let next = self.next.filter(|next| *next != self.running());
                self.apply_next(next)?;
            }
            Action::Reset { to_last } => {
                let target = if to_last {
                    self.fallback(None)
                } else {
                    BUILTIN
                };
                self.reset(target);
            }
            Action::ClearBlocked => {
                self.failed.clear();
                self.refused.clear();
                self.repairs.clear();
            }
            _ => {}
        }
        Ok("done".to_owned())
    }

    pub(super) fn running(&self) -> Id {
        self.process
            .as_ref()
            .map_or(BUILTIN, |process| process.running)
    }

    /// The app comes to the foreground, or goes. What is to be applied now.
    fn show(&mut self, is_active: bool) -> Option<Id> {
        let clock = self.clock;
        let process = self.process.as_mut()?;
        let since = process.away_since;
        process.is_active = is_active;
        process.away_since = (!is_active).then(|| since.unwrap_or(clock));
        if let Some(record) = &mut process.record {
            record.is_paused = !is_active;
            record.active = process.active;
        }
        let (running, record) = (process.running, process.record.clone());
        if !is_active {
            self.write_fine(record.as_ref());
            return None;
        }
        self.write(record.as_ref());
        let is_due = since.is_some_and(|since| clock - since >= APPLY_AFTER);
        let next = self.next.filter(|next| is_due && *next != running);
        next.filter(|_| !self.is_trial(running))
    }

    fn apply_due(&mut self, due: Option<Id>) -> Result<(), &'static str> {
        due.map_or(Ok(()), |due| self.apply_next(Some(due)))
    }

    fn apply_next(&mut self, next: Option<Id>) -> Result<(), &'static str> {
        match next {
            Some(BUILTIN) => {
                self.enter(BUILTIN);
                Ok(())
            }
            Some(id) if self.status(id).is_some_and(|it| it != Status::Error) => self.switch_to(id),
            _ => Ok(()),
        }
    }

    fn ready(&mut self) -> Answer {
        let Some(process) = &mut self.process else {
            return String::new();
        };
        process.is_ready = true;
        if let Some(record) = &mut process.record {
            record.is_ready = true;
        }
        let (running, record) = (process.running, process.record.clone());
        self.write_fine(record.as_ref());
        self.become_ready(running);
        self.collect();
        format!("bundle {running}")
    }

    /// It takes nothing back by itself: it makes a launch count.
    fn crash(&mut self, reason: Option<CrashReason>) {
        let Some(process) = &mut self.process else {
            return;
        };
        let Some(record) = &mut process.record else {
            return;
        };
        let is_late = match reason {
            Some(CrashReason::PreviousProcess) => true,
            Some(_) => false,
            None => !process.is_ready,
        };
        let mut has_failed = None;
        if !is_late {
            record.has_crashed = true;
        } else if process.previous.take() == Some(false) {
            record.row = record.row_if_crashed;
            has_failed = Some(record.bundle);
        } else {
            return;
        }
        let record = record.clone();
        self.write(Some(&record));
        if let Some(bundle) = has_failed.and_then(|id| self.bundle(id))
            && bundle.status == Status::Trial
        {
            bundle.failed_launches += 1;
        }
    }

    fn set_bundle_error(&mut self, pick: Pick) -> Result<(), &'static str> {
        let id = self.known(pick)?;
        if id == BUILTIN {
            return Err("protected_bundle");
        }
        if id == self.running() {
            self.take_back(Some("reported"));
        } else if self.status(id) != Some(Status::Error) {
            self.condemn(id, "reported");
        }
        Ok(())
    }

    fn delete(&mut self, pick: Pick) -> Result<(), &'static str> {
        let id = self.known(pick)?;
        let fallback = self.fallback(Some(self.running()));
        let needed = [BUILTIN, self.running(), self.current, fallback];
        if needed.contains(&id) || self.next == Some(id) {
            return Err("protected_bundle");
        }
        self.bundles.remove(&id);
        self.good.retain(|good| *good != id);
        if let Some(process) = &mut self.process {
            process.handed_out.remove(&id);
        }
        self.discard();
        Ok(())
    }

    fn reset(&mut self, target: Id) {
        self.next = None;
        self.enter(target);
    }

    /// Runs a bundle now, if its files are what was installed.
    fn switch_to(&mut self, id: Id) -> Result<(), &'static str> {
        let (boot, damage) = (self.boot, self.damage(id));
        let Some(bundle) = self.bundle(id) else {
            return Ok(());
        };
        let noticed = match bundle.status {
            Status::Success => Damage::Page,
            _ if bundle.hashed == Some(boot) => Damage::Size,
            _ => Damage::Bytes,
        };
        if damage >= Some(noticed) {
            self.lose(id);
            return Err("storage");
        }
        if bundle.status != Status::Success {
            bundle.hashed = Some(boot);
        }
        self.enter(id);
        Ok(())
    }

    /// Activates and runs; a trial that is left keeps its active time.
    pub(super) fn enter(&mut self, id: Id) {
        let active = self.process.as_ref().map_or(0, |process| process.active);
        let running = self.running();
        if let Some(bundle) = self.bundle(running)
            && bundle.status == Status::Trial
        {
            bundle.active += active;
        }
        self.activate(id);
        self.run(id);
    }

    fn known(&self, pick: Pick) -> Result<Id, &'static str> {
        let id = self.pick(pick).ok_or("unknown_bundle")?;
        let is_known = id == BUILTIN || self.bundles.contains_key(&id);
        is_known.then_some(id).ok_or("unknown_bundle")
    }

    fn usable(&self, pick: Pick) -> Result<Id, &'static str> {
        let id = self.known(pick)?;
        match self.status(id) {
            Some(Status::Error) => Err("blocked"),
            _ => Ok(id),
        }
    }
}
