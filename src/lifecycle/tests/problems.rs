//! Whatever happens, a launch gives something to run.

use super::*;
use crate::store::storage::{LockOutcome, Storage};

fn problem(launch: &Launch) -> &'static str {
    launch
        .problem
        .as_ref()
        .map_or("none", |problem| problem.code)
}

#[test]
fn one_damaged_slot_is_survived() {
    for slot in SLOTS {
        let (mut phone, good) = Phone::with_good_bundle();
        fs::write(phone.path(Path::new(slot)), "garbage").unwrap();
        let launch = phone.launch();
        // The older slot knows the bundle as a trial or as good: it runs either way.
        assert_eq!(launch.bundle.id, good, "{slot}");
        assert_eq!(problem(&launch), "none");
    }
}

#[test]
fn two_damaged_slots_are_kept_aside_and_builtin_starts() {
    let (mut phone, good) = Phone::with_good_bundle();
    for slot in SLOTS {
        fs::write(phone.path(Path::new(slot)), "garbage").unwrap();
    }
    let launch = phone.launch();
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(problem(&launch), "storage");
    for slot in SLOTS {
        assert!(phone.path(Path::new(&format!("{slot}.broken"))).exists());
    }
    phone.app().collect().unwrap();
    assert!(
        phone.page_of(&good).exists(),
        "no bundle is deleted in this process"
    );
    let found = description("2.0.0");
    let orphan = phone.app().orphan(&found.version, &found.checksum).unwrap();
    assert_eq!(orphan.id, good);
    phone.app().add_bundle(orphan, true).unwrap();
    assert_eq!(phone.launch().bundle.id, good);
    assert_eq!(phone.app().orphan(&found.version, &found.checksum), None);
}

#[test]
fn a_slot_that_cannot_be_read_is_not_damage_and_nothing_is_written() {
    let (mut phone, good) = Phone::with_good_bundle();
    let path = phone.path(Path::new("state.a"));
    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let other = fs::read(phone.path(Path::new("state.b"))).unwrap();
    let launch = phone.launch();
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(problem(&launch), "storage");
    assert_eq!(phone.app().pause().unwrap_err().code(), "storage");
    assert_eq!(fs::read(phone.path(Path::new("state.b"))).unwrap(), other);
    assert!(!phone.path(Path::new("state.a.broken")).exists());
    fs::remove_dir(&path).unwrap();
    fs::write(&path, kept).unwrap();
    assert_eq!(phone.launch().bundle.id, good, "nothing was harmed");
}

#[test]
fn a_root_of_another_process_is_read_and_left_alone() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.launch();
    phone.app = None;
    let storage = DiskStorage::new(phone.root.path());
    let LockOutcome::Owned(lock) = storage.lock(Path::new("lock")).unwrap() else {
        panic!("the lock is free");
    };
    let before = SLOTS.map(|slot| fs::read(phone.path(Path::new(slot))).unwrap());
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good, "never a trial");
    assert_eq!(problem(&launch), "busy");
    assert!(!launch.trial);
    assert_eq!(
        phone.app().set_next(good.as_str()).unwrap_err().code(),
        "busy"
    );
    assert_eq!(
        phone.app().notify_app_ready(None).unwrap_err().code(),
        "busy"
    );
    phone.wait(seconds(100));
    assert_eq!(
        before,
        SLOTS.map(|slot| fs::read(phone.path(Path::new(slot))).unwrap())
    );
    drop(lock);
    assert!(phone.launch().trial, "the trial goes on");
}

#[test]
fn a_root_that_cannot_be_made_means_builtin() {
    let mut phone = Phone::new();
    let file = phone.path(Path::new("file"));
    fs::write(&file, "").unwrap();
    let storage = Arc::new(DiskStorage::new(file.join("root")));
    let mut app = Lifecycle::new(
        Store::open(storage),
        phone.rules.clone(),
        Arc::new(phone.clock.clone()),
        None,
    );
    let launch = app.launch(true).0;
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(problem(&launch), "storage");
    assert_eq!(app.reset(false).unwrap_err().code(), "storage");
    phone.launch();
}

#[test]
fn a_trial_whose_start_cannot_be_made_durable_is_not_started() {
    let (mut phone, good) = Phone::with_good_bundle();
    let next = phone.install("3.0.0");
    let before = phone.state();
    phone.start();
    break_commits(&phone);
    let launch = phone.app().launch(true).0;
    assert_eq!(launch.bundle.id, good);
    assert_eq!(problem(&launch), "storage");
    assert_eq!(phone.state(), before);
    mend_commits(&phone);
    assert_eq!(phone.launch().bundle.id, next, "it gets its chance later");
}

#[test]
fn a_verdict_that_cannot_be_made_durable_still_takes_the_page_away() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    phone.launch();
    break_commits(&phone);
    let events = phone.wait(READY_TIMEOUT);
    let Some(Event::Reload(reload)) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(reload.bundle.id, good);
    assert_eq!(problem(reload), "storage");
    mend_commits(&phone);
    assert!(
        phone.launch().trial,
        "the verdict is open: one launch has ended badly"
    );
    phone.wait(seconds(1));
    assert_eq!(phone.launch().bundle.id, good);
}

#[test]
fn readiness_that_cannot_be_made_durable_is_found_by_the_next_launch() {
    let (mut phone, _) = Phone::with_good_bundle();
    let id = phone.install("3.0.0");
    let launch = phone.launch();
    break_commits(&phone);
    let told = phone.app().notify_app_ready(Some(&launch.launch_token));
    assert_eq!(told.unwrap_err().code(), "storage");
    assert_eq!(phone.wait(seconds(100)), [], "it said that it works");
    mend_commits(&phone);
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, id);
    assert_eq!(phone.status(&id), Some(BundleStatus::Success));
    assert!(!launch.trial);
}

#[test]
fn a_state_of_the_future_is_left_alone() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.app = None;
    let path = phone.path(Path::new("state.a"));
    let text = fs::read_to_string(&path).unwrap();
    let payload = text.split_once('\n').unwrap().1;
    let head = format!("live-updater-state 2 99 {} ", payload.len());
    let digest = Sha256Digest::new(Sha256::digest(format!("{head}{payload}")).into());
    let future = format!("{head}{digest}\n{payload}");
    fs::write(&path, &future).unwrap();
    let launch = phone.launch();
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(problem(&launch), "storage");
    assert_eq!(fs::read_to_string(&path).unwrap(), future);
}

#[test]
fn a_bundle_that_was_condemned_while_another_ran_is_not_started() {
    let (mut phone, good) = Phone::with_good_bundle();
    let trial = phone.install("3.0.0");
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, trial);
    // The disk has no room for the verdict: both slots can't be written.
    let slots = ["state.a", "state.b"].map(|slot| phone.path(Path::new(slot)));
    let before = slots.clone().map(|slot| fs::read(&slot).unwrap());
    for slot in &slots {
        fs::remove_file(slot).unwrap();
        fs::create_dir(slot).unwrap();
    }
    phone.wait(seconds(11));
    assert_eq!(phone.app().current_id(), &good);
    for (slot, bytes) in slots.iter().zip(before) {
        fs::remove_dir(slot).unwrap();
        fs::write(slot, bytes).unwrap();
    }
    let id = trial.as_str().to_owned();
    phone.app().set_bundle_error(Some(&id)).unwrap();
    assert_eq!(phone.status(&trial), Some(BundleStatus::Error));

    assert_eq!(phone.launch().bundle.id, good);
}
