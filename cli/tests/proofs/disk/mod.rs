//! File systems of a test's own, on disks whose every write is known.
//!
//! All of it is mounted in a namespace of one thread and those that it starts: however they end,
//! nothing stays mounted.

mod image;
mod recorder;

use std::fs;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use proof::Extent;
use tempfile::TempDir;

use crate::skipped;
use crate::stage::comes_true;

pub(crate) use image::{Image, Loss};
pub(crate) use recorder::{Record, Recorder};

const MISSING: &str = "is missing";
/// How long a file system may still be held by somebody who is about to let go.
const LETTING_GO: Duration = Duration::from_secs(20);

/// Does the work in a thread with mounts of its own. Where this machine doesn't allow that, or has
/// no such file systems, it is noted that the test is skipped.
///
/// # Panics
///
/// It can't be done, and all of the proof is asked for; or the work panics.
pub(crate) fn with_own_mounts(work: impl FnOnce() + Send) {
    let outcome = thread::scope(|scope| {
        let inside = scope.spawn(|| {
            let can_mount = own_mounts().and_then(|()| try_out());
            can_mount.map(|()| work())
        });
        inside.join()
    });
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(problem)) if problem.contains(MISSING) => skipped::missing("mkfs.ext4 or mount"),
        Ok(Err(problem)) => {
            assert_eq!(Extent::from_environment(), Extent::Portion, "{problem}");
            skipped::note(&problem);
        }
        Err(panic) => resume_unwind(panic),
    }
}

/// Gives this thread, and those that it starts from now on, mounts of their own.
fn own_mounts() -> Result<(), String> {
    unshare(CloneFlags::CLONE_NEWNS).map_err(|error| format!("no mount namespace: {error}"))?;
    let flags = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)
        .map_err(|error| format!("no private mounts: {error}"))
}

fn try_out() -> Result<(), String> {
    let folder = folder();
    let image = Image::with_copy_of(None)?;
    let recorder = Recorder::start(image, folder.path().join("disk"))?;
    let mounted = Mounted::image(recorder.path(), "", folder.path().join("mounted"))?;
    mounted.unmount()
}

/// A folder in memory, where there is one.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

/// A file system that is mounted until it's dropped.
#[derive(Debug)]
pub(crate) struct Mounted {
    path: PathBuf,
}

impl Mounted {
    /// Mounts the file system in a file.
    pub(crate) fn image(image: &Path, options: &str, path: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        let options = format!("loop{options}");
        let arguments = [
            "-t".as_ref(),
            "ext4".as_ref(),
            "-o".as_ref(),
            options.as_ref(),
            image,
            &path,
        ];
        run("mount", &arguments)?;
        Ok(Self { path })
    }

    /// Puts a file in the place of another one.
    pub(crate) fn file(file: &Path, path: PathBuf) -> Result<Self, String> {
        mount(
            Some(file),
            &path,
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        )
        .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all that waits, and unmounts it, once nobody holds it any more: a process that ended,
    /// and one that begins with a copy of the open files, do for a moment.
    pub(crate) fn unmount(self) -> Result<(), String> {
        let path = self.path.clone();
        std::mem::forget(self);
        let mut unmounted = Ok(());
        comes_true(LETTING_GO, || {
            unmounted = umount2(&path, MntFlags::empty());
            unmounted != Err(Errno::EBUSY)
        });
        unmounted.map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may still hold it for a moment.
        if let Err(error) = umount2(&self.path, MntFlags::MNT_DETACH) {
            println!("{} stays mounted: {error}", self.path.display());
        }
    }
}

fn run(program: &str, arguments: &[&Path]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("{program} {MISSING}"),
            _ => format!("{program}: {error}"),
        })?;
    if output.status.success() {
        return Ok(());
    }
    let problem = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!("{program}: {problem}"))
}
