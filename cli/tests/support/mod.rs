//! Runs the command in a folder of its own.

#[path = "../../../tests/skipped/mod.rs"]
mod skipped;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

#[derive(Debug)]
pub(crate) struct Workshop {
    folder: TempDir,
}

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// A workshop with a web build in `dist`.
    pub(crate) fn with_build() -> Self {
        let workshop = Self::new();
        workshop.write("dist/index.html", b"<script src=assets/app.js></script>");
        workshop.write(
            "dist/assets/app.js",
            "LiveUpdater.notifyAppReady();\n".repeat(500).as_bytes(),
        );
        workshop.write("dist/assets/noise.png", &noise(100_000));
        workshop.write("dist/empty.txt", b"");
        workshop.write("dist/日本/ü.txt", "ü".as_bytes());
        workshop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs `live-updater` with arguments that have no spaces.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        Run::new(&output)
    }

    /// Runs `live-updater`, which must succeed, and reads its JSON.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        let run = self.run(&format!("--json {arguments}"));
        assert_eq!(run.code, 0, "{run:?}");
        run.value()
    }

    /// Runs another program here; `None` where there is none.
    pub(crate) fn other(&self, program: &str, arguments: &[&str]) -> Option<Run> {
        match Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
        {
            Ok(output) => Some(Run::new(&output)),
            Err(_) => {
                skipped::missing(program);
                None
            }
        }
    }
}

impl Run {
    fn new(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The one JSON value on stdout.
    pub(crate) fn value(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Asserts how it failed.
    pub(crate) fn assert_error(&self, exit: i32, code: &str) {
        assert_eq!(self.code, exit, "{self:?}");
        let value = self.value();
        assert_eq!(value["error"]["code"], code, "{self:?}");
        assert!(!value["error"]["message"].as_str().unwrap().is_empty());
        assert_eq!(value.as_object().unwrap().len(), 1);
    }
}

/// Bytes that don't shrink.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

pub(crate) fn is_hex(value: &Value, digits: usize) -> bool {
    let text = value.as_str().unwrap();
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
