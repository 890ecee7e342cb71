//! The simulator does what `DiskStorage` does, as far as programs see it.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use live_updater::{DiskStorage, FileKind, LockOutcome, Storage};
use storage_simulator::SimulatedDisk;

/// Names that collide often: as files, as directories, inside of each other.
const PATHS: [&str; 9] = ["", "a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "a/b"];

#[test]
fn any_sequence_of_operations_ends_as_on_a_disk() {
    for seed in 0..150 {
        let root = tempfile::tempdir().unwrap();
        let real = DiskStorage::new(root.path());
        let disk = SimulatedDisk::new();
        let disk = if seed % 2 == 0 {
            disk
        } else {
            disk.without_syncfs()
        };
        let simulated = disk.mount();
        let mut random = Random(seed + 1);
        for number in 0..60 {
            let operation = Operation::random(&mut random);
            assert_eq!(
                operation.run(&real),
                operation.run(&simulated),
                "seed {seed}, operation {number}: {operation:?}"
            );
        }
        assert_eq!(files(root.path()), disk.files(""), "seed {seed}");
    }
}

#[test]
fn one_root_has_one_owner_until_it_ends() {
    let root = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::new();
    let (first, second) = (disk.mount(), disk.mount());
    let pairs: [(&dyn Storage, &dyn Storage); 2] = [
        (
            &DiskStorage::new(root.path()),
            &DiskStorage::new(root.path()),
        ),
        (&first, &second),
    ];
    for (first, second) in pairs {
        let lock = |storage: &dyn Storage| storage.lock(Path::new("lock")).unwrap();
        let owned = lock(first);
        assert!(matches!(owned, LockOutcome::Owned(_)));
        assert!(matches!(lock(first), LockOutcome::Contended));
        assert!(matches!(lock(second), LockOutcome::Contended));
        drop(owned);
        assert!(matches!(lock(second), LockOutcome::Owned(_)));
    }
    let _kept = first.lock(Path::new("lock")).unwrap();
    first.kill();
    assert!(first.metadata(Path::new("lock")).is_err());
    let outcome = second.lock(Path::new("lock")).unwrap();
    assert!(matches!(outcome, LockOutcome::Owned(_)));
}

/// What callers do with a storage.
#[derive(Debug)]
enum Operation {
    CreateDirAll(PathBuf),
    Metadata(PathBuf),
    List(PathBuf),
    Read(PathBuf, u64),
    ReadAt(PathBuf, u64),
    Create(PathBuf, usize),
    Append(PathBuf, usize),
    Rewrite(PathBuf, u64),
    Overwrite(PathBuf, usize),
    Commit(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    RemoveFile(PathBuf),
    RemoveDirAll(PathBuf),
    SyncDir(PathBuf),
    SyncTree(PathBuf),
}

impl Operation {
    fn random(random: &mut Random) -> Self {
        let path = random.path();
        let len = random.below(2000);
        match random.below(15) {
            0 => Self::CreateDirAll(path),
            1 => Self::Metadata(path),
            2 => Self::List(path),
            3 => Self::Read(path, random.below(3000) as u64),
            4 => Self::ReadAt(path, random.below(3000) as u64),
            5 => Self::Create(path, len),
            6 => Self::Append(path, len),
            7 => Self::Rewrite(path, len as u64),
            8 => Self::Overwrite(path, len),
            9 => Self::Commit(path, len),
            10 => Self::Rename(random.path_below(), random.path_below()),
            11 => Self::RemoveFile(path),
            12 => Self::RemoveDirAll(random.path_below()),
            13 => Self::SyncDir(path),
            _ => Self::SyncTree(PathBuf::new()),
        }
    }

    fn run(&self, storage: &dyn Storage) -> String {
        match self {
            Self::CreateDirAll(path) => told(storage.create_dir_all(path)),
            Self::Metadata(path) => told(storage.metadata(path).map(|metadata| {
                let len = (metadata.kind == FileKind::File).then_some(metadata.len);
                (metadata.kind, len)
            })),
            Self::List(path) => told(storage.list(path).map(|mut names| {
                names.sort();
                names
            })),
            Self::Read(path, limit) => told(storage.read(path, *limit)),
            Self::ReadAt(path, offset) => told(storage.open(path).and_then(|file| {
                let mut buffer = [0; 700];
                let count = file.read_at(&mut buffer, *offset)?;
                Ok((file.len()?, buffer[..count].to_vec()))
            })),
            Self::Create(path, len) => told(storage.create(path).and_then(|mut file| {
                file.write_all(&bytes(*len, 1))?;
                file.write_all(&bytes(*len / 2, 2))?;
                file.sync()
            })),
            Self::Append(path, len) => told(storage.append(path).and_then(|mut file| {
                file.write_all(&bytes(*len, 3))?;
                file.flush()
            })),
            Self::Rewrite(path, len) => told(storage.create(path).and_then(|mut file| {
                file.write_all(&bytes(1000, 4))?;
                file.truncate(*len)?;
                file.write_all(&bytes(10, 5))
            })),
            Self::Overwrite(path, len) => told(storage.overwrite(path, &bytes(*len, 6))),
            Self::Commit(path, len) => told(storage.commit(path, &bytes(*len, 7))),
            Self::Rename(from, to) => told(storage.rename(from, to)),
            Self::RemoveFile(path) => told(storage.remove_file(path)),
            Self::RemoveDirAll(path) => told(storage.remove_dir_all(path)),
            Self::SyncDir(path) => told(storage.sync_dir(path)),
            Self::SyncTree(path) => told(storage.sync_tree(path)),
        }
    }
}

fn told<T: Debug>(result: io::Result<T>) -> String {
    format!("{:?}", result.map_err(|error| error.kind()))
}

fn bytes(len: usize, salt: usize) -> Vec<u8> {
    (0..len).map(|index| (index * salt % 251) as u8).collect()
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let relative = path.strip_prefix(root).unwrap().to_owned();
                files.insert(relative, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn path(&mut self) -> PathBuf {
        PathBuf::from(PATHS[self.below(PATHS.len())])
    }

    /// Not the root itself: that is the host's.
    fn path_below(&mut self) -> PathBuf {
        PathBuf::from(PATHS[1 + self.below(PATHS.len() - 1)])
    }
}
