//! System calls fail on request.

use std::io::ErrorKind;
use std::path::Path;

use live_updater::Storage;
use storage_simulator::{Failure, Fault, Scope, SimulatedDisk};

fn path(path: &str) -> &Path {
    Path::new(path)
}

#[test]
fn a_call_fails_once_or_all_do_from_then_on() {
    for lasts in [false, true] {
        let disk = SimulatedDisk::new();
        let storage = disk.mount();
        storage.create_dir_all(path("d")).unwrap();
        disk.fail(Fault {
            at: disk.calls() + 1,
            lasts,
            failure: Failure::Io,
            scope: Scope::All,
        });
        assert!(storage.metadata(path("d")).is_ok());
        assert!(storage.metadata(path("d")).is_err());
        assert_eq!(storage.metadata(path("d")).is_ok(), !lasts);
        assert_eq!(disk.heal(), if lasts { 2 } else { 1 });
        assert!(storage.metadata(path("d")).is_ok());
    }
}

#[test]
fn a_full_disk_is_read_and_emptied_and_takes_a_part_of_what_is_written() {
    let disk = SimulatedDisk::new();
    let storage = disk.mount();
    storage.commit(path("a"), b"12345678").unwrap();
    disk.fail(Fault {
        at: 0,
        lasts: true,
        failure: Failure::NoSpace,
        scope: Scope::All,
    });
    assert_eq!(storage.read(path("a"), 100).unwrap(), b"12345678");
    let error = storage.overwrite(path("a"), b"abcdefgh").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert_eq!(storage.read(path("a"), 100).unwrap(), b"abcd5678");
    let error = storage.create_dir_all(path("d")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    storage.remove_file(path("a")).unwrap();
}

#[test]
fn reads_and_writes_can_fail_without_the_others() {
    for (scope, reads, writes) in [(Scope::Reads, false, true), (Scope::Writes, true, false)] {
        let disk = SimulatedDisk::new();
        let storage = disk.mount();
        storage.commit(path("a"), b"1").unwrap();
        disk.fail(Fault {
            at: 0,
            lasts: true,
            failure: Failure::Access,
            scope,
        });
        let read = storage.read(path("a"), 100).map_err(|error| error.kind());
        let written = storage
            .commit(path("a"), b"2")
            .map_err(|error| error.kind());
        assert_eq!(read.is_ok(), reads);
        assert_eq!(written.is_ok(), writes);
        let denied = [read.err(), written.err()].into_iter().flatten();
        assert_eq!(denied.collect::<Vec<_>>(), [ErrorKind::PermissionDenied]);
    }
}

#[test]
fn a_process_that_was_killed_changes_nothing_any_more() {
    let disk = SimulatedDisk::new();
    let storage = disk.mount();
    let mut file = storage.create(path("a")).unwrap();
    storage.kill();
    assert!(file.write_all(b"1").is_err());
    assert!(storage.commit(path("b"), b"1").is_err());
    assert_eq!(disk.read("a").unwrap(), b"");
    assert_eq!(disk.names(""), ["a"]);
    assert!(disk.mount().commit(path("b"), b"1").is_ok());
}
