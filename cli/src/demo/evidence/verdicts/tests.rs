use serde_json::json;

use super::*;

fn launched(version: &str, is_builtin: bool, is_trial: bool) -> Launched {
    Launched {
        version: version.to_owned(),
        is_builtin,
        is_trial,
        problem: None,
    }
}

fn report(version: &str, success: bool, reason: Option<&str>) -> Report {
    Report {
        version: version.to_owned(),
        success,
        reason: reason.map(str::to_owned),
    }
}

#[test]
fn a_launch_is_read_from_its_answer() {
    let answer = json!({
        "bundle": {"id": "0a", "version": "2.0.0"},
        "trial": true,
        "problem": {"code": "storage", "message": ""},
    });
    let launched = Launched::new(&answer);
    assert_eq!(launched.to_string(), "2.0.0, on trial, storage");
    assert!(!launched.is_builtin);
}

#[test]
fn after_the_kill_only_builtin_without_a_problem_holds() {
    assert!(launched(BUILTIN_VERSION, true, false).is_builtin().1);
    assert!(!launched(GOOD_VERSION, false, true).is_builtin().1);
    let troubled = Launched {
        problem: Some("storage".to_owned()),
        ..launched(BUILTIN_VERSION, true, false)
    };
    assert!(!troubled.is_builtin().1);
}

#[test]
fn after_the_rollback_only_the_good_version_holds() {
    assert!(launched(GOOD_VERSION, false, false).is_good().1);
    assert!(!launched(GOOD_VERSION, false, true).is_good().1);
    assert!(!launched(BAD_VERSION, false, false).is_good().1);
    assert!(!launched(BUILTIN_VERSION, true, false).is_good().1);
}

#[test]
fn a_file_too_many_missing_or_changed_does_not_hold() {
    let finding = |packed: &str, unpacked: &str| {
        Installed {
            packed: packed.to_owned(),
            unpacked: unpacked.to_owned(),
        }
        .is_the_same()
    };
    assert!(finding("1  a\n2  b\n", "1  a\n2  b\n").1);
    assert!(!finding("1  a\n", "1  a\n2  b\n").1);
    assert!(!finding("1  a\n2  b\n", "1  a\n").1);
    let changed = finding("1  a\n2  b\n", "1  a\n3  b\n");
    assert_eq!(changed, ("1 of 2 files, same SHA-256".to_owned(), false));
    assert!(!finding("", "").1, "no files prove nothing");
}

#[test]
fn a_bundle_that_is_never_on_trial_or_never_good_does_not_hold() {
    let finding = |launched: Launched, status: Option<&str>| {
        Promotion {
            launched,
            status: status.map(str::to_owned),
        }
        .worked()
        .1
    };
    assert!(finding(
        launched(GOOD_VERSION, false, true),
        Some("success")
    ));
    assert!(!finding(
        launched(GOOD_VERSION, false, false),
        Some("success")
    ));
    assert!(!finding(launched(GOOD_VERSION, false, true), Some("trial")));
    assert!(!finding(launched(GOOD_VERSION, false, true), None));
    assert!(!finding(
        launched(BUILTIN_VERSION, true, false),
        Some("success")
    ));
}

#[test]
fn an_old_token_that_is_taken_does_not_hold() {
    let finding = |code: Option<&str>, status: &str| {
        StaleCall {
            code: code.map(str::to_owned),
            version: BAD_VERSION.to_owned(),
            status: status.to_owned(),
        }
        .is_refused()
        .1
    };
    assert!(finding(Some("stale_launch"), "trial"));
    assert!(!finding(None, "success"));
    assert!(!finding(Some("stale_launch"), "success"));
    assert!(!finding(Some("invalid_request"), "trial"));
}

#[test]
fn a_rollback_holds_only_for_its_reason_in_its_time_and_onto_the_good_version() {
    let good = Rollback {
        timeout: Duration::from_secs(3),
        took: Duration::from_millis(3_100),
        version: BAD_VERSION.to_owned(),
        reason: "timeout".to_owned(),
        runs: GOOD_VERSION.to_owned(),
        is_in_order: true,
    };
    assert_eq!(
        good.is_in_time(),
        ("3.0.0 → 2.0.0 after 3.1 s (timeout)".to_owned(), true)
    );
    let fails = |change: fn(&mut Rollback)| {
        let mut rollback = good.clone();
        change(&mut rollback);
        !rollback.is_in_time().1
    };
    assert!(fails(|it| it.took = Duration::from_millis(900)));
    assert!(fails(|it| it.took = Duration::from_secs(9)));
    assert!(fails(|it| it.version = GOOD_VERSION.to_owned()));
    assert!(fails(|it| it.reason = "damaged".to_owned()));
    assert!(fails(|it| it.runs = BUILTIN_VERSION.to_owned()));
    assert!(fails(|it| it.is_in_order = false));
}

#[test]
fn a_report_that_is_missing_repeated_or_wrong_does_not_hold() {
    let success = report(GOOD_VERSION, true, None);
    assert!(one_success(std::slice::from_ref(&success)).1);
    assert!(!one_success(&[]).1);
    let twice = one_success(&[success.clone(), success.clone()]);
    assert_eq!(twice, ("2 × 2.0.0 success".to_owned(), false));

    let failure = report(BAD_VERSION, false, Some("timeout"));
    assert!(one_failure(std::slice::from_ref(&failure)).1);
    assert!(!one_failure(&[]).1);
    assert!(!one_failure(&[failure.clone(), failure]).1);
    assert!(!one_failure(&[report(BAD_VERSION, true, None)]).1);
    assert!(!one_failure(&[report(BAD_VERSION, false, Some("damaged"))]).1);
    assert!(!one_failure(&[success]).1);
}

#[test]
fn a_failed_bundle_that_is_asked_for_again_does_not_hold() {
    let finding = |answers: &[&str], requests: usize, offered: &str| {
        Blocked {
            answers: answers.iter().map(ToString::to_string).collect(),
            requests,
            offered: offered.to_owned(),
        }
        .holds()
        .1
    };
    let blocked = "blocked (failed)";
    assert!(finding(&[blocked, blocked], 0, BAD_VERSION));
    assert!(!finding(&[blocked, blocked], 1, BAD_VERSION));
    assert!(!finding(&[blocked, "downloaded"], 0, BAD_VERSION));
    assert!(!finding(&[blocked, "upToDate"], 0, BAD_VERSION));
    assert!(
        !finding(&[blocked, blocked], 0, "nothing"),
        "not even offered"
    );
    assert!(!finding(&[blocked], 0, BAD_VERSION));
}

#[test]
fn a_forgery_that_is_taken_leaves_something_or_was_never_there_does_not_hold() {
    let good = Forgery {
        answer: "checksum_mismatch".to_owned(),
        was_fetched: true,
        left: 0,
        runs: BUILTIN_VERSION.to_owned(),
    };
    assert!(good.is_refused("checksum_mismatch").1);
    assert!(!good.is_refused("signature_invalid").1);
    let fails = |change: fn(&mut Forgery)| {
        let mut forgery = good.clone();
        change(&mut forgery);
        !forgery.is_refused("checksum_mismatch").1
    };
    assert!(fails(|it| it.answer = "downloaded".to_owned()));
    assert!(fails(|it| it.was_fetched = false));
    assert!(fails(|it| it.left = 1));
    assert!(fails(|it| it.runs = GOOD_VERSION.to_owned()));
}
