//! The mock server as a process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::Result;

/// Ends with this.
pub(super) struct MockServer {
    process: Child,
    pub(super) url: String,
}

impl MockServer {
    pub(super) fn start(program: &Path, bundles: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .arg("mock")
            .arg(bundles)
            .arg("--request-faults")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut url)?;
        }
        // It logs each request, and a pipe that nobody reads would stop it.
        if let Some(mut stderr) = process.stderr.take() {
            thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        }
        let server = Self {
            process,
            url: url.trim().to_owned(),
        };
        if server.url.is_empty() {
            return Err("the mock server didn't start".into());
        }
        Ok(server)
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
