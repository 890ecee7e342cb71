//! Files that are no longer what was installed.

use super::*;

#[test]
fn a_trial_that_lost_a_byte_is_never_served() {
    let (mut phone, good) = Phone::with_good_bundle();
    let damaged = phone.install("3.0.0");
    fs::write(phone.page_of(&damaged), "<html>").unwrap();
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert_eq!(launch.rolled_back.unwrap().id, damaged);
    assert_eq!(phone.reports().len(), 1, "that says nothing of the version");
    assert_eq!(phone.state().failed, []);
    let record = phone.state().bundle(&damaged).unwrap().clone();
    assert_eq!(phone.state().repairs_of(&record.checksum), 1);
}

#[test]
fn a_trial_whose_bytes_changed_in_another_boot_is_never_served() {
    let (mut phone, good) = Phone::with_good_bundle();
    let damaged = phone.install("3.0.0");
    fs::write(phone.page_of(&damaged), "<html>6.6.6</html>").unwrap();
    phone.boot = Some("second boot");
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn a_whole_trial_is_hashed_once_a_boot() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install("2.0.0");
    phone.boot = Some("second boot");
    assert!(phone.launch().trial);
    assert_eq!(
        phone.state().bundle(&id).unwrap().hashed_boot.as_deref(),
        Some("second boot")
    );
}

#[test]
fn a_good_bundle_without_its_page_falls_back_and_may_be_fetched_again() {
    let (mut phone, first) = Phone::with_good_bundle();
    let second = phone.update_to("3.0.0");
    fs::remove_file(phone.page_of(&second)).unwrap();
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, first);
    assert_eq!(launch.rolled_back.unwrap().id, second);
    fs::remove_dir_all(phone.page_of(&first).parent().unwrap()).unwrap();
    assert!(phone.launch().bundle.id.is_builtin());
}

#[test]
fn a_good_bundle_whose_page_or_list_was_emptied_falls_back() {
    for name in ["www/index.html", "files"] {
        let (mut phone, first) = Phone::with_good_bundle();
        let second = phone.update_to("3.0.0");
        let folder = phone.path(BundleFolder::installed(&second).path());
        fs::write(folder.join(name), "").unwrap();
        let launch = phone.launch();
        assert_eq!(launch.bundle.id, first, "{name}");
        assert_eq!(launch.rolled_back.unwrap().id, second);
    }
}

#[test]
fn damage_that_is_found_while_it_runs_takes_it_back() {
    let (mut phone, first) = Phone::with_good_bundle();
    let second = phone.update_to("3.0.0");
    let events = phone.app().damaged(&second);
    assert_eq!(names(&events), ["updateFailed", "reload"]);
    assert_eq!(*phone.app().current_id(), first);
    assert_eq!(phone.app().damaged(&second), [], "once");
}

#[test]
fn set_of_a_damaged_bundle_is_refused_and_what_runs_goes_on() {
    let (mut phone, good) = Phone::with_good_bundle();
    let damaged = phone.install_as("3.0.0", false);
    fs::remove_file(phone.page_of(&damaged)).unwrap();
    assert_eq!(
        phone.app().set(damaged.as_str()).unwrap_err().code(),
        "storage"
    );
    assert_eq!(*phone.app().current_id(), good);
    assert_eq!(phone.status(&damaged), Some(BundleStatus::Error));
}

#[test]
fn what_runs_is_hashed_again_in_another_boot_only() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.launch();
    assert_eq!(phone.app().unhashed_running(), None);
    phone.boot = Some("second boot");
    phone.launch();
    assert_eq!(phone.app().unhashed_running().unwrap().id, good);
    phone.app().hashed(&good).unwrap();
    assert_eq!(phone.app().unhashed_running(), None);
}

#[test]
fn without_a_known_boot_a_trial_is_hashed_at_every_launch() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.boot = None;
    phone.launch();
    let damaged = phone.install("3.0.0");
    fs::write(phone.page_of(&damaged), "<html>6.6.6</html>").unwrap();
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn without_a_known_boot_what_was_hashed_in_the_background_is_good_for_one_launch() {
    let mut phone = Phone::new();
    phone.boot = None;
    phone.launch();
    let id = phone.install("2.0.0");
    phone.app().hashed(&id).unwrap();
    assert!(phone.launch().trial);
    assert_eq!(phone.state().bundle(&id).unwrap().hashed_boot, None);
}
