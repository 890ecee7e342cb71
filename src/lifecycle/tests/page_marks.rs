//! The marks that pages leave in the web view: nobody but the page of a bundle knows its mark.

use serde_json::Value;

use super::*;

#[test]
fn a_mark_stays_for_as_long_as_the_bundle_is_what_runs() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    let trial = phone.launch();
    assert_eq!(trial.page_mark.len(), 64);
    assert_eq!(
        phone.launch().page_mark,
        trial.page_mark,
        "in another process"
    );
    let launch = phone.app().launch(false).0;
    phone.ready(&launch);
    assert_eq!(launch.page_mark, trial.page_mark, "a second launch");
    assert_eq!(phone.app().reload().unwrap().0.page_mark, trial.page_mark);
    assert_eq!(phone.launch().page_mark, trial.page_mark, "once it is good");
}

#[test]
fn a_bundle_that_comes_back_has_another_mark_than_before() {
    let (mut phone, good) = Phone::with_good_bundle();
    let builtin = phone.app().reset(false).unwrap().0.page_mark;
    let first = phone.app().set(good.as_str()).unwrap().0.page_mark;
    phone.install("3.0.0");
    phone.launch();
    let events = phone.wait(READY_TIMEOUT);
    assert_eq!(names(&events), ["updateFailed", "reload"]);
    let back = phone.launch();
    assert_eq!(back.bundle.id, good);
    assert_ne!(
        back.page_mark, first,
        "taken back in the middle of a launch"
    );
    assert_ne!(phone.app().reset(false).unwrap().0.page_mark, builtin);
}

#[test]
fn builtin_of_another_build_has_another_mark() {
    let mut phone = Phone::new();
    let first = phone.launch().page_mark;
    phone.rules.native_build = "2".to_owned();
    assert_ne!(phone.launch().page_mark, first);
}

#[test]
fn a_launch_of_what_ran_before_writes_nothing_for_it() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.launch();
    let before = phone.slots();
    phone.launch();
    assert_eq!(phone.slots(), before);
}

#[test]
fn a_state_of_before_gets_its_secret_with_the_next_launch() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.app().store.state.page_secret = None;
    let without = phone.app().launch(true).0;
    assert_eq!(without.page_mark.len(), 64, "of this process alone");

    phone.forget_page_secret();
    let first = phone.launch();
    assert_eq!(first.bundle.id, good);
    assert_ne!(first.page_mark, without.page_mark);
    assert_eq!(phone.launch().page_mark, first.page_mark);
}

#[test]
fn where_nothing_can_be_written_a_mark_is_of_one_process() {
    let (mut phone, _) = Phone::with_good_bundle();
    phone.forget_page_secret();
    phone.app = None;
    let lock = DiskStorage::new(phone.root.path());
    let _owner = Store::open(Arc::new(lock));
    let first = phone.launch().page_mark;
    assert_eq!(phone.app().launch(true).0.page_mark, first);
    assert_ne!(phone.launch().page_mark, first);
}

#[test]
fn what_runs_for_want_of_room_has_a_mark_of_its_own() {
    let (mut phone, good) = Phone::with_good_bundle();
    phone.install("3.0.0");
    let marks = [(); 2].map(|()| {
        assert!(phone.launch().trial);
        break_commits(&phone);
        phone.wait(READY_TIMEOUT);
        let launch = phone.app().launch(true).0;
        assert_eq!(launch.bundle.id, good, "and the state says 3.0.0");
        assert_eq!(phone.app().launch(true).0.page_mark, launch.page_mark);
        mend_commits(&phone);
        launch.page_mark
    });
    assert_ne!(marks[0], marks[1], "3.0.0 ran in between");
}

#[test]
fn the_secret_is_on_the_disk_and_nowhere_else() {
    let (mut phone, _) = Phone::with_good_bundle();
    let launch = phone.launch();
    let kept: Value = serde_json::from_str(&phone.payload()).unwrap();
    let secret = kept["pageSecret"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 32);
    let state = phone.state();
    for text in [
        state.to_json().to_string(),
        format!("{state:?}"),
        format!("{launch:?}"),
        format!("{:?}", phone.app()),
    ] {
        assert!(!text.contains(&secret), "{text}");
    }
    let launch = serde_json::to_string(&launch).unwrap();
    assert!(!launch.contains("ageMark"), "{launch}");
}

impl Phone {
    /// Both state slots, as they lie on the disk.
    fn slots(&self) -> [Vec<u8>; 2] {
        ["state.a", "state.b"].map(|name| fs::read(self.root.path().join(name)).unwrap())
    }

    /// The newest state on the disk.
    fn payload(&self) -> String {
        let newest = self.slots().into_iter().max_by_key(|slot| {
            let header = String::from_utf8_lossy(slot);
            let generation = header.split(' ').nth(2).unwrap();
            generation.parse::<u64>().unwrap()
        });
        let text = String::from_utf8(newest.unwrap()).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    }

    /// Leaves a state on the disk as versions wrote it that knew no secret.
    fn forget_page_secret(&mut self) {
        let mut state: Value = serde_json::from_str(&self.payload()).unwrap();
        state.as_object_mut().unwrap().remove("pageSecret");
        self.app = None;
        let storage = DiskStorage::new(self.root.path());
        let (mut slots, _) = Slots::load(&storage).unwrap();
        slots
            .commit(&storage, state.to_string().as_bytes())
            .unwrap();
    }
}
