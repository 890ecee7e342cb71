//! A small file system of a test's own.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A mounted tmpfs. It is unmounted when it's dropped.
#[derive(Debug)]
pub(crate) struct Tmpfs {
    folder: TempDir,
}

impl Tmpfs {
    /// Nothing where mounting isn't allowed; the reason is printed then.
    pub(crate) fn mount(options: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_str().unwrap();
        match run("mount", &["-t", "tmpfs", "-o", options, "tmpfs", path]) {
            Ok(()) => Some(Self { folder }),
            Err(problem) => {
                println!("skipped: a tmpfs can't be mounted: {problem}");
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Mounts it anew with other options, as `remount,ro`.
    pub(crate) fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        run("mount", &["-o", &options, self.path().to_str().unwrap()]).unwrap();
    }

    /// Takes all space but so much, in KiB, away.
    pub(crate) fn fill_up_to(&self, free_kib: u64) {
        let mut ballast = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.join("ballast"))
            .unwrap();
        loop {
            // Others write meanwhile, so the last pages are taken one by one.
            let pages = match self.free_kib().saturating_sub(free_kib) / 4 {
                0 => return,
                1..64 => 1,
                _ => 64,
            };
            match ballast.write_all(&[0; 64 * 4096][..pages as usize * 4096]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Gives the space back.
    pub(crate) fn free_up(&self) {
        std::fs::remove_file(self.join("ballast")).unwrap();
    }

    fn free_kib(&self) -> u64 {
        let space = rustix::fs::statvfs(self.path()).unwrap();
        space.f_bavail * space.f_frsize / 1024
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may still hold it for a moment.
        if let Err(problem) = run("umount", &["-l", self.path().to_str().unwrap()]) {
            println!("{} stays mounted: {problem}", self.path().display());
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
