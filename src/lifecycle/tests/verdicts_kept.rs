//! What a launch finds unfinished.

use super::*;
use crate::error::Error;
use crate::lifecycle::launch::{self, Inspect, Inspection, LaunchFacts};
use crate::store::state::BundleRecord;

/// A device so slow that no trial is ever hashed in time.
struct Slow;

impl Inspect for Slow {
    fn is_whole(&mut self, _: &BundleRecord) -> Result<bool, Error> {
        Ok(true)
    }

    fn inspect_trial(&mut self, _: &BundleRecord) -> Inspection {
        Inspection::Unfinished
    }
}

#[test]
fn a_trial_that_is_not_hashed_in_time_waits_for_the_next_launch() {
    let (mut phone, good) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    let facts = LaunchFacts {
        rules: &phone.rules.clone(),
        starts: None,
        attempt: 7,
        is_active: true,
        now: 0,
    };
    let decision = launch::decide(&phone.state(), &facts, &mut Slow);
    assert_eq!(decision.state.current, good);
    assert_eq!(decision.state.next, Some(trial.clone()));
    assert_eq!(decision.state.attempt, None);
    assert_eq!(decision.rolled_back, None);
    assert_eq!(decision.hash_in_background, Some(trial.clone()));
    let record = decision.state.bundle(&trial).unwrap();
    assert_eq!(record.status, BundleStatus::Pending);
    assert_eq!(record.failed_launches, 0);
}

#[test]
fn readiness_that_the_state_had_no_room_for_counts_at_the_next_launch() {
    let (mut phone, _) = Phone::with_good_bundle();
    let id = phone.install("3.0.0");
    let launch = phone.launch();
    let slots = ["state.a", "state.b"].map(|slot| phone.path(Path::new(slot)));
    let before = slots.clone().map(|slot| fs::read(slot).unwrap());
    phone.ready(&launch);
    phone.app = None;
    for (slot, bytes) in slots.iter().zip(before) {
        fs::write(slot, bytes).unwrap();
    }
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, id);
    assert!(!launch.trial);
    assert_eq!(phone.status(&id), Some(BundleStatus::Success));
    assert_eq!(
        phone.reports().last(),
        Some(&("3.0.0".to_owned(), None)),
        "the server learns of it all the same"
    );
}
