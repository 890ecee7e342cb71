//! What release statements do to a phone: floors that last, blocks that are lifted, and the way
//! back to builtin.

use serde_json::{Value, json};

use super::*;
use crate::store::trusted::{Floor, Trusted};
use crate::verify::statement::Circumstances;
use crate::verify::statement::testing::{circumstances, envelope, id, pinned, statement, with};

/// A statement for the bundle that [`Phone::install`] makes of this version.
fn naming(sequence: u64, version: &str) -> Value {
    let checksum = description(version).checksum.to_string();
    with(
        statement(sequence, version),
        "bundle.sha256",
        json!(checksum),
    )
}

impl Phone {
    /// A phone that pins the keys of these seeds.
    fn pinning(seeds: &[u8]) -> Self {
        let mut phone = Self::new();
        phone.pin(seeds);
        phone.launch();
        phone
    }

    /// The app's next process is built with these keys.
    fn pin(&mut self, seeds: &[u8]) {
        let config = Config::with_statements("com.example.app", pinned(seeds), 1).unwrap();
        self.rules.keys = config.trust.key_ids();
    }

    /// Verifies a statement that key 1 has signed; whether it comes after another.
    fn accept(&mut self, statement: &Value) -> Result<bool, &'static str> {
        let keys = pinned(&[1, 2]);
        let circumstances = Circumstances {
            now: self.app().now(),
            ..circumstances(&keys)
        };
        self.app()
            .accept(&envelope(statement, &[1]), &circumstances)
            .map(|(_, is_higher)| is_higher)
            .map_err(|error| error.code())
    }

    fn floors(&mut self) -> Vec<Floor> {
        self.state().trusted.floors
    }

    /// Installs a version, launches it, and lets its time run out.
    fn fail(&mut self, version: &str) {
        self.install(version);
        self.launch();
        self.wait(READY_TIMEOUT);
    }
}

#[test]
fn a_floor_outlives_the_process() {
    let mut phone = Phone::pinning(&[1]);
    assert_eq!(phone.accept(&statement(10, "2.0.0")), Ok(false));
    phone.launch();
    assert_eq!(phone.accept(&statement(9, "3.0.0")), Err("downgrade"));
    assert_eq!(phone.accept(&statement(11, "2.1.0")), Ok(true));
    phone.launch();
    assert_eq!(phone.floors()[0].sequence, 11);
    assert_eq!(phone.accept(&statement(11, "2.1.0")), Ok(true), "still");
}

#[test]
fn a_floor_that_cannot_be_kept_lets_nothing_be_followed() {
    let mut phone = Phone::pinning(&[1]);
    phone.accept(&statement(10, "2.0.0")).unwrap();
    fs::remove_dir_all(phone.root.path()).unwrap();
    assert_eq!(phone.accept(&statement(11, "2.1.0")), Err("storage"));
    assert_eq!(phone.floors()[0].sequence, 10);
}

#[test]
fn a_higher_sequence_that_names_a_failed_version_again_lifts_its_block() {
    let mut phone = Phone::pinning(&[1]);
    phone.accept(&naming(10, "3.0.0")).unwrap();
    phone.fail("3.0.0");
    assert_eq!(phone.state().failed.len(), 1);
    phone.accept(&naming(10, "3.0.0")).unwrap();
    assert_eq!(
        phone.state().failed.len(),
        1,
        "the same statement says nothing new"
    );
    phone.accept(&naming(11, "4.0.0")).unwrap();
    assert_eq!(phone.state().failed.len(), 1, "it names another version");
    let other_bytes = with(naming(12, "3.0.0"), "bundle.sha256", json!("09".repeat(32)));
    phone.accept(&other_bytes).unwrap();
    assert_eq!(phone.state().failed.len(), 1, "it names other bytes");
    phone.accept(&naming(13, "3.0.0")).unwrap();
    assert_eq!(phone.state().failed, []);
    // It fails once more: that statement has had its chance.
    phone.fail("3.0.0");
    phone.accept(&naming(13, "3.0.0")).unwrap();
    assert_eq!(phone.state().failed.len(), 1);
}

#[test]
fn the_first_statement_lifts_no_block() {
    let mut phone = Phone::pinning(&[1]);
    phone.fail("3.0.0");
    phone.accept(&naming(10, "3.0.0")).unwrap();
    assert_eq!(phone.state().failed.len(), 1);
}

#[test]
fn another_build_with_the_same_keys_keeps_floors_but_no_claim_to_replace() {
    let mut phone = Phone::pinning(&[1, 2]);
    phone.accept(&statement(10, "2.0.0")).unwrap();
    let revoking = with(statement(11, "2.1.0"), "revoked", json!([id(2)]));
    assert_eq!(phone.accept(&revoking), Ok(true));
    phone.rules.native_build = "2".to_owned();
    phone.pin(&[2, 1]);
    phone.launch();
    assert_eq!(phone.state().trusted.revoked, [id(2)]);
    assert_eq!(phone.accept(&statement(10, "2.0.0")), Err("downgrade"));
    assert_eq!(phone.accept(&revoking), Ok(false), "older than the build");
    assert_eq!(phone.accept(&statement(12, "2.1.0")), Ok(true));
}

#[test]
fn another_build_with_other_keys_forgets_floors_and_revocations() {
    let mut phone = Phone::pinning(&[1]);
    let revoking = with(statement(10, "2.0.0"), "revoked", json!([id(2)]));
    phone.accept(&revoking).unwrap();
    phone.pin(&[1, 2]);
    phone.launch();
    assert_eq!(phone.floors().len(), 1, "the same build");
    phone.rules.native_build = "2".to_owned();
    phone.launch();
    let expected = Trusted {
        keys: phone.rules.keys.clone(),
        ..Trusted::default()
    };
    assert_eq!(phone.state().trusted, expected);
    assert_eq!(phone.accept(&statement(1, "2.0.0")), Ok(false));
}

#[test]
fn a_rollback_to_builtin_is_one_commit_and_blocks_nothing() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    let before = phone.app().running().unwrap().token.clone();
    let generation = phone.generation();
    let (left, events) = phone.app().roll_back_to_builtin().unwrap();
    assert_eq!(left.map(|bundle| bundle.id), Some(good.clone()));
    assert_eq!(names(&events), ["set", "appReloaded", "reload"]);
    let Some(Event::Reload(launch)) = events.last() else {
        panic!("{events:?}")
    };
    assert!(launch.bundle.id.is_builtin());
    assert_ne!(launch.launch_token, before);
    assert_eq!(phone.generation(), generation + 1);
    let state = phone.state();
    assert!(state.current.is_builtin());
    assert_eq!((state.next, state.failed), (None, vec![]));
    assert_eq!(state.good, std::slice::from_ref(&good));
    assert_eq!(phone.status(&good), Some(BundleStatus::Success));
    assert_eq!(phone.reports().len(), 1, "the success of before");
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn a_rollback_to_builtin_takes_a_trial_back_without_a_verdict() {
    let (mut phone, _) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    assert!(phone.launch().trial);
    phone.app().roll_back_to_builtin().unwrap();
    assert_eq!(phone.status(&trial), Some(BundleStatus::Pending));
    let launch = phone.launch();
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(launch.rolled_back, None);
}

#[test]
fn a_rollback_to_builtin_on_builtin_forgets_what_is_next_and_says_nothing() {
    let mut phone = Phone::pinning(&[1]);
    phone.install("2.0.0");
    let before = phone.app().running().unwrap().token.clone();
    let (left, events) = phone.app().roll_back_to_builtin().unwrap();
    assert_eq!((left, events), (None, vec![]));
    assert_eq!(phone.app().running().unwrap().token, before);
    assert_eq!(phone.state().next, None);
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn what_the_server_has_taken_back_is_no_fallback() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.update_to("3.0.0");
    phone.app().roll_back_to_builtin().unwrap();
    phone.fail("4.0.0");
    assert!(phone.app().current_id().is_builtin(), "after the watchdog");
    phone.install("5.0.0");
    for _ in 0..2 {
        assert!(phone.launch().trial);
    }
    let launch = phone.launch();
    assert!(launch.rolled_back.is_some());
    assert!(launch.bundle.id.is_builtin(), "after a launch");
    let (launch, _) = phone.app().reset(true).unwrap();
    assert!(launch.bundle.id.is_builtin(), "after a reset");
}

#[test]
fn what_the_server_has_taken_back_is_kept_and_may_be_chosen() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.app().roll_back_to_builtin().unwrap();
    phone.launch();
    phone.app().collect().unwrap();
    assert!(phone.page_of(&good).exists());
    assert_eq!(phone.status(&good), Some(BundleStatus::Success));
    phone.app().follow_offer(&good).unwrap();
    let launch = phone.launch();
    assert_eq!((launch.bundle.id, launch.trial), (good.clone(), false));
    phone.app().roll_back_to_builtin().unwrap();
    let (launch, _) = phone.app().set(good.as_str()).unwrap();
    assert_eq!(launch.bundle.id, good);
}

#[test]
fn what_was_taken_back_and_is_ready_again_is_a_fallback() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.app().roll_back_to_builtin().unwrap();
    let (launch, _) = phone.app().set(good.as_str()).unwrap();
    phone.ready(&launch);
    phone.fail("3.0.0");
    assert_eq!(*phone.app().current_id(), good);
}

#[test]
fn without_reset_another_build_does_not_start_what_was_taken_back() {
    let mut phone = Phone::with_config(|config| config.reset_when_update = false);
    phone.launch();
    phone.update_to("2.0.0");
    phone.app().roll_back_to_builtin().unwrap();
    phone.rules.native_build = "2".to_owned();
    phone.launch();
    assert_eq!(phone.state().next, None);
}

#[test]
fn a_rollback_to_builtin_on_builtin_takes_back_what_was_good() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.app().reset(false).unwrap();
    phone.app().roll_back_to_builtin().unwrap();
    let generation = phone.generation();
    phone.app().roll_back_to_builtin().unwrap();
    assert_eq!(phone.generation(), generation, "told again and again");
    phone.fail("3.0.0");
    assert!(phone.app().current_id().is_builtin());
}

#[test]
fn a_release_that_names_what_runs_withdraws_what_is_next() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.app().withdraw_next().unwrap();
    assert_eq!(phone.state().next, None);
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn what_a_caller_has_made_next_is_not_withdrawn() {
    let (mut phone, _) = Phone::with_good_bundle();
    let chosen = phone.install_as("3.0.0", false);
    for is_offered in [false, true] {
        phone.app().set_next(chosen.as_str()).unwrap();
        if is_offered {
            phone.app().follow_offer(&chosen).unwrap();
        }
        phone.app().withdraw_next().unwrap();
        assert_eq!(phone.state().next.is_none(), is_offered);
    }
}
