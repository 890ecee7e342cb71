//! Packages of PyPI, as a list in the project names them.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::succeed;
use crate::workspace::Workspace;

/// A set of pinned packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PythonPackages {
    /// The file that names them, in the project.
    pub(crate) pinned: &'static str,
    /// Where they are installed in the target folder.
    pub(crate) folder: &'static str,
}

impl PythonPackages {
    /// What stands for S3.
    pub(crate) const S3: Self = Self {
        pinned: "xtask/tools/python/s3.txt",
        folder: "python-s3",
    };

    /// What asks the update service all that its OpenAPI file tells of.
    pub(crate) const SCHEMATHESIS: Self = Self {
        pinned: "server/tests/openapi/requirements.txt",
        folder: "tools/schemathesis",
    };

    /// A program that one of them brings.
    pub(crate) fn program(self, workspace: &Workspace, name: &str) -> PathBuf {
        self.path(workspace).join("bin").join(name)
    }

    /// Whether the very packages of the list are there.
    pub(crate) fn are_installed(self, workspace: &Workspace) -> bool {
        let list = fs::read(workspace.root.join(self.pinned));
        let installed = fs::read(self.path(workspace).join(STAMP));
        list.is_ok_and(|list| installed.is_ok_and(|installed| installed == list))
    }

    /// Does nothing where they are there already.
    pub(crate) fn install(self, workspace: &Workspace) -> Result<(), Box<dyn Error>> {
        if self.are_installed(workspace) {
            return Ok(());
        }
        let folder = self.path(workspace);
        let pinned = workspace.root.join(self.pinned);
        println!("installing Python packages in {}", folder.display());
        let mut python = Command::new("python3");
        python
            .args(["-m", "venv", "--clear", "--without-pip"])
            .arg(&folder);
        succeed(&mut python)?;
        let mut pip = Command::new("pip3");
        pip.arg("--python")
            .arg(self.program(workspace, "python"))
            .args(["--disable-pip-version-check", "install", "--quiet"])
            // Nothing is built, which could do anything.
            .args(["--only-binary=:all:", "--requirement"])
            .arg(&pinned);
        succeed(&mut pip)?;
        fs::copy(pinned, folder.join(STAMP))?;
        Ok(())
    }

    fn path(self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(self.folder)
    }
}

/// A copy of the list that was installed to the end. An installation begins with deleting it.
const STAMP: &str = "installed.txt";
