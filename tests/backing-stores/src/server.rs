//! A program that runs beside the tests, and ends with them.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a program until standard input ends, which it does also where the one that started this
/// is killed.
const UNTIL_ALONE: &str = "signal=$1; shift; \"$@\" </dev/null & child=$!; \
     read -r _; kill -s \"$signal\" $child; wait $child";
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// A server. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts a program that ends at a signal, as another user where one is named. What it prints
    /// goes into a file.
    pub(crate) fn start(
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        signal: &str,
        user: Option<u32>,
        log: &Path,
    ) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut shell = Command::new("sh");
        if let Some(user) = user {
            shell.uid(user).gid(user);
        }
        shell
            .args(["-c", UNTIL_ALONE, "sh", signal])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(Self(shell.spawn()?))
    }

    /// Waits until a condition holds.
    ///
    /// # Errors
    ///
    /// The program has ended, or the condition doesn't hold in time.
    pub(crate) fn wait_until(&mut self, holds: impl Fn() -> bool) -> io::Result<()> {
        let began = Instant::now();
        while !holds() {
            if let Some(status) = self.0.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            if began.elapsed() > PATIENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
