//! Another build of the app was installed.

use super::*;

#[test]
fn it_starts_on_builtin_and_forgets_bundles_and_verdicts() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.launch();
    phone.wait(READY_TIMEOUT);
    phone.install("4.0.0");
    let before = phone.state();
    phone.rules.native_build = "2".to_owned();
    let launch = phone.launch();
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(launch.problem, None);
    let after = phone.state();
    assert_eq!(after.device_id, before.device_id);
    assert_eq!(after.confirmations, before.confirmations);
    assert_eq!(after.bundles, []);
    assert_eq!(after.failed, []);
    assert_eq!(after.next, None);
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn going_back_to_an_older_build_is_another_build_too() {
    let (mut phone, _) = Phone::with_good_bundle();
    for build in ["2", "1"] {
        phone.rules.native_build = build.to_owned();
        assert!(phone.launch().bundle.id.is_builtin());
    }
}

#[test]
fn an_unfinished_trial_gets_no_verdict_from_it() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    phone.launch();
    phone.launch();
    phone.rules.native_build = "2".to_owned();
    assert_eq!(phone.launch().rolled_back, None);
    assert_eq!(phone.reports(), []);
}

#[test]
fn without_reset_what_fits_stays_and_proves_itself_anew() {
    let mut phone = Phone::with_config(|config| config.reset_when_update = false);
    phone.launch();
    let good = phone.update_to("2.0.0");
    phone.rules.native_build = "2".to_owned();
    assert!(
        phone.launch().bundle.id.is_builtin(),
        "this launch is builtin, always"
    );
    assert_eq!(phone.state().next, Some(good.clone()));
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert!(launch.trial);
}

#[test]
fn without_reset_what_no_longer_fits_goes() {
    let mut phone = Phone::with_config(|config| config.reset_when_update = false);
    phone.launch();
    let id = BundleId::random();
    let mut description = description("2.0.0");
    description.max_app_version = Some("1.9".to_owned());
    phone.write_bundle(&id, &description);
    let record = description.into_record(id.clone(), 0, None);
    phone.app().add_bundle(record, true).unwrap();
    let launch = phone.launch();
    phone.ready(&launch);
    phone.rules.native_build = "2".to_owned();
    phone.rules.native_version = "2.0".parse().unwrap();
    phone.launch();
    assert_eq!(phone.state().bundles, []);
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn without_reset_what_a_key_has_signed_that_is_gone_goes_with_it() {
    let (a, b, c) = ("a".to_owned(), "b".to_owned(), "c".to_owned());
    for (before, after, stays) in [
        (vec![a.clone()], vec![b.clone()], false),
        (vec![a.clone(), b.clone()], vec![b.clone(), c], false),
        (vec![], vec![a.clone()], false),
        (vec![a.clone()], vec![b.clone(), a.clone()], true),
        (vec![a.clone(), b.clone()], vec![b, a], true),
    ] {
        let mut phone = Phone::with_config(|config| config.reset_when_update = false);
        phone.rules.keys.clone_from(&before);
        phone.launch();
        let good = phone.update_to("2.0.0");
        phone.rules.native_build = "2".to_owned();
        phone.rules.keys.clone_from(&after);
        phone.launch();
        let runs = phone.launch().bundle.id;
        assert_eq!(runs == good, stays, "{before:?}, then {after:?}");
        assert_eq!(runs.is_builtin(), !stays);
    }
}

#[test]
fn a_first_launch_that_cannot_be_made_durable_costs_no_later_bundle() {
    let mut phone = Phone::new();
    phone.start();
    break_commits(&phone);
    let launch = phone.app().launch(true).0;
    assert_eq!(launch.problem.unwrap().code, "storage");
    mend_commits(&phone);
    let id = phone.install("2.0.0");
    assert_eq!(phone.launch().bundle.id, id);
}

#[test]
fn what_was_next_under_the_old_build_is_gone_even_where_that_is_not_durable() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.rules.native_build = "2".to_owned();
    phone.start();
    break_commits(&phone);
    let launch = phone.app().launch(true).0;
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(launch.problem.unwrap().code, "storage");
    mend_commits(&phone);
    let (launch, _) = phone.app().reload().unwrap();
    assert!(launch.bundle.id.is_builtin());
    let refused = phone.app().set(good.as_str()).unwrap_err();
    assert_eq!(refused.code(), "unknown_bundle");
    assert!(phone.launch().bundle.id.is_builtin());
}
