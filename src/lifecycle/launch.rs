//! What a launch runs: a pure decision on the state, the record of the last launch, and a look
//! at files through [`Inspect`].

use crate::bundle::{BundleId, BundleStatus, FailureReason, Problem};
use crate::error::Error;
use crate::store::starts::Starts;
use crate::store::state::{BundleRecord, State};

use super::rules::Rules;
use super::running::PreviousLaunch;
use super::transition;

/// Looks at a bundle's files.
pub(crate) trait Inspect {
    /// Whether a good bundle can be started: a look at two files.
    ///
    /// # Errors
    ///
    /// `storage` where the file system fails, which says nothing about the bundle.
    fn is_whole(&mut self, record: &BundleRecord) -> Result<bool, Error>;

    /// Whether a trial may start: all sizes, and all digests where this boot hasn't seen them.
    fn inspect_trial(&mut self, record: &BundleRecord) -> Inspection;
}

/// How a look at all files of a bundle ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inspection {
    /// Every file is what was installed; hashed in the boot that is named here.
    Whole { hashed_boot: Option<String> },
    /// A file is missing, too many, or another.
    Damaged,
    /// The time that a launch has for it was not enough, or the file system failed.
    Unfinished,
}

/// What a launch decides on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaunchFacts<'a> {
    pub(crate) rules: &'a Rules,
    /// How the launch before went so far.
    pub(crate) starts: Option<&'a Starts>,
    /// Names this launch, should it be one of a trial.
    pub(crate) attempt: u64,
    /// Whether the app is in the foreground.
    pub(crate) is_active: bool,
    /// Milliseconds since the Unix epoch.
    pub(crate) now: u64,
}

/// What a launch does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LaunchDecision {
    /// The state to commit where it differs; what runs is its `current`.
    pub(crate) state: State,
    /// The bundle that was taken back, and why.
    pub(crate) rolled_back: Option<(BundleRecord, FailureReason)>,
    /// The record of this launch; nothing for builtin.
    pub(crate) starts: Option<Starts>,
    /// The verdict on the launch before, where it was of the state's current bundle.
    pub(crate) previous: Option<PreviousLaunch>,
    /// A bundle whose files could not all be hashed in time.
    pub(crate) hash_in_background: Option<BundleId>,
    /// Why a good bundle doesn't run, although it may be whole.
    pub(crate) problem: Option<Problem>,
}

/// Decides what a launch runs.
pub(crate) fn decide(
    state: &State,
    facts: &LaunchFacts<'_>,
    inspect: &mut dyn Inspect,
) -> LaunchDecision {
    let mut decision = LaunchDecision {
        state: state.clone(),
        rolled_back: None,
        starts: None,
        previous: None,
        hash_in_background: None,
        problem: None,
    };
    if state.native_build.as_ref() != Some(&facts.rules.native_build) {
        // Capacitor drops a stored path after an update of the app: this launch is builtin
        // whatever is decided here, so nothing else may count as having been started.
        transition::change_native_build(&mut decision.state, facts.rules);
        return decision;
    }
    let row = decision.judge_last_launch(facts);
    match row {
        Verdict::Bad(reason) => decision.roll_back(reason, facts, inspect),
        Verdict::Open(_) => decision.promote_next(facts),
    }
    decision.check_files(facts, inspect);
    decision.begin(row, facts);
    decision
}

/// The verdict on the launch before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Bad(FailureReason),
    Open(Row),
}

/// Bad launches of a good bundle in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Row {
    bad: u32,
    bad_if_crashed: u32,
}

impl LaunchDecision {
    fn judge_last_launch(&mut self, facts: &LaunchFacts<'_>) -> Verdict {
        let current = self.state.current.clone();
        let attempt = self.state.attempt;
        let starts = facts.starts.filter(|starts| starts.bundle == current);
        match self.state.bundle(&current).map(|record| record.status) {
            Some(BundleStatus::Trial) => {
                let starts = starts.filter(|starts| Some(starts.attempt) == attempt);
                self.judge_trial(&current, starts, facts)
            }
            Some(BundleStatus::Success) => self.judge_good(starts, facts.rules),
            _ => Verdict::Open(Row::default()),
        }
    }

    fn judge_trial(
        &mut self,
        id: &BundleId,
        starts: Option<&Starts>,
        facts: &LaunchFacts<'_>,
    ) -> Verdict {
        let open = Verdict::Open(Row::default());
        if starts.is_some_and(|starts| starts.is_ready) {
            // It was ready, and the disk had no room for the verdict.
            transition::become_ready(&mut self.state, id, facts.now);
            return open;
        }
        let has_begun = self.state.attempt.take().is_some();
        let Some(record) = self.state.bundle_mut(id).filter(|_| has_begun) else {
            return open;
        };
        // Without a record of how the launch went, it went down with the power: it counts.
        let counts = starts.is_none_or(|starts| !starts.is_paused || starts.has_crashed);
        record.failed_launches = record.failed_launches.saturating_add(counts.into());
        record.active_millis = record
            .active_millis
            .saturating_add(starts.map_or(0, |starts| starts.active_millis));
        self.previous = Some(PreviousLaunch { was_bad: counts });
        if record.failed_launches >= facts.rules.max_trial_launches {
            Verdict::Bad(FailureReason::TrialLaunches)
        } else if record.active_millis >= facts.rules.total_millis() {
            Verdict::Bad(FailureReason::Timeout)
        } else {
            open
        }
    }

    fn judge_good(&mut self, starts: Option<&Starts>, rules: &Rules) -> Verdict {
        let Some(starts) = starts else {
            return Verdict::Open(Row {
                bad: 0,
                bad_if_crashed: 1,
            });
        };
        let never_ready =
            !starts.is_ready && (!starts.is_paused || starts.active_millis >= rules.ready_millis());
        let is_bad = starts.has_crashed || never_ready;
        let after_bad = starts.bad_in_row.saturating_add(1);
        let row = Row {
            bad: if is_bad { after_bad } else { 0 },
            bad_if_crashed: after_bad,
        };
        self.previous = Some(PreviousLaunch { was_bad: is_bad });
        if row.bad.max(starts.bad_in_row) >= rules.crash_loop_limit {
            Verdict::Bad(FailureReason::CrashLoop)
        } else {
            Verdict::Open(row)
        }
    }

    fn roll_back(
        &mut self,
        reason: FailureReason,
        facts: &LaunchFacts<'_>,
        inspect: &mut dyn Inspect,
    ) {
        let id = self.state.current.clone();
        let record = transition::condemn(&mut self.state, &id, reason, facts.now);
        self.rolled_back = record.map(|record| (record, reason));
        self.fall_back(inspect);
    }

    fn promote_next(&mut self, facts: &LaunchFacts<'_>) {
        let Some(next) = self.state.next.take() else {
            return;
        };
        let can_run = next.is_builtin()
            || self
                .state
                .bundle(&next)
                .is_some_and(|record| record.status != BundleStatus::Error);
        if can_run && next != self.state.current {
            transition::activate(&mut self.state, &next, facts.attempt);
        }
    }

    /// What was chosen runs only if its files are what was installed.
    fn check_files(&mut self, facts: &LaunchFacts<'_>, inspect: &mut dyn Inspect) {
        let id = self.state.current.clone();
        let Some(record) = self.state.bundle(&id).cloned() else {
            if !id.is_builtin() {
                self.fall_back(inspect);
            }
            return;
        };
        match record.status {
            // A verdict may have come while another bundle was running because this one's start
            // could not be made durable.
            BundleStatus::Error => self.fall_back(inspect),
            BundleStatus::Success => match inspect.is_whole(&record) {
                Ok(true) => {}
                Ok(false) => self.lose(&id, inspect),
                Err(error) => self.leave_unreadable(&id, &error, inspect),
            },
            BundleStatus::Pending | BundleStatus::Trial => {
                self.check_trial(&record, facts, inspect);
            }
        }
    }

    fn check_trial(
        &mut self,
        record: &BundleRecord,
        facts: &LaunchFacts<'_>,
        inspect: &mut dyn Inspect,
    ) {
        let id = record.id.clone();
        match inspect.inspect_trial(record) {
            Inspection::Damaged => self.lose(&id, inspect),
            Inspection::Unfinished => {
                transition::leave_trial(&mut self.state);
                self.state.next = Some(id.clone());
                self.fall_back(inspect);
                self.hash_in_background = Some(id);
            }
            Inspection::Whole { hashed_boot } => {
                if let Some(record) = self.state.bundle_mut(&id) {
                    record.status = BundleStatus::Trial;
                    record.hashed_boot = hashed_boot;
                }
                self.state.attempt = Some(facts.attempt);
            }
        }
    }

    fn lose(&mut self, id: &BundleId, inspect: &mut dyn Inspect) {
        let record = transition::lose(&mut self.state, id);
        self.rolled_back = record.map(|record| (record, FailureReason::Damaged));
        self.fall_back(inspect);
    }

    fn fall_back(&mut self, inspect: &mut dyn Inspect) {
        let fallback = transition::fallback(&self.state, None, &mut |record| {
            inspect
                .is_whole(record)
                .inspect_err(|error| self.problem = Some(Problem::from(error)))
        });
        fallback.remember(&mut self.state);
        self.state.current = fallback.bundle;
    }

    /// A file system that fails says nothing about the bundle: it's tried again.
    fn leave_unreadable(&mut self, id: &BundleId, error: &Error, inspect: &mut dyn Inspect) {
        self.fall_back(inspect);
        if self.state.current != *id {
            self.problem = Some(Problem::from(error));
            transition::try_again(&mut self.state, id);
        }
    }

    fn begin(&mut self, verdict: Verdict, facts: &LaunchFacts<'_>) {
        let current = &self.state.current;
        if current.is_builtin() {
            return;
        }
        let mut starts = Starts::new(current.clone(), facts.attempt, !facts.is_active);
        let goes_on = facts.starts.is_some_and(|starts| starts.bundle == *current);
        if let Verdict::Open(row) = verdict
            && goes_on
            && self.rolled_back.is_none()
        {
            starts.bad_in_row = row.bad;
            starts.bad_if_crashed = row.bad_if_crashed;
        }
        self.starts = Some(starts);
    }
}
