//! What is kept and what goes.

use super::*;
use crate::store::collect;

impl Phone {
    fn collect(&mut self) {
        let storage = self.app().collect().unwrap();
        collect::empty_trash(&*storage).unwrap();
    }

    fn folders(&self) -> usize {
        fs::read_dir(self.path(Path::new("bundles"))).map_or(0, Iterator::count)
    }
}

#[test]
fn the_newest_good_ones_stay_and_the_others_go() {
    let mut phone = Phone::new();
    phone.launch();
    let ids = ["2.0.0", "3.0.0", "4.0.0", "5.0.0"].map(|version| phone.update_to(version));
    let next = phone.install("6.0.0");
    phone.collect();
    for (id, stays) in ids.iter().zip([false, false, true, true]) {
        assert_eq!(phone.page_of(id).exists(), stays, "{id}");
        assert_eq!(phone.status(id).is_some(), stays);
    }
    assert!(phone.page_of(&next).exists());
    assert_eq!(phone.folders(), 3);
    assert_eq!(
        fs::read_dir(phone.path(Path::new("trash")))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn what_this_process_has_served_stays_until_it_ends() {
    let (mut phone, first) = Phone::with_good_bundle();
    phone.launch();
    for version in ["3.0.0", "4.0.0", "5.0.0"] {
        let id = phone.install_as(version, false);
        let launch = phone.app().set(id.as_str()).unwrap().0;
        phone.ready(&launch);
    }
    phone.collect();
    assert!(phone.page_of(&first).exists());
    phone.launch();
    phone.collect();
    assert!(!phone.page_of(&first).exists());
    assert_eq!(phone.folders(), 2);
}

#[test]
fn a_rolled_back_bundle_stays_listed_without_its_files() {
    let (mut phone, _) = Phone::with_good_bundle();
    let bad = phone.install("3.0.0");
    phone.launch();
    phone.wait(READY_TIMEOUT);
    phone.launch();
    phone.collect();
    assert!(!phone.page_of(&bad).exists());
    assert_eq!(phone.status(&bad), Some(BundleStatus::Error));
}

#[test]
fn leftovers_of_a_kill_are_swept() {
    let (mut phone, good) = Phone::with_good_bundle();
    let orphan = BundleId::random();
    phone.write_bundle(&orphan, &description("9.0.0"));
    for left in ["staging/x/www/a", "trash/y/z"] {
        let path = phone.path(Path::new(left));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "left").unwrap();
    }
    phone.launch();
    let busy = BundleId::random();
    fs::create_dir_all(phone.path(BundleFolder::staged(&busy).path())).unwrap();
    phone.app().begin_staging(&busy);
    phone.collect();
    assert!(!phone.page_of(&orphan).exists());
    assert!(phone.page_of(&good).exists());
    assert!(!phone.path(Path::new("staging/x")).exists());
    assert!(phone.path(BundleFolder::staged(&busy).path()).exists());
    assert!(!phone.path(Path::new("trash/y")).exists());
}

#[test]
fn delete_refuses_what_is_needed() {
    let (mut phone, first) = Phone::with_good_bundle();
    let second = phone.update_to("3.0.0");
    let next = phone.install("4.0.0");
    let other = phone.install_as("5.0.0", false);
    for id in ["builtin", first.as_str(), second.as_str(), next.as_str()] {
        assert_eq!(
            phone.app().delete(id).unwrap_err().code(),
            "protected_bundle"
        );
    }
    phone.app().delete(other.as_str()).unwrap();
    assert!(!phone.page_of(&other).exists());
    assert_eq!(
        phone.app().delete(other.as_str()).unwrap_err().code(),
        "unknown_bundle"
    );
}

#[test]
fn what_was_downloaded_without_being_set_stays_for_its_process() {
    let mut phone = Phone::new();
    phone.launch();
    let id = phone.install_as("2.0.0", false);
    phone.collect();
    assert!(phone.page_of(&id).exists());
    phone.launch();
    phone.collect();
    assert!(!phone.page_of(&id).exists());
}
