//! What callers choose to run.

use super::*;
use crate::lifecycle::transition;

#[test]
fn next_waits_for_the_next_launch() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install_as("2.0.0", false);
    phone.app().set_next(id.as_str()).unwrap();
    assert!(phone.app().current_id().is_builtin());
    assert_eq!(phone.launch().bundle.id, id);
}

#[test]
fn set_runs_it_now_under_a_token_of_its_own() {
    let mut phone = Phone::new();
    let before = phone.launch();
    let id = phone.install_as("2.0.0", false);
    let (launch, events) = phone.app().set(id.as_str()).unwrap();
    assert_eq!(names(&events), ["set", "appReloaded"]);
    assert!(launch.trial);
    assert_ne!(launch.launch_token, before.launch_token);
    assert_eq!(launch.path.as_deref(), phone.page_of(&id).parent());
}

#[test]
fn set_of_what_runs_is_no_new_attempt() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install("2.0.0");
    let launch = phone.launch();
    phone.wait(seconds(9));
    let again = phone.app().set(id.as_str()).unwrap().0;
    assert_eq!(again.launch_token, launch.launch_token);
    assert_eq!(names(&phone.wait(seconds(1))), ["updateFailed", "reload"]);
}

#[test]
fn a_trial_that_is_superseded_goes_back_to_pending_with_its_attempts() {
    let mut phone = Phone::new();
    phone.launch();
    let first = phone.install("2.0.0");
    phone.launch();
    phone.wait(seconds(1));
    phone.launch();
    phone.wait(seconds(2));
    let second = phone.install_as("3.0.0", false);
    phone.app().set(second.as_str()).unwrap();
    let record = phone.state().bundle(&first).unwrap().clone();
    assert_eq!(record.status, BundleStatus::Pending);
    assert_eq!(record.failed_launches, 1);
    assert_eq!(record.active_millis, 3_000);
    assert_eq!(phone.reports(), []);
}

#[test]
fn a_trial_that_next_supersedes_at_a_launch_is_not_reported() {
    let mut phone = Phone::new();
    phone.launch();
    let first = phone.install("2.0.0");
    phone.launch();
    let second = phone.install("3.0.0");
    assert_eq!(phone.launch().bundle.id, second);
    assert_eq!(phone.status(&first), Some(BundleStatus::Pending));
    assert_eq!(phone.reports(), []);
}

#[test]
fn a_launch_that_rolls_back_leaves_next_to_the_one_after_it() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.launch();
    phone.launch();
    let fourth = phone.install("4.0.0");
    assert_eq!(phone.launch().bundle.id, good);
    assert_eq!(phone.launch().bundle.id, fourth);
}

#[test]
fn what_was_rolled_back_is_blocked() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install("2.0.0");
    phone.launch();
    phone.wait(READY_TIMEOUT);
    assert_eq!(phone.app().set(id.as_str()).unwrap_err().code(), "blocked");
    assert_eq!(
        phone.app().set_next(id.as_str()).unwrap_err().code(),
        "blocked"
    );
    let record = phone.state().bundle(&id).unwrap().clone();
    assert!(phone.state().has_failed(&record.version, &record.checksum));
    phone
        .app()
        .update(|state| transition::clear_blocked(state, None))
        .unwrap();
    assert!(!phone.state().has_failed(&record.version, &record.checksum));
}

#[test]
fn reset_goes_to_builtin_forgets_next_and_blocks_nothing() {
    let (mut phone, good) = Phone::with_good_bundle();
    let next = phone.install("3.0.0");
    let launch = phone.app().reset(false).unwrap().0;
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(phone.state().next, None);
    assert_eq!(phone.state().failed, []);
    assert!(phone.launch().bundle.id.is_builtin());
    phone.app().set(good.as_str()).unwrap();
    phone.app().set(next.as_str()).unwrap();
    assert!(phone.app().set("builtin").unwrap().0.bundle.id.is_builtin());
}

#[test]
fn reset_to_the_last_successful_leaves_a_trial() {
    let (mut phone, good) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    phone.launch();
    let launch = phone.app().reset(true).unwrap().0;
    assert_eq!(launch.bundle.id, good);
    assert!(!launch.trial);
    assert_eq!(phone.status(&trial), Some(BundleStatus::Pending));
}

#[test]
fn reload_applies_next_and_is_a_page_reload_without() {
    let (mut phone, good) = Phone::with_good_bundle();
    let before = phone.launch();
    let same = phone.app().reload().unwrap().0;
    assert_eq!(same.launch_token, before.launch_token);
    assert_eq!(same.bundle.id, good);
    let next = phone.install("3.0.0");
    let applied = phone.app().reload().unwrap().0;
    assert_eq!(applied.bundle.id, next);
    assert_ne!(applied.launch_token, before.launch_token);
}

#[test]
fn a_long_time_in_the_background_applies_next() {
    let (mut phone, _) = Phone::with_good_bundle();
    let launch = phone.launch();
    phone.ready(&launch);
    let next = phone.install("3.0.0");
    for (away, applies) in [(299, false), (300, true)] {
        phone.app().pause().unwrap();
        phone.wait(seconds(away));
        let events = phone.resume();
        assert_eq!(!events.is_empty(), applies, "{away} s");
        if let Some(Event::Reload(launch)) = events.last() {
            assert_eq!(launch.bundle.id, next);
            assert!(launch.trial);
        }
    }
}

#[test]
fn a_second_launch_after_a_long_time_applies_next_too() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.launch();
    let next = phone.install("3.0.0");
    phone.app().pause().unwrap();
    phone.wait(seconds(300));
    let (_, _, after) = phone.app().launch(true);
    assert_eq!(after.apply, Some(next));
}

#[test]
fn the_background_never_applies_next_over_a_trial_or_when_it_is_off() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    let trial = phone.launch();
    phone.install("3.0.0");
    phone.app().pause().unwrap();
    phone.wait(seconds(1000));
    assert_eq!(phone.resume(), []);
    phone.ready(&trial);
    phone.app().rules.apply_after_background = Duration::ZERO;
    phone.app().pause().unwrap();
    phone.wait(seconds(1000));
    assert_eq!(phone.resume(), []);
}

#[test]
fn a_trial_that_was_applied_in_the_middle_is_watched() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.launch();
    phone.install("3.0.0");
    phone.app().reload().unwrap();
    let events = phone.wait(READY_TIMEOUT);
    let Some(Event::Reload(launch)) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(launch.bundle.id, good);
}

#[test]
fn the_fallback_is_the_newest_activation_whatever_its_version() {
    let mut phone = Phone::with_config(|config| config.keep_bundles = 3);
    phone.launch();
    let newer = phone.update_to("9.0.0");
    let older = phone.update_to("2.0.0");
    phone.install("3.0.0");
    phone.launch();
    phone.wait(READY_TIMEOUT);
    assert_eq!(*phone.app().current_id(), older);
    phone.app().set(newer.as_str()).unwrap();
    let token = phone.app().reload().unwrap().0.launch_token;
    phone.app().notify_app_ready(Some(&token)).unwrap();
    assert_eq!(phone.state().good, [newer, older]);
}

#[test]
fn set_bundle_error_takes_it_back_at_once() {
    let (mut phone, good) = Phone::with_good_bundle();
    let second = phone.update_to("3.0.0");
    let (rolled_back, events) = phone.app().set_bundle_error(None).unwrap();
    assert_eq!(rolled_back.unwrap().id, second);
    assert_eq!(names(&events), ["updateFailed", "reload"]);
    assert_eq!(*phone.app().current_id(), good);
    assert_eq!(
        phone.reports().last(),
        Some(&("3.0.0".to_owned(), Some(FailureReason::Reported)))
    );
}

#[test]
fn nothing_but_reads_works_before_the_launch() {
    let (mut phone, good) = Phone::with_good_bundle();
    let app = phone.start();
    assert_eq!(*app.current_id(), good);
    assert_eq!(app.bundles().len(), 1);
    for code in [
        app.set_next(good.as_str()).unwrap_err().code(),
        app.set(good.as_str()).unwrap_err().code(),
        app.notify_app_ready(None).unwrap_err().code(),
        app.pause().unwrap_err().code(),
        app.delete(good.as_str()).unwrap_err().code(),
        app.update(|state| state.channel = None).unwrap_err().code(),
    ] {
        assert_eq!(code, "invalid_request");
    }
}

#[test]
fn ids_that_nobody_gave_out_are_unknown() {
    let mut phone = Phone::new();
    phone.launch();
    for id in ["", "..", "../../x", "0123456789abcdef0123456789abcdef"] {
        assert_eq!(phone.app().set(id).unwrap_err().code(), "unknown_bundle");
        assert_eq!(phone.app().delete(id).unwrap_err().code(), "unknown_bundle");
    }
}

#[test]
fn a_trial_that_is_left_between_two_ticks_keeps_its_time() {
    let (mut phone, good) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    let time = |phone: &mut Phone| phone.state().bundle(&trial).unwrap().active_millis;
    for times in 1..=3 {
        phone.app().set(trial.as_str()).unwrap();
        phone.clock.advance(millis(200));
        phone.app().set(good.as_str()).unwrap();
        assert_eq!(time(&mut phone), times * 200);
    }
}
