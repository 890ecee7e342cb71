//! The simulator does the system calls that `DiskStorage` does, in their order: what it takes for
//! durable is what has been synced on a real disk too.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

#[path = "../../skipped/mod.rs"]
mod skipped;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use live_updater::{DiskStorage, Storage};
use storage_simulator::{SimulatedDisk, Step};

/// Names the root for the process that is watched.
const CHILD: &str = "STORAGE_SIMULATOR_ROOT";

/// An update in small: everything that changes the disk, as the updater does it.
fn update(storage: &dyn Storage) {
    let steps = || -> io::Result<()> {
        let path = Path::new;
        storage.create_dir_all(path(""))?;
        storage.commit(path("state.a"), b"one")?;
        storage.commit(path("state.b"), b"two")?;
        storage.commit(path("state.a"), b"three")?;
        storage.overwrite(path("starts"), b"first")?;
        storage.overwrite(path("starts"), b"again")?;
        storage.create_dir_all(path("downloads"))?;
        let mut part = storage.create(path("downloads/x.part"))?;
        part.write_all(b"hello ")?;
        part.truncate(3)?;
        part.write_all(b"p")?;
        part.sync()?;
        drop(part);
        storage.append(path("downloads/x.part"))?.write_all(b"!")?;
        storage.create_dir_all(path("staging/1/www/js"))?;
        for name in ["www/index.html", "www/js/app.js", "files"] {
            let path = path("staging/1").join(name);
            storage.create(&path)?.write_all(name.as_bytes())?;
        }
        storage.sync_tree(path("staging/1"))?;
        storage.create_dir_all(path("bundles"))?;
        storage.sync_dir(path(""))?;
        storage.rename(path("staging/1"), path("bundles/1"))?;
        storage.sync_dir(path("bundles"))?;
        storage.remove_file(path("downloads/x.part"))?;
        storage.create_dir_all(path("trash"))?;
        storage.rename(path("bundles/1"), path("trash/2"))?;
        storage.remove_dir_all(path("trash/2"))
    };
    steps().unwrap();
}

#[test]
fn the_system_calls_are_those_of_the_disk_storage() {
    let test = "the_system_calls_are_those_of_the_disk_storage";
    let Some(calls) = watched(test, None, update) else {
        return;
    };
    assert_eq!(calls, simulated(&SimulatedDisk::new()));
}

#[test]
fn without_syncfs_each_file_and_directory_is_synced() {
    let test = "without_syncfs_each_file_and_directory_is_synced";
    let Some(calls) = watched(test, Some("syncfs:error=ENOSYS"), update) else {
        return;
    };
    assert_eq!(calls, simulated(&SimulatedDisk::new().without_syncfs()));
}

#[test]
fn bytes_that_could_not_be_written_back_are_not_synced_by_trying_again() {
    let test = "bytes_that_could_not_be_written_back_are_not_synced_by_trying_again";
    for error in ["EIO", "ENOSPC"] {
        watched(test, Some(&format!("syncfs:error={error}")), |storage| {
            let path = Path::new("staging");
            storage.create_dir_all(path).unwrap();
            assert!(storage.sync_tree(path).is_err());
        });
    }
}

/// The calls of the simulator, as lines.
fn simulated(disk: &SimulatedDisk) -> Vec<String> {
    disk.record();
    update(&disk.mount());
    let recording = disk.recording();
    in_order(recording.steps().iter().map(line).collect())
}

fn line(step: &Step) -> String {
    format!("{} {}", step.name(), step.path().display())
}

/// The calls that `work` does on a disk in a process of its own, as lines; nothing where this is
/// that process, or where it can't be watched. With `tampered`, some calls fail.
fn watched(
    test: &str,
    tampered: Option<&str>,
    work: impl FnOnce(&dyn Storage),
) -> Option<Vec<String>> {
    if let Some(root) = env::var_os(CHILD) {
        work(&DiskStorage::new(PathBuf::from(root)));
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().join("root");
    fs::create_dir(&root).unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new("strace");
    command
        .args(["--follow-forks", "--decode-fds=path", "--string-limit=200"])
        .arg("--trace=openat,mkdir,write,pwrite64,ftruncate,fsync,syncfs,rename,unlink,unlinkat")
        .arg(format!("--output={}", log.display()));
    if let Some(tampered) = tampered {
        command.arg(format!("--inject={tampered}"));
    }
    let ended = command
        .arg(env::current_exe().unwrap())
        .args(["--exact", test])
        .env(CHILD, &root)
        .stdout(Stdio::null())
        .status();
    match ended {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            skipped::missing("strace");
            return None;
        }
        ended => assert!(ended.unwrap().success(), "{tampered:?}"),
    }
    let log = fs::read_to_string(&log).unwrap();
    let mut reader = Reader {
        root: root.to_str().unwrap().to_owned(),
        known: BTreeSet::new(),
    };
    Some(in_order(
        log.lines().filter_map(|line| reader.read(line)).collect(),
    ))
}

/// Several threads sync a tree at once, and a directory tells its names in any order.
fn in_order(mut lines: Vec<String>) -> Vec<String> {
    for any_order in ["fsync staging/", "unlink trash/"] {
        let is_any = |line: &String| line.starts_with(any_order);
        for run in lines.chunk_by_mut(|left, right| is_any(left) && is_any(right)) {
            run.sort();
        }
    }
    lines
}

/// Makes lines of what strace writes.
struct Reader {
    root: String,
    /// Files that exist: strace doesn't tell whether opening one has created it.
    known: BTreeSet<String>,
}

impl Reader {
    fn read(&mut self, line: &str) -> Option<String> {
        // `1234 name(arguments) = result`
        let (_, call) = line.split_once(char::is_whitespace)?;
        let (name, arguments) = call.trim_start().split_once('(')?;
        // Where another thread's call came in between, the result is on a line of its own.
        let result = arguments.rsplit_once(" = ").map(|(_, result)| result);
        if result.is_some_and(|result| result.starts_with('-')) {
            return None;
        }
        let path = self.path(name, arguments)?;
        let is_known = self.known.contains(&path);
        let name = match name {
            "openat" if arguments.contains("O_CREAT") && !is_known => {
                self.known.insert(path.clone());
                "create"
            }
            "openat" => return None,
            "write" | "pwrite64" => "write",
            "unlink" | "unlinkat" => "unlink",
            other => other,
        };
        Some(format!("{name} {path}"))
    }

    /// What a call is about, relative to the root; nothing where that is elsewhere.
    fn path(&self, name: &str, arguments: &str) -> Option<String> {
        let quoted = arguments.split('"').nth(1);
        let opened = arguments.split(['<', '>']).nth(1);
        let path = match name {
            "write" | "pwrite64" | "ftruncate" | "fsync" => opened?.to_owned(),
            // All of the file system, whatever it was opened by.
            "syncfs" => return Some(String::new()),
            "unlinkat" if quoted?.starts_with('/') => quoted?.to_owned(),
            "unlinkat" => format!("{}/{}", opened?, quoted?),
            _ => quoted?.to_owned(),
        };
        let relative = path.strip_prefix(&self.root)?;
        Some(relative.trim_start_matches('/').to_owned())
    }
}
