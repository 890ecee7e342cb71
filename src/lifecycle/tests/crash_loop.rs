//! A bundle that was ready once may turn bad later.

use super::*;

#[test]
fn three_bad_launches_in_a_row_roll_it_back() {
    let (mut phone, first) = Phone::with_good_bundle();
    let second = phone.update_to("3.0.0");
    for _ in 0..3 {
        let launch = phone.launch();
        assert_eq!(launch.bundle.id, second);
        phone.wait(seconds(1));
    }
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, first);
    assert_eq!(launch.rolled_back.unwrap().id, second);
    assert_eq!(
        phone.reports().last(),
        Some(&("3.0.0".to_owned(), Some(FailureReason::CrashLoop)))
    );
}

#[test]
fn a_fine_launch_clears_the_row() {
    let (mut phone, good) = Phone::with_good_bundle();
    for _ in 0..10 {
        phone.launch();
        phone.launch();
        let launch = phone.launch();
        phone.ready(&launch);
        assert_eq!(launch.bundle.id, good);
    }
}

#[test]
fn quick_swipes_never_roll_a_good_bundle_back() {
    let (mut phone, good) = Phone::with_good_bundle();
    for _ in 0..20 {
        assert_eq!(phone.launch().bundle.id, good);
        phone.wait(seconds(2));
        phone.app().pause().unwrap();
    }
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn a_page_that_stays_white_for_the_whole_timeout_is_bad_even_when_paused() {
    let (mut phone, _) = Phone::with_good_bundle();
    for _ in 0..3 {
        phone.launch();
        assert_eq!(
            phone.wait(seconds(11)),
            [],
            "nothing is taken back in mid-launch"
        );
        phone.app().pause().unwrap();
    }
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn crashes_after_ready_count_when_they_are_reported() {
    for reason in [None, Some(CrashReason::Renderer)] {
        let (mut phone, good) = Phone::with_good_bundle();
        for _ in 0..3 {
            let launch = phone.launch();
            assert_eq!(launch.bundle.id, good);
            phone.ready(&launch);
            phone.app().report_crash(None, reason).unwrap();
            phone.app().report_crash(None, reason).unwrap();
        }
        assert!(phone.launch().bundle.id.is_builtin(), "{reason:?}");
    }
}

#[test]
fn crashes_that_the_system_tells_of_at_the_next_start_count() {
    for reason in [None, Some(CrashReason::PreviousProcess)] {
        let (mut phone, good) = Phone::with_good_bundle();
        for _ in 0..3 {
            let launch = phone.launch();
            assert_eq!(launch.bundle.id, good);
            let id = Some(good.as_str());
            phone.app().report_crash(id, reason).unwrap();
            phone.ready(&launch);
        }
        assert!(phone.launch().bundle.id.is_builtin(), "{reason:?}");
    }
}

#[test]
fn what_the_system_tells_after_ready_is_about_the_launch_before_and_counts_once() {
    let (mut phone, good) = Phone::with_good_bundle();
    for _ in 0..2 {
        let launch = phone.launch();
        assert_eq!(launch.bundle.id, good);
        phone.ready(&launch);
        // A phone makes the activity anew, and each time the plugin looks up the same exit.
        for _ in 0..3 {
            let reason = Some(CrashReason::PreviousProcess);
            phone.app().report_crash(None, reason).unwrap();
        }
    }
    phone.app().pause().unwrap();
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn one_crash_told_by_its_end_and_by_the_system_is_one() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.launch();
    phone.launch();
    // Both died in the foreground, and the system tells of the second.
    let launch = phone.launch();
    phone.app().report_crash(None, None).unwrap();
    phone.ready(&launch);
    for _ in 0..3 {
        let launch = phone.launch();
        assert_eq!(launch.bundle.id, good);
        phone.ready(&launch);
    }
}

#[test]
fn rollback_goes_back_through_all_that_was_good() {
    let mut phone = Phone::with_config(|config| config.keep_bundles = 3);
    phone.launch();
    let versions: Vec<_> = ["2.0.0", "3.0.0", "4.0.0"]
        .map(|version| phone.update_to(version))
        .into();
    for expected in versions.iter().rev() {
        for _ in 0..3 {
            assert_eq!(phone.launch().bundle.id, *expected);
        }
    }
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn builtin_is_never_rolled_back() {
    let mut phone = Phone::new();
    for _ in 0..10 {
        let launch = phone.launch();
        assert!(launch.bundle.id.is_builtin());
        assert_eq!(phone.wait(seconds(20)), []);
        phone.app().report_crash(None, None).unwrap();
        assert_eq!(launch.rolled_back, None);
    }
    assert_eq!(
        phone.app().set_bundle_error(None).unwrap_err().code(),
        "protected_bundle"
    );
}

#[test]
fn a_late_report_that_is_repeated_is_not_held_against_the_launch_that_tells_it() {
    let (mut phone, good) = Phone::with_good_bundle();
    let launch = phone.launch();
    phone.ready(&launch);
    phone.launch();
    for _ in 0..2 {
        phone.app().report_crash(None, None).unwrap();
    }
    phone.app().pause().unwrap();
    phone.launch();
    assert_eq!(phone.launch().bundle.id, good, "one bad launch, not three");
}
