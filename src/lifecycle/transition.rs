//! What happens to the state when a bundle is activated, becomes ready or is taken back.
//!
//! Pure functions on [`State`]; `docs/lifecycle.md` has them as a table and a diagram.

use std::mem;

use semver::Version;

use crate::bundle::{BundleId, BundleStatus, FailureReason};
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::native_version::NativeVersion;
use crate::report::{self, Confirmation};
use crate::store::state::{
    BundleRecord, Channel, FailedUpdate, FailedVersion, RefusedBytes, Repair, State,
};
use crate::store::trusted::Trusted;

use super::rules::Rules;

/// The most failed versions and refused bytes that are remembered; the oldest give way.
const MOST_REMEMBERED: usize = 200;
/// The most rolled-back bundles that stay listed.
const MOST_ERRORS: usize = 20;

/// Makes `id` what runs. A trial that this supersedes goes back to `pending`, with its attempts.
pub(crate) fn activate(state: &mut State, id: &BundleId, attempt: u64) {
    leave_trial(state);
    state.current = id.clone();
    if state.next.as_ref() == Some(id) {
        state.next = None;
    }
    if let Some(record) = state.bundle_mut(id)
        && record.status == BundleStatus::Pending
    {
        record.status = BundleStatus::Trial;
    }
    state.attempt = state.is_trial(id).then_some(attempt);
}

/// Chooses the channel while `running` runs. What a trial has chosen holds from now on, and for good
/// once it is ready.
pub(crate) fn set_channel(state: &mut State, running: &BundleId, channel: Option<String>) {
    let before = mem::replace(&mut state.channel, channel);
    if state.is_trial(running) {
        let before = Channel { name: before };
        state.channel_before_trial.get_or_insert(before);
    } else {
        state.channel_before_trial = None;
    }
}

/// The trial is over and wasn't ready: a bad bundle must not be able to end updates for good.
fn take_channel_back(state: &mut State) {
    if let Some(before) = state.channel_before_trial.take() {
        state.channel = before.name;
    }
}

/// Takes the current bundle's trial back without a verdict.
pub(crate) fn leave_trial(state: &mut State) {
    state.attempt = None;
    take_channel_back(state);
    let current = state.current.clone();
    if let Some(record) = state.bundle_mut(&current)
        && record.status == BundleStatus::Trial
    {
        record.status = BundleStatus::Pending;
    }
}

/// The bundle proved itself. Whether anything changed.
pub(crate) fn become_ready(state: &mut State, id: &BundleId, now: u64) -> bool {
    let Some(record) = state.bundle_mut(id) else {
        return false;
    };
    let was_trial = record.status == BundleStatus::Trial;
    let was_withdrawn = mem::take(&mut record.is_withdrawn);
    if was_trial {
        record.status = BundleStatus::Success;
        record.failed_launches = 0;
        record.active_millis = 0;
        let confirmation = Confirmation::success(record.version.clone(), now);
        report::enqueue(&mut state.confirmations, confirmation);
        state.attempt = None;
        state.channel_before_trial = None;
    } else if record.status != BundleStatus::Success {
        return false;
    }
    if state.good.first() == Some(id) {
        return was_trial || was_withdrawn;
    }
    state.good.retain(|good| good != id);
    state.good.insert(0, id.clone());
    true
}

/// A verdict: the bundle is bad. It is blocked, reported, and never a fallback again.
///
/// Gives the record as it stands afterwards, or nothing where there is no such bundle.
pub(crate) fn condemn(
    state: &mut State,
    id: &BundleId,
    reason: FailureReason,
    now: u64,
) -> Option<BundleRecord> {
    let record = fail(state, id, reason)?;
    block(state, &record);
    let confirmation = Confirmation::failure(record.version.clone(), reason, now);
    report::enqueue(&mut state.confirmations, confirmation);
    Some(record)
}

/// The bundle's files are not what was installed. That says nothing of the version: it may be
/// fetched again.
pub(crate) fn lose(state: &mut State, id: &BundleId) -> Option<BundleRecord> {
    let record = fail(state, id, FailureReason::Damaged)?;
    match state
        .repairs
        .iter_mut()
        .find(|repair| repair.checksum == record.checksum)
    {
        Some(repair) => repair.count = repair.count.saturating_add(1),
        None => remember(
            &mut state.repairs,
            Repair {
                checksum: record.checksum,
                count: 1,
            },
        ),
    }
    Some(record)
}

/// Remembers bytes that can never be installed.
pub(crate) fn refuse(state: &mut State, refused: RefusedBytes) {
    if !state.has_refused(&refused.bytes) {
        remember(&mut state.refused, refused);
    }
}

/// Lets the next launch try what ran or was fallen back to before, unless it tries something else.
pub(crate) fn try_again(state: &mut State, id: &BundleId) {
    if state.next.is_none() {
        state.next = Some(id.clone());
        state.next_is_offered = false;
    }
}

/// What is fallen back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fallback {
    pub(crate) bundle: BundleId,
    /// A newer good one whose files can't be looked at now, which says nothing about it.
    pub(crate) unreadable: Option<BundleId>,
}

impl Fallback {
    /// Lets the next launch try what can't be looked at now, unless it tries something else.
    pub(crate) fn remember(&self, state: &mut State) {
        if let Some(id) = &self.unreadable {
            try_again(state, id);
        }
    }
}

/// The server takes back all that was good. Nothing is blocked, and nothing falls back to it until
/// it is ready again.
pub(crate) fn withdraw_good(state: &mut State) {
    for id in state.good.clone() {
        if let Some(record) = state.bundle_mut(&id) {
            record.is_withdrawn = true;
        }
    }
}

/// The newest good bundle that is whole, isn't `excluded` and wasn't withdrawn; builtin where there
/// is none.
pub(crate) fn fallback(
    state: &State,
    excluded: Option<&BundleId>,
    is_whole: &mut dyn FnMut(&BundleRecord) -> Result<bool, Error>,
) -> Fallback {
    let mut fallback = Fallback {
        bundle: BundleId::builtin(),
        unreadable: None,
    };
    let good = state.good.iter().filter(|id| Some(*id) != excluded);
    for record in good.filter_map(|id| state.bundle(id)) {
        if record.status != BundleStatus::Success || record.is_withdrawn {
            continue;
        }
        match is_whole(record) {
            Ok(true) => {
                fallback.bundle = record.id.clone();
                break;
            }
            Ok(false) => {}
            Err(_) => {
                fallback.unreadable.get_or_insert_with(|| record.id.clone());
            }
        }
    }
    fallback
}

/// Another build of the app is installed: bundles and verdicts were for the one before.
pub(crate) fn change_native_build(state: &mut State, rules: &Rules) {
    state.native_build = Some(rules.native_build.clone());
    let kept = if rules.reset_when_update || !trusts_all_of(&state.trusted.keys, rules) {
        Vec::new()
    } else {
        fitting_bundles(state, rules)
    };
    state.next = state
        .good
        .iter()
        .find(|id| {
            let is_it = |record: &&BundleRecord| record.id == **id;
            kept.iter().find(is_it).is_some_and(|it| !it.is_withdrawn)
        })
        .cloned();
    state.next_is_offered = false;
    state.current = BundleId::builtin();
    state.attempt = None;
    take_channel_back(state);
    state.bundles = kept;
    state.good.clear();
    state.failed.clear();
    state.refused.clear();
    state.repairs.clear();
    trust_anew(&mut state.trusted, rules);
}

/// Whether what was verified under `keys` is verified under those of this build too. Without keys
/// nothing was.
fn trusts_all_of(keys: &[String], rules: &Rules) -> bool {
    keys.is_empty() == rules.keys.is_empty() && keys.iter().all(|id| rules.keys.contains(id))
}

/// What statements have taught stays, unless the app was built with other keys: that is how a
/// publisher whose keys were stolen gets rid of what they were used for.
fn trust_anew(trusted: &mut Trusted, rules: &Rules) {
    let are_same = trusted.keys.len() == rules.keys.len()
        && rules.keys.iter().all(|id| trusted.keys.contains(id));
    if !are_same {
        *trusted = Trusted {
            keys: rules.keys.clone(),
            ..Trusted::default()
        };
    }
    // A statement from before this build says nothing of the web files that the build has.
    for floor in &mut trusted.floors {
        floor.is_higher = false;
    }
}

/// Bundles that may go on under the installed app. They have to prove themselves anew.
fn fitting_bundles(state: &State, rules: &Rules) -> Vec<BundleRecord> {
    let parse = |text: &Option<String>| text.as_ref()?.parse::<NativeVersion>().ok();
    let fits = |record: &&BundleRecord| {
        let (min, max) = (
            parse(&record.min_app_version),
            parse(&record.max_app_version),
        );
        record.status != BundleStatus::Error
            && rules.native_version.is_within(min.as_ref(), max.as_ref())
            && (rules.allow_downgrade || record.version >= rules.builtin_version)
    };
    let mut kept: Vec<_> = state.bundles.iter().filter(fits).cloned().collect();
    for record in &mut kept {
        record.status = BundleStatus::Pending;
        record.failed_launches = 0;
        record.active_millis = 0;
    }
    kept
}

fn fail(state: &mut State, id: &BundleId, reason: FailureReason) -> Option<BundleRecord> {
    let record = state.bundle_mut(id)?;
    record.status = BundleStatus::Error;
    let record = record.clone();
    state.good.retain(|good| good != id);
    if state.next.as_ref() == Some(id) {
        state.next = None;
    }
    if state.current == *id {
        state.attempt = None;
        take_channel_back(state);
    }
    state.failed_update = Some(FailedUpdate {
        bundle: record.clone(),
        reason,
    });
    forget_old_errors(state);
    Some(record)
}

fn block(state: &mut State, record: &BundleRecord) {
    if !state.has_failed(&record.version, &record.checksum) {
        let failed = FailedVersion {
            version: record.version.clone(),
            checksum: record.checksum,
        };
        remember(&mut state.failed, failed);
    }
}

fn forget_old_errors(state: &mut State) {
    let errors = |state: &State| {
        let is_error = |record: &&BundleRecord| record.status == BundleStatus::Error;
        state.bundles.iter().filter(is_error).count()
    };
    while errors(state) > MOST_ERRORS {
        let oldest = state
            .bundles
            .iter()
            .position(|record| record.status == BundleStatus::Error && record.id != state.current);
        match oldest {
            Some(index) => drop(state.bundles.remove(index)),
            None => return,
        }
    }
}

fn remember<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    let excess = list.len().saturating_sub(MOST_REMEMBERED);
    list.drain(..excess);
}

/// The server names these bytes again, knowing what became of them: they get another chance.
pub(crate) fn unblock(state: &mut State, version: &Version, checksum: &Sha256Digest) {
    let is_it = |failed: &FailedVersion| failed.version == *version && failed.checksum == *checksum;
    state.failed.retain(|failed| !is_it(failed));
    state.repairs.retain(|repair| repair.checksum != *checksum);
}

/// Lets a version be installed again; all of them without one.
pub(crate) fn clear_blocked(state: &mut State, version: Option<&Version>) {
    let stays = |blocked: &Version| version.is_some_and(|version| version != blocked);
    state.failed.retain(|failed| stays(&failed.version));
    state.refused.retain(|refused| stays(&refused.version));
    match version {
        None => state.repairs.clear(),
        Some(version) => {
            let checksums: Vec<_> = state
                .bundles
                .iter()
                .filter(|record| record.version == *version)
                .map(|record| record.checksum)
                .collect();
            state
                .repairs
                .retain(|repair| !checksums.contains(&repair.checksum));
        }
    }
}
