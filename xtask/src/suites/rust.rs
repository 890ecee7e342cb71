//! `cargo test`, with the programs that some of the tests compare with.

use std::fs;

use super::{Result, Run, Suite, Tally, run_tests};
use crate::cargo;
use crate::install::{NpmPackages, Tool};

pub(super) const SUITE: Suite = Suite {
    name: "rust",
    tools: &[
        Tool::new("nginx", "nginx"),
        Tool::new("openssl", "openssl"),
        Tool::new("curl", "curl"),
        Tool::new("zip", "zip"),
        Tool::new("unzip", "unzip"),
        Tool::new("python3", "python3"),
        Tool::new(
            "/usr/lib/python3/dist-packages/cryptography/__init__.py",
            "python3-cryptography",
        ),
        Tool::new("sha256sum", "coreutils"),
        Tool::new("node", "nodejs"),
        Tool::new("npm", "npm"),
        Tool::new("strace", "strace"),
        Tool::new("sqlite3", "sqlite3"),
        Tool::new("mkfs.ext4", "e2fsprogs"),
        Tool::new("mount", "mount"),
    ],
    packages: &[NpmPackages::INTEROP],
    runs_without_tools: true,
    by_default: true,
    run,
};

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    // Tests append a line each to this file where they lack something.
    let folder = NpmPackages::INTEROP.path(run.workspace);
    let skipped = folder.join("skipped.txt");
    fs::create_dir_all(folder)?;
    fs::write(&skipped, "")?;

    let mut command = cargo::command();
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(run.cargo)
        .current_dir(&run.workspace.root)
        .env("LIVE_UPDATER_SKIPPED", &skipped);
    if run.has_tools {
        command.env("LIVE_UPDATER_REQUIRE_TOOLS", "1");
    }
    let ended = run_tests(&mut command, tally);
    for line in fs::read_to_string(&skipped)?.lines() {
        tally.note_early_end(line);
    }
    ended
}
