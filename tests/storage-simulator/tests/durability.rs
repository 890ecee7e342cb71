//! What a power cut leaves.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use live_updater::Storage;
use storage_simulator::{Drive, Failure, Fault, PowerCut, Scope, SimulatedDisk, SimulatedStorage};

/// What is left of a disk, for many seeds: whatever `look` tells of it.
fn left<T: Ord>(
    disk: &SimulatedDisk,
    drive: Drive,
    look: impl Fn(&SimulatedDisk) -> T,
) -> BTreeSet<T> {
    (0..300)
        .map(|seed| look(&disk.power_cut(&PowerCut { drive, seed })))
        .collect()
}

fn new_disk() -> (SimulatedDisk, SimulatedStorage) {
    let disk = SimulatedDisk::new();
    let storage = disk.mount();
    (disk, storage)
}

fn write(storage: &SimulatedStorage, path: &str, bytes: &[u8]) {
    let mut file = storage.create(Path::new(path)).unwrap();
    file.write_all(bytes).unwrap();
}

fn path(path: &str) -> &Path {
    Path::new(path)
}

#[test]
fn what_was_committed_is_there_and_what_was_overwritten_may_be() {
    let (disk, storage) = new_disk();
    storage.commit(path("a"), b"one").unwrap();
    let look = |disk: &SimulatedDisk| disk.read("a");
    assert_eq!(
        left(&disk, Drive::Honest, look),
        [Some(b"one".to_vec())].into()
    );
    storage.overwrite(path("a"), b"two").unwrap();
    let either = [Some(b"one".to_vec()), Some(b"two".to_vec())];
    assert_eq!(left(&disk, Drive::Honest, look), either.into());
}

#[test]
fn what_is_committed_after_it_was_overwritten_is_there() {
    let (disk, storage) = new_disk();
    storage.overwrite(path("a"), b"one").unwrap();
    storage.commit(path("a"), b"two").unwrap();
    let look = |disk: &SimulatedDisk| disk.read("a");
    assert_eq!(
        left(&disk, Drive::Honest, look),
        [Some(b"two".to_vec())].into()
    );
}

#[test]
fn what_is_committed_after_a_commit_that_failed_is_there() {
    for at in 0..6 {
        let (disk, storage) = new_disk();
        disk.fail(Fault {
            at,
            lasts: false,
            failure: Failure::Io,
            scope: Scope::All,
        });
        let _ = storage.commit(path("a"), b"one");
        disk.heal();
        storage.commit(path("a"), b"two").unwrap();
        let look = |disk: &SimulatedDisk| disk.read("a");
        assert_eq!(
            left(&disk, Drive::Honest, look),
            [Some(b"two".to_vec())].into(),
            "call {at} fails"
        );
    }
}

#[test]
fn a_new_name_is_durable_with_its_folder_and_not_with_its_file() {
    let (disk, storage) = new_disk();
    storage
        .create(path("a"))
        .and_then(|mut file| {
            file.write_all(b"one")?;
            file.sync()
        })
        .unwrap();
    let look = |disk: &SimulatedDisk| disk.read("a");
    let either = [None, Some(b"one".to_vec())];
    assert_eq!(left(&disk, Drive::Honest, look), either.into());
    storage.sync_dir(path("")).unwrap();
    assert_eq!(
        left(&disk, Drive::Honest, look),
        [Some(b"one".to_vec())].into()
    );
}

#[test]
fn a_rename_is_whole_or_not_at_all_until_its_target_is_synced() {
    let (disk, storage) = new_disk();
    for folder in ["from", "to"] {
        storage.create_dir_all(path(folder)).unwrap();
    }
    write(&storage, "from/a", b"new");
    write(&storage, "to/a", b"old");
    storage.sync_tree(path("")).unwrap();
    storage.rename(path("from/a"), path("to/a")).unwrap();
    let look = |disk: &SimulatedDisk| (disk.read("from/a"), disk.read("to/a"));
    let before = (Some(b"new".to_vec()), Some(b"old".to_vec()));
    let after = (None, Some(b"new".to_vec()));
    let either = BTreeSet::from([before, after.clone()]);
    assert_eq!(left(&disk, Drive::Honest, look), either);
    storage.sync_dir(path("from")).unwrap();
    assert_eq!(left(&disk, Drive::Honest, look), either);
    storage.sync_dir(path("to")).unwrap();
    assert_eq!(left(&disk, Drive::Honest, look), [after].into());
}

#[test]
fn a_file_that_was_renamed_before_its_bytes_were_synced_may_be_empty() {
    let (disk, storage) = new_disk();
    storage.commit(path("a"), b"old").unwrap();
    write(&storage, "a.new", b"new");
    storage.rename(path("a.new"), path("a")).unwrap();
    storage.sync_dir(path("")).unwrap();
    let found = left(&disk, Drive::Honest, |disk| disk.read("a").unwrap());
    assert!(found.contains(&b""[..]));
    assert!(!found.contains(&b"old"[..]));
}

#[test]
fn a_file_that_was_deleted_may_be_back() {
    let (disk, storage) = new_disk();
    storage.commit(path("a"), b"one").unwrap();
    storage.remove_file(path("a")).unwrap();
    let look = |disk: &SimulatedDisk| disk.read("a");
    let either = [None, Some(b"one".to_vec())];
    assert_eq!(left(&disk, Drive::Honest, look), either.into());
    storage.sync_dir(path("")).unwrap();
    assert_eq!(left(&disk, Drive::Honest, look), [None].into());
}

#[test]
fn names_are_lost_in_any_order() {
    let (disk, storage) = new_disk();
    for name in ["a", "b"] {
        write(&storage, name, b"");
    }
    let found = left(&disk, Drive::Honest, |disk| disk.names(""));
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    for expected in [&[][..], &["a"], &["b"], &["a", "b"]] {
        assert!(found.contains(&names(expected)), "{expected:?}");
    }
}

#[test]
fn a_tree_is_durable_below_its_own_name_and_with_syncfs_altogether() {
    for has_syncfs in [true, false] {
        let disk = SimulatedDisk::new();
        let disk = if has_syncfs {
            disk
        } else {
            disk.without_syncfs()
        };
        let storage = disk.mount();
        storage.create_dir_all(path("new/folder")).unwrap();
        write(&storage, "new/folder/a", &[7; 5000]);
        storage.sync_tree(path("new")).unwrap();
        let found = left(&disk, Drive::Honest, |disk| disk.read("new/folder/a"));
        assert!(found.contains(&Some(vec![7; 5000])));
        assert_eq!(found.contains(&None), !has_syncfs);
        storage.sync_dir(path("")).unwrap();
        let found = left(&disk, Drive::Honest, |disk| disk.read("new/folder/a"));
        assert_eq!(found, [Some(vec![7; 5000])].into());
    }
}

#[test]
fn what_the_system_has_written_back_is_durable() {
    let (disk, storage) = new_disk();
    write(&storage, "a", b"one");
    disk.write_back();
    let found = left(&disk, Drive::Honest, |disk| disk.read("a"));
    assert_eq!(found, [Some(b"one".to_vec())].into());
}

#[test]
fn a_drive_that_lies_loses_what_was_synced_last_and_nothing_from_long_ago() {
    let (disk, storage) = new_disk();
    storage.commit(path("old"), b"old").unwrap();
    for number in 0..60 {
        storage.commit(path("new"), &[number]).unwrap();
    }
    let found = left(&disk, Drive::Lying, |disk| disk.read("new").unwrap()[0]);
    // A commit is a write, a length and a sync.
    assert!(found.len() > 10 && found.contains(&59), "{found:?}");
    assert!(found.iter().all(|number| *number >= 59 - 22), "{found:?}");
    let found = left(&disk, Drive::Lying, |disk| disk.read("old"));
    assert_eq!(found, [Some(b"old".to_vec())].into());
}

#[test]
fn a_recording_is_cut_as_the_disk_itself_was() {
    let (disk, storage) = new_disk();
    storage.commit(path("before"), b"before").unwrap();
    disk.record();
    let cuts: Vec<_> = [Drive::Honest, Drive::Lying]
        .into_iter()
        .flat_map(|drive| (0..20).map(move |seed| PowerCut { drive, seed }))
        .collect();
    let look = |disk: &SimulatedDisk| cuts.map_ref(|cut| disk.power_cut(cut).files(""));
    let mut live = vec![look(&disk)];
    let mut steps = vec![0];
    for number in 0..30_u8 {
        storage.commit(path("a"), &[number; 900]).unwrap();
        storage.overwrite(path("b"), &[number; 700]).unwrap();
        live.push(look(&disk));
        steps.push(disk.recorded());
    }
    let recording = disk.recording();
    let moments: Vec<_> = recording.moments().collect();
    assert_eq!(moments.len(), recording.steps().len() + 1);
    for (step, live) in steps.into_iter().zip(live) {
        assert_eq!(moments[step].done, step);
        let cut = cuts.map_ref(|cut| moments[step].power_cut(cut).files(""));
        assert_eq!(cut, live, "after {step} steps");
    }
}

/// `iter().map().collect()`, where two lists are to be compared.
trait MapRef<T> {
    fn map_ref<U>(&self, map: impl Fn(&T) -> U) -> Vec<U>;
}

impl<T> MapRef<T> for Vec<T> {
    fn map_ref<U>(&self, map: impl Fn(&T) -> U) -> Vec<U> {
        self.iter().map(map).collect()
    }
}

#[test]
fn the_steps_of_concurrent_threads_can_be_brought_into_one_order() {
    let (disk, storage) = new_disk();
    disk.record();
    for name in ["b", "a"] {
        write(&storage, name, name.as_bytes());
    }
    let mut recording = disk.recording();
    recording.sort_steps(0..4, |step| step.path().to_owned());
    let steps: Vec<_> = recording.steps().iter().map(ToString::to_string).collect();
    assert_eq!(
        steps,
        ["create a", "write a 0+1", "create b", "write b 0+1"]
    );
    let last = recording.moments().last().unwrap();
    let cut = PowerCut {
        drive: Drive::Honest,
        seed: 1,
    };
    assert_eq!(last.power_cut(&cut).files(""), disk.files(""));
}

#[test]
fn a_hundred_thousand_operations_are_soon_done() {
    let (_disk, storage) = new_disk();
    let started = std::time::Instant::now();
    for number in 0..100_000_u32 {
        storage.overwrite(path("a"), &number.to_le_bytes()).unwrap();
        if number % 1000 == 0 {
            storage.sync_tree(path("")).unwrap();
        }
    }
    let took = started.elapsed();
    println!("{took:?}");
    assert!(took.as_secs() < 60, "{took:?}");
}
