use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Authority, is_there};

/// What curl does with each command: it prints the status in a line of its own below the answer.
const CURL_SETTINGS: &str = "silent\nshow-error\nwrite-out = \"\\n%{http_code}\"\n";

/// `live-updater serve` with HTTPS, and a folder with a web app for whoever works with it.
///
/// Shell commands find its address in `$API`, its first key in `$KEY`.
#[derive(Debug)]
pub(crate) struct Service {
    folder: TempDir,
    authority: Authority,
    process: Child,
    url: String,
    key: String,
}

impl Service {
    /// `None` where there is no `openssl` or no `curl`.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// With further arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Option<Self> {
        if !is_there("curl") {
            return None;
        }
        let authority = Authority::new()?;
        let tls = authority.server("ec", "TLSv1.3");
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(".curlrc"), CURL_SETTINGS).unwrap();
        fs::create_dir_all(folder.path().join("dist/assets")).unwrap();
        let page = "<script src=assets/app.js></script>";
        fs::write(folder.path().join("dist/index.html"), page).unwrap();
        fs::write(folder.path().join("dist/assets/app.js"), "notifyAppReady()").unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["--json", "serve", "--port", "0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--tls-cert")
            .arg(&tls.chain)
            .arg("--tls-key")
            .arg(&tls.key)
            .arg("--root-certificates")
            .arg(authority.path("authority.pem"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        Some(Self {
            url: started["url"].as_str().unwrap().to_owned(),
            key: started["firstKey"].as_str().unwrap().to_owned(),
            folder,
            authority,
            process,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A file in the folder that commands run in; the service's own are below `data`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a device has to trust.
    pub(crate) fn root_certificates(&self) -> Value {
        self.authority.pem()
    }

    /// A command that reaches the service.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let authority = self.authority.path("authority.pem");
        command
            .current_dir(self.folder.path())
            .env("API", &self.url)
            .env("KEY", &self.key)
            .env("CURL_HOME", self.folder.path())
            .env("CURL_CA_BUNDLE", &authority)
            .env("NODE_EXTRA_CA_CERTS", &authority);
        command
    }

    /// Runs a shell command that ends with curl: the status, and the answer's JSON.
    pub(crate) fn curl(&self, command: &str) -> (u16, Value) {
        let (status, text) = self.curl_text(command);
        let answer = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{command}: {text}"));
        (status, answer)
    }

    /// As [`curl`](Self::curl), with the answer as text.
    pub(crate) fn curl_text(&self, command: &str) -> (u16, String) {
        let output = self
            .command("/bin/sh")
            .args(["-euc", command])
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let (text, status) = printed.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), text.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Whether it had ended already is for the test to see.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
