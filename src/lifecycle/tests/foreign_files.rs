//! What stands where something of ours belongs, and isn't ours.

use std::os::unix::net::UnixListener;

use super::*;

impl Phone {
    /// Puts something special in the place of a file.
    fn replace(&self, name: &str, make: fn(&Path)) {
        let path = self.path(Path::new(name));
        let _ = fs::remove_file(&path);
        make(&path);
    }
}

fn socket(path: &Path) {
    UnixListener::bind(path).unwrap();
}

#[cfg(target_os = "linux")]
fn pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[cfg(target_os = "linux")]
const SPECIAL: [fn(&Path); 2] = [socket, pipe];
#[cfg(not(target_os = "linux"))]
const SPECIAL: [fn(&Path); 1] = [socket];

#[test]
fn a_pipe_or_a_socket_in_the_place_of_a_slot_is_put_aside() {
    for make in SPECIAL {
        for slot in SLOTS {
            let (mut phone, good) = Phone::with_good_bundle();
            phone.replace(slot, make);
            let launch = phone.launch();
            assert_eq!((launch.bundle.id, launch.problem), (good, None), "{slot}");
            assert!(phone.path(Path::new(&format!("{slot}.broken"))).exists());
            let newer = phone.update_to("3.0.0");
            assert_eq!(phone.launch().bundle.id, newer);
        }
    }
}

#[test]
fn pipes_or_sockets_in_the_place_of_both_slots_are_a_lost_state() {
    for make in SPECIAL {
        let (mut phone, _) = Phone::with_good_bundle();
        for slot in SLOTS {
            phone.replace(slot, make);
        }
        let launch = phone.launch();
        assert!(launch.bundle.id.is_builtin());
        assert_eq!(launch.problem.unwrap().code, "storage");
        let newer = phone.update_to("3.0.0");
        let launch = phone.launch();
        assert_eq!((launch.bundle.id, launch.problem), (newer, None));
    }
}

#[test]
fn a_pipe_or_a_socket_in_the_place_of_the_record_or_the_lock_keeps_nothing_from_running() {
    for make in SPECIAL {
        for name in ["starts", "lock"] {
            let (mut phone, good) = Phone::with_good_bundle();
            phone.app = None;
            phone.replace(name, make);
            let launch = phone.launch();
            assert_eq!((launch.bundle.id, launch.problem), (good, None), "{name}");
            phone.install("3.0.0");
            assert!(phone.launch().trial);
            assert!(phone.launch().trial);
            assert!(phone.launch().rolled_back.is_some(), "it is counted");
        }
    }
}

#[test]
fn files_in_the_place_of_folders_go() {
    for name in ["bundles", "staging", "trash", "downloads"] {
        let mut phone = Phone::new();
        fs::write(phone.path(Path::new(name)), "no folder").unwrap();
        phone.launch();
        assert!(!phone.path(Path::new(name)).exists(), "{name}");
        phone.update_to("2.0.0");
        phone.app().collect().unwrap();
    }
}

#[test]
fn files_in_the_place_of_folders_that_had_something_go_too() {
    let (mut phone, good) = Phone::with_good_bundle();
    let bundles = phone.path(Path::new("bundles"));
    fs::remove_dir_all(&bundles).unwrap();
    fs::write(&bundles, "no folder").unwrap();
    let launch = phone.launch();
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(launch.rolled_back.unwrap().id, good);
    let newer = phone.update_to("3.0.0");
    assert_eq!(phone.launch().bundle.id, newer);
}

#[test]
fn a_link_to_a_folder_stays_and_one_to_nowhere_goes() {
    let (mut phone, good) = Phone::with_good_bundle();
    let elsewhere = tempfile::tempdir().unwrap();
    let bundles = phone.path(Path::new("bundles"));
    let moved = elsewhere.path().join("moved");
    fs::rename(&bundles, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &bundles).unwrap();
    assert_eq!(phone.launch().bundle.id, good);
    fs::remove_dir_all(&moved).unwrap();
    assert!(phone.launch().bundle.id.is_builtin());
    assert!(fs::symlink_metadata(&bundles).is_err());
}

#[test]
fn a_process_that_does_not_own_the_root_leaves_them_alone() {
    let (mut phone, _) = Phone::with_good_bundle();
    let first = phone.app.take();
    let trash = phone.path(Path::new("trash"));
    fs::write(&trash, "no folder").unwrap();
    phone.replace("state.a", socket);
    let launch = phone.launch();
    assert_eq!(launch.problem.unwrap().code, "busy");
    assert!(trash.exists() && phone.path(Path::new("state.a")).exists());
    drop(first);
}
