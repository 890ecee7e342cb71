//! Whatever happens, a launch gives something to run.

use super::*;
use crate::store::storage::{LockOutcome, Storage};

const SLOTS: [&str; 2] = ["state.a", "state.b"];

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
    // The slot that the next commit goes to can be read but not written.
    let state = phone.state();
    let newest = SLOTS.map(|slot| fs::read(phone.path(Path::new(slot))).unwrap());
    let is_newest =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&format!("\"next\":\"{next}\""));
    let target = usize::from(is_newest(&newest[0]));
    let target = phone.path(Path::new(SLOTS[target]));
    phone.app = None;
    let refusing = fs::Permissions::from(std::os::unix::fs::PermissionsExt::from_mode(0o400));
    fs::set_permissions(&target, refusing).unwrap();
    if fs::OpenOptions::new().write(true).open(&target).is_ok() {
        // This user may write anything; `cli/tests` has the same on a read-only file system.
        return;
    }
    let launch = phone.launch();
    assert_eq!(launch.bundle.id, good);
    assert_eq!(problem(&launch), "storage");
    assert_eq!(phone.state(), state);
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
