//! The plugin's JavaScript: types, style, unit tests, what is published, and what Capacitor's
//! command line makes of it.

use super::node::Node;
use super::{Outcome, Result, Run, Suite, Tally, run_tests};
use crate::install::{self, NpmPackages, Tool};
use crate::workspace::Workspace;

pub(super) const SUITE: Suite = Suite {
    name: "javascript",
    tools: &[
        Tool::new("node", "nodejs"),
        Tool::new("npm", "npm"),
        Tool::optional("/usr/bin/gradle", "gradle"),
    ],
    packages: &[
        NpmPackages::TOOLS,
        NpmPackages::PLUGIN,
        NpmPackages::EXAMPLE_APP,
    ],
    runs_without_tools: false,
    by_default: true,
    run,
};

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    compile(run.workspace)?;
    let node = Node::find(run.workspace);
    for name in ["typecheck", "lint"] {
        let outcome = match install::succeed(&mut node.script(run.workspace, name)?) {
            Ok(()) => Outcome::Passed,
            Err(_) => Outcome::Failed,
        };
        tally.note(&format!("javascript::{name}"), outcome);
    }
    let mut tests = node.script(run.workspace, "unit")?;
    if run.has_tools {
        tests.env("LIVE_UPDATER_REQUIRE_TOOLS", "1");
    }
    run_tests(
        tests.args(["--reporter", "bindings/js/reporter.mts"]),
        tally,
    )
}

/// Makes `dist/`, which apps load: the example app, too.
///
/// # Errors
///
/// The sources don't compile, or the packages aren't installed.
pub(super) fn compile(workspace: &Workspace) -> Result<()> {
    install::succeed(&mut Node::find(workspace).script(workspace, "compile")?)
}
