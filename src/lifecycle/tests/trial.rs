//! A new bundle is on trial until its page says that it works.

use super::*;

#[test]
fn a_bundle_that_becomes_ready_stays() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install("2.0.0");
    let launch = phone.launch();
    assert!(launch.trial);
    assert_eq!(phone.status(&id), Some(BundleStatus::Trial));
    phone.wait(seconds(9));
    phone.ready(&launch);
    assert_eq!(phone.status(&id), Some(BundleStatus::Success));
    assert_eq!(phone.wait(seconds(100)), []);
    for _ in 0..5 {
        let launch = phone.launch();
        assert_eq!(launch.bundle.id, id);
        assert!(!launch.trial);
        phone.ready(&launch);
    }
    assert_eq!(phone.reports(), [("2.0.0".to_owned(), None)]);
}

#[test]
fn a_bundle_that_never_becomes_ready_is_gone_after_the_watchdog() {
    let (mut phone, good) = Phone::with_good_bundle();
    let bad = phone.install("3.0.0");
    let trial = phone.launch();
    assert_eq!(phone.wait(millis(9_750)), []);
    let events = phone.wait(millis(250));
    assert_eq!(names(&events), ["updateFailed", "reload"]);
    let Event::Reload(reload) = &events[1] else {
        panic!("{events:?}");
    };
    assert_eq!(reload.bundle.id, good);
    assert_ne!(reload.launch_token, trial.launch_token);
    assert_eq!(phone.status(&bad), Some(BundleStatus::Error));
    assert_eq!(
        phone.reports().last(),
        Some(&("3.0.0".to_owned(), Some(FailureReason::Timeout)))
    );
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn the_old_pages_token_does_not_save_it() {
    let (mut phone, _) = Phone::with_good_bundle();
    let old = phone.launch();
    let new = phone.install("3.0.0");
    let launch = phone.app().set(new.as_str()).unwrap().0;
    let stale = phone.app().notify_app_ready(Some(&old.launch_token));
    assert_eq!(stale.unwrap_err().code(), "stale_launch");
    assert_eq!(phone.status(&new), Some(BundleStatus::Trial));
    assert_eq!(
        names(&phone.wait(READY_TIMEOUT)),
        ["updateFailed", "reload"]
    );
    let late = phone.app().notify_app_ready(Some(&launch.launch_token));
    assert_eq!(late.unwrap_err().code(), "stale_launch");
    assert_eq!(phone.status(&new), Some(BundleStatus::Error));
}

#[test]
fn two_launches_that_died_before_it_was_ready_are_enough() {
    let (mut phone, good) = Phone::with_good_bundle();
    let bad = phone.install("3.0.0");
    for _ in 0..2 {
        assert_eq!(phone.launch().bundle.id, bad);
        phone.wait(seconds(1));
    }
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert_eq!(launch.rolled_back.unwrap().id, bad);
    assert_eq!(
        phone.reports().last(),
        Some(&("3.0.0".to_owned(), Some(FailureReason::TrialLaunches)))
    );
    assert_eq!(phone.launch().rolled_back, None, "told once");
}

#[test]
fn a_death_whose_record_was_lost_with_the_power_counts() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    for _ in 0..2 {
        phone.launch();
        phone.app().pause().unwrap();
        fs::remove_file(phone.path(Path::new("starts"))).unwrap();
    }
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn swiping_it_away_from_the_background_is_no_verdict() {
    let (mut phone, _) = Phone::with_good_bundle();
    let id = phone.install("3.0.0");
    for _ in 0..15 {
        assert_eq!(phone.launch().bundle.id, id);
        phone.wait(seconds(1));
        phone.app().pause().unwrap();
        phone.wait(seconds(1000));
    }
    let launch = phone.launch();
    assert!(launch.trial);
    phone.ready(&launch);
    assert_eq!(phone.status(&id), Some(BundleStatus::Success));
}

#[test]
fn going_home_from_a_white_page_again_and_again_ends_it_too() {
    let (mut phone, good) = Phone::with_good_bundle();
    let bad = phone.install("3.0.0");
    for _ in 0..3 {
        assert_eq!(phone.launch().bundle.id, bad);
        assert_eq!(phone.wait(seconds(6)), []);
        phone.app().pause().unwrap();
    }
    assert_eq!(phone.launch().bundle.id, bad);
    let events = phone.wait(seconds(2));
    assert_eq!(
        names(&events),
        ["updateFailed", "reload"],
        "twice the timeout is over"
    );
    assert_eq!(
        phone.reports().last(),
        Some(&("3.0.0".to_owned(), Some(FailureReason::Timeout)))
    );
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn the_sum_of_active_time_is_judged_at_the_launch_too() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    for _ in 0..2 {
        phone.launch();
        phone.wait(millis(9_750));
        // Between two ticks.
        phone.clock.advance(millis(250));
        phone.app().pause().unwrap();
    }
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert_eq!(launch.rolled_back.unwrap().version, "3.0.0");
}

#[test]
fn the_sum_of_active_time_is_judged_within_a_launch_too() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.install("3.0.0");
    for _ in 0..2 {
        phone.launch();
        phone.wait(seconds(9));
        phone.app().pause().unwrap();
    }
    phone.launch();
    assert_eq!(phone.wait(millis(1_750)), []);
    assert_eq!(names(&phone.wait(millis(250))), ["updateFailed", "reload"]);
}

#[test]
fn only_time_in_the_foreground_counts() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    let launch = phone.launch_in_background();
    assert!(launch.trial);
    assert_eq!(phone.wait(seconds(1000)), []);
    assert_eq!(phone.resume(), []);
    phone.wait(seconds(5));
    phone.app().pause().unwrap();
    phone.wait(seconds(1000));
    assert_eq!(phone.resume(), []);
    assert_eq!(phone.wait(millis(4_750)), []);
    phone.ready(&launch);
}

#[test]
fn a_frozen_process_has_half_a_second_less_and_no_more() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    phone.launch();
    for _ in 0..10 {
        phone.clock.advance(seconds(30));
        assert!(matches!(phone.app().tick(), Tick::GoOn));
    }
    assert_eq!(phone.wait(millis(4_750)), []);
    assert_eq!(names(&phone.wait(millis(250))), ["updateFailed", "reload"]);
}

#[test]
fn a_wall_clock_that_jumps_changes_nothing() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    let launch = phone.launch();
    for offset in [1_000_000_000, 10, 4_000_000_000] {
        phone
            .clock
            .set_now(crate::bundle::from_unix_millis(offset * 1000));
        assert_eq!(phone.wait(millis(500)), []);
    }
    phone.ready(&launch);
}

#[test]
fn a_second_launch_of_the_process_is_the_same_attempt() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install("2.0.0");
    let first = phone.launch();
    for _ in 0..5 {
        let (again, events, _) = phone.app().launch(true);
        assert_eq!(again, first);
        assert_eq!(events, []);
    }
    assert_eq!(phone.state().bundle(&id).unwrap().failed_launches, 0);
    phone.ready(&first);
    assert_eq!(phone.status(&id), Some(BundleStatus::Success));
}

#[test]
fn a_second_launch_in_the_background_pauses() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    phone.launch();
    phone.app().launch(false);
    assert_eq!(phone.wait(seconds(100)), []);
    phone.app().launch(true);
    assert_eq!(
        names(&phone.wait(READY_TIMEOUT)),
        ["updateFailed", "reload"]
    );
}

#[test]
fn ready_is_idempotent_and_heard_once_by_the_server() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    let launch = phone.launch();
    for _ in 0..3 {
        phone.ready(&launch);
    }
    assert_eq!(phone.reports(), [("2.0.0".to_owned(), None)]);
}

#[test]
fn a_crash_reported_late_counts_for_the_launch_before() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    for _ in 0..2 {
        phone.launch();
        phone.app().pause().unwrap();
        // Killed in the background: no verdict, until the system tells that it crashed.
        phone.launch();
        phone
            .app()
            .report_crash(None, Some(CrashReason::PreviousProcess))
            .unwrap();
        phone.app().pause().unwrap();
    }
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn a_crash_that_was_seen_already_is_not_counted_twice() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install("2.0.0");
    phone.launch();
    phone.wait(seconds(1));
    let launch = phone.launch();
    phone.app().report_crash(None, None).unwrap();
    assert_eq!(phone.state().bundle(&id).unwrap().failed_launches, 1);
    phone.ready(&launch);
    assert_eq!(phone.launch().bundle.id, id);
}

#[test]
fn a_late_report_of_another_bundles_crash_does_not_count() {
    let (mut phone, _) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    assert_eq!(phone.launch().bundle.id, trial);
    phone.app().report_crash(None, None).unwrap();
    phone.app().pause().unwrap();
    phone.launch();
    assert_eq!(phone.state().bundle(&trial).unwrap().failed_launches, 0);
}
