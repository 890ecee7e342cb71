//! A state whose digest is right, and which says what no version of this library writes.

use super::*;
use crate::store::state::BundleRecord;

/// A phone whose state is changed behind the app's back before its next launch.
fn forged(change: impl FnOnce(&mut State, &BundleId)) -> (Phone, BundleId) {
    let (mut phone, good) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    phone.launch();
    phone
        .app()
        .update(|state| change(state, &trial))
        .expect("a disk with room");
    (phone, good)
}

fn record<'a>(state: &'a mut State, id: &BundleId) -> &'a mut BundleRecord {
    state.bundle_mut(id).expect("a bundle that is known")
}

#[test]
fn a_trial_with_the_most_failed_launches_there_can_be_is_over() {
    let (mut phone, good) = forged(|state, id| record(state, id).failed_launches = u32::MAX);
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert_eq!(launch.rolled_back.unwrap().version, "3.0.0");
}

#[test]
fn a_bundle_that_was_never_ready_runs_on_trial_only() {
    let (mut phone, good) = forged(|state, id| record(state, id).status = BundleStatus::Pending);
    assert!(phone.launch().trial);
    phone.launch();
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn builtin_is_what_the_app_has_whatever_the_state_says_of_it() {
    let (mut phone, _) = forged(|state, id| {
        let mut builtin = record(state, id).clone();
        builtin.id = BundleId::builtin();
        state.current = BundleId::builtin();
        state.bundles.push(builtin);
    });
    let launch = phone.launch();
    assert!(!launch.trial && launch.rolled_back.is_none());
    assert_eq!(launch.bundle.version, "1.0.0");
    assert_eq!(launch.bundle.status, BundleStatus::Success);
}
