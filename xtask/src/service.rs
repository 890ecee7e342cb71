//! The update service, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Ends with this.
pub(crate) struct Service {
    process: Child,
    /// Host and port.
    pub(crate) address: String,
    /// The first key.
    pub(crate) key: String,
}

impl Service {
    /// Starts `live-updater` on a free port, with a folder of its own.
    ///
    /// # Errors
    ///
    /// It doesn't start.
    pub(crate) fn start(program: &Path, data: &Path, options: &[&str]) -> Result<Self> {
        let mut process = Command::new(program)
            .args(["--json", "serve", "--port", "0", "--data"])
            .arg(data)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        // From here on it is ended whatever happens.
        let mut service = Self {
            process,
            address: String::new(),
            key: String::new(),
        };
        let started: Value = serde_json::from_str(&line)?;
        let text = |name: &str| started[name].as_str().unwrap_or_default().to_owned();
        service.address = text("url").trim_start_matches("http://").to_owned();
        service.key = text("firstKey");
        Ok(service)
    }

    /// Asks with a key, and gives what is answered.
    ///
    /// # Errors
    ///
    /// The answer isn't one of success.
    pub(crate) fn ask(&self, key: &str, path: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--fail-with-body"])
            .args(["--header", &format!("authorization: {key}")])
            .args(arguments)
            .arg(format!("http://{}{path}", self.address))
            .output()?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(String::from_utf8_lossy(&output.stdout).into()),
        }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
