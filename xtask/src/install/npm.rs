//! Packages of npm, as a lock file in the project names them.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::succeed;
use crate::workspace::Workspace;

/// A set of pinned packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NpmPackages {
    /// The folder of `package.json` and `package-lock.json`, in the project.
    pub(crate) pinned: &'static str,
    /// Where they are installed in the target folder; none: where they are pinned, as a person
    /// would.
    pub(crate) folder: Option<&'static str>,
}

impl NpmPackages {
    /// What the interop tests hold bundles and servers against.
    pub(crate) const INTEROP: Self = Self {
        pinned: "cli/tests/interop",
        folder: Some("interop"),
    };

    /// A Kotlin compiler, Capacitor's sources, a browser's remote control, a checker of accessibility and Node.js 22.
    pub(crate) const TOOLS: Self = Self {
        pinned: "xtask/tools",
        folder: Some("tools"),
    };

    /// What builds and tests the plugin's JavaScript.
    pub(crate) const PLUGIN: Self = Self {
        pinned: ".",
        folder: None,
    };

    /// What builds the example app. It holds the plugin by a link.
    pub(crate) const EXAMPLE_APP: Self = Self {
        pinned: "example-app",
        folder: None,
    };

    /// Where they are once installed; `node_modules` lies in it.
    pub(crate) fn path(self, workspace: &Workspace) -> PathBuf {
        match self.folder {
            Some(folder) => workspace.target.join(folder),
            None => workspace.root.join(self.pinned),
        }
    }

    /// Whether the very packages of the lock file are there.
    pub(crate) fn are_installed(self, workspace: &Workspace) -> bool {
        let lock = fs::read(workspace.root.join(self.pinned).join(LOCK));
        let installed = fs::read(self.path(workspace).join(STAMP));
        lock.is_ok_and(|lock| installed.is_ok_and(|installed| installed == lock))
    }

    /// Does nothing where they are there already.
    pub(crate) fn install(self, workspace: &Workspace) -> Result<(), Box<dyn Error>> {
        if self.are_installed(workspace) {
            return Ok(());
        }
        let folder = self.path(workspace);
        let pinned = workspace.root.join(self.pinned);
        println!("installing npm packages in {}", folder.display());
        if self.folder.is_some() {
            fs::create_dir_all(&folder)?;
            for name in ["package.json", LOCK] {
                fs::copy(pinned.join(name), folder.join(name))?;
            }
        }
        // Install scripts could do anything, and none of the packages needs its own.
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder);
        succeed(&mut npm)?;
        fs::copy(pinned.join(LOCK), folder.join(STAMP))?;
        Ok(())
    }
}

const LOCK: &str = "package-lock.json";

/// A copy of the lock file that was installed to the end. An installation begins with deleting it.
const STAMP: &str = "node_modules/.installed-lock.json";
