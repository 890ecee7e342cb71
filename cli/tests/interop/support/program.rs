use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::skipped;

/// The path of a program, where it is installed.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where servers lie, which people who aren't root may not have in their PATH.
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Whether a program is installed; where it isn't, the test is skipped and says so.
pub(crate) fn is_there(name: &str) -> bool {
    let is_there = find_program(name).is_some();
    if !is_there {
        skipped::missing(name);
    }
    is_there
}

/// Runs a command, which must succeed; what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Node, with the packages that `package.json` names.
#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    modules: PathBuf,
}

impl Node {
    /// `None` where Node or the packages are missing; the test is skipped then, and says so.
    pub(crate) fn find() -> Option<Self> {
        let modules = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .parent()
            .unwrap()
            .join("interop/node_modules");
        if !modules.is_dir() {
            skipped::missing("target/interop/node_modules (cargo xtask test --install)");
            return None;
        }
        let Some(program) = find_program("node") else {
            skipped::missing("node");
            return None;
        };
        Some(Self { program, modules })
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Where a package lies.
    pub(crate) fn package(&self, name: &str) -> PathBuf {
        self.modules.join(name)
    }

    /// Runs a script that lies beside this test; the JSON that it prints.
    pub(crate) fn run(&self, script: &str, arguments: &[&Path]) -> Value {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
        let printed = run(Command::new(&self.program)
            .arg(scripts.join(script))
            .args(arguments)
            .env("NODE_PATH", &self.modules));
        serde_json::from_str(&printed).unwrap()
    }
}
