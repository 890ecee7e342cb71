use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::find_program;
use crate::skipped;

/// Python with a module.
#[derive(Debug)]
pub(crate) struct Python {
    program: PathBuf,
}

impl Python {
    /// `None` where no Python has it; the test is skipped then, and says so.
    pub(crate) fn find(module: &str) -> Option<Self> {
        // Another Python in the PATH doesn't have what the system's packages bring.
        let candidates = [find_program("python3"), Some("/usr/bin/python3".into())];
        let program = candidates.into_iter().flatten().find(|program| {
            let import = Command::new(program)
                .args(["-c", &format!("import {module}")])
                .stderr(Stdio::null())
                .status();
            import.is_ok_and(|status| status.success())
        });
        if program.is_none() {
            skipped::missing(&format!("python3 with {module}"));
        }
        program.map(|program| Self { program })
    }

    /// Runs a script that lies beside the tests, with further arguments.
    pub(crate) fn script(&self, name: &str) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
        let mut command = Command::new(&self.program);
        command.arg(scripts.join(name));
        command
    }
}
