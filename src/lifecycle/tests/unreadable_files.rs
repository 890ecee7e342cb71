//! A file system that fails says nothing about a bundle: what can't be looked at now is left alone
//! and tried again.

use super::*;

/// From here on, looking at a bundle's files fails: its folder is a link that leads to itself.
fn hide(phone: &Phone, id: &BundleId) {
    let folder = phone.path(BundleFolder::installed(id).path());
    fs::rename(&folder, folder.with_extension("hidden")).unwrap();
    std::os::unix::fs::symlink(&folder, &folder).unwrap();
}

fn show(phone: &Phone, id: &BundleId) {
    let folder = phone.path(BundleFolder::installed(id).path());
    fs::remove_file(&folder).unwrap();
    fs::rename(folder.with_extension("hidden"), &folder).unwrap();
}

#[test]
fn a_good_bundle_that_cannot_be_looked_at_is_current_again_later() {
    let (mut phone, older) = Phone::with_good_bundle();
    let good = phone.update_to("3.0.0");
    let reports = phone.reports();
    hide(&phone, &good);
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, older);
    assert_eq!(launch.rolled_back, None);
    assert_eq!(launch.problem.unwrap().code, "storage");
    show(&phone, &good);
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert_eq!(launch.problem, None);
    assert!(!launch.trial);
    assert_eq!(phone.reports(), reports);
}

#[test]
fn a_trial_that_cannot_be_looked_at_waits() {
    let (mut phone, good) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    hide(&phone, &trial);
    for _ in 0..3 {
        let launch = phone.launch();
        assert_eq!(launch.bundle.id, good);
        assert_eq!(launch.rolled_back, None);
        phone.ready(&launch);
    }
    show(&phone, &trial);
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, trial);
    assert!(launch.trial);
}

#[test]
fn a_launch_that_rolls_back_past_one_that_cannot_be_looked_at_comes_back_to_it() {
    let (mut phone, older) = Phone::with_good_bundle();
    let good = phone.update_to("3.0.0");
    phone.install("4.0.0");
    for _ in 0..2 {
        assert!(phone.launch().trial);
    }
    hide(&phone, &good);
    let launch = phone.launch();
    assert!(launch.rolled_back.is_some());
    assert_eq!(launch.bundle.id, older);
    assert_eq!(launch.problem.unwrap().code, "storage");
    show(&phone, &good);
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn a_rollback_of_what_runs_past_one_that_cannot_be_looked_at_comes_back_to_it() {
    let (mut phone, older) = Phone::with_good_bundle();
    let good = phone.update_to("3.0.0");
    phone.install("4.0.0");
    phone.launch();
    hide(&phone, &good);
    phone.app().set_bundle_error(None).unwrap();
    assert_eq!(phone.app().current_id(), &older);
    show(&phone, &good);
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn what_waits_as_next_goes_before_one_that_could_not_be_looked_at() {
    let (mut phone, older) = Phone::with_good_bundle();
    let good = phone.update_to("3.0.0");
    phone.install("4.0.0");
    phone.launch();
    let next = phone.install("5.0.0");
    hide(&phone, &good);
    phone.app().set_bundle_error(None).unwrap();
    assert_eq!(phone.app().current_id(), &older);
    show(&phone, &good);
    assert_eq!(phone.launch().bundle.id, next);
    phone.app().set_bundle_error(None).unwrap();
    assert_eq!(phone.app().current_id(), &good, "it was never lost");
}

#[test]
fn a_fallback_that_cannot_be_looked_at_is_neither_deleted_nor_passed_over_by_a_reset() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.launch();
    hide(&phone, &good);
    let refused = phone.app().delete(good.as_str()).unwrap_err();
    assert_eq!(refused.code(), "protected_bundle");
    assert_eq!(phone.app().reset(true).unwrap_err().code(), "storage");
    assert_eq!(
        phone.app().set(good.as_str()).unwrap_err().code(),
        "storage"
    );
    show(&phone, &good);
    assert_eq!(phone.app().reset(true).unwrap().0.bundle.id, good);
}
