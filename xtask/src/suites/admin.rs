//! The page of the update service: a real service, and a real browser in front of it.

use std::fs;

use super::node::Node;
use super::{Result, Run, Suite, Tally, run_tests};
use crate::install::{NpmPackages, Tool};
use crate::native;

pub(super) const SUITE: Suite = Suite {
    name: "admin",
    tools: &[
        Tool::new("npm", "npm"),
        Tool::new("/usr/bin/chromium", "chromium"),
    ],
    packages: &[NpmPackages::TOOLS],
    runs_without_tools: false,
    by_default: true,
    run,
};

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let native = native::build()?;
    let folder = run.workspace.target.join("admin");
    let scratch = folder.join("scratch");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    let modules = NpmPackages::TOOLS.path(run.workspace).join("node_modules");
    let script = run.workspace.root.join("server/tests/browser/run.mjs");
    let mut node = Node::find(run.workspace).run(&script, &scratch)?;
    // Arguments of cargo may be meant as well.
    node.args(run.cargo.iter().filter(|name| !name.starts_with('-')))
        .env("LIVE_UPDATER_PROGRAM", native.program())
        .env("LIVE_UPDATER_SCRATCH", &scratch)
        .env("LIVE_UPDATER_SCREENSHOTS", folder.join("screenshots"))
        .env("LIVE_UPDATER_NODE_MODULES", modules);
    run_tests(&mut node, tally)
}
