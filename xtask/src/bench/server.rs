//! The mock update server, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::Result;
use super::program::Program;

/// A server that ends when it's dropped.
pub(super) struct Server {
    process: Child,
    /// Where it listens, with a slash at the end.
    pub(super) url: String,
}

impl Server {
    pub(super) fn start(program: &Program, bundles: &Path) -> Result<Self> {
        let mut process = Command::new(&program.command)
            .args(["--json", "mock"])
            .arg(bundles)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        // From here on it is ended whatever happens.
        let mut server = Self {
            process,
            url: String::new(),
        };
        let started: Value = serde_json::from_str(&line)?;
        let url = started["url"].as_str().ok_or("the server has no URL")?;
        server.url = format!("{}/", url.trim_end_matches('/'));
        Ok(server)
    }

    pub(super) fn bundle_url(&self, version: &str) -> String {
        format!("{}api/v1/bundles/{version}", self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
