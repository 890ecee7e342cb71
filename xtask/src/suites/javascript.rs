//! The plugin's JavaScript: types, style, unit tests, what is published, and what Capacitor's
//! command line makes of it.

use std::process::Command;

use super::node::Node;
use super::{Outcome, Result, Run, Suite, Tally, run_tests};
use crate::install::{self, NpmPackages, Tool};
use crate::workspace::Workspace;

pub(super) const SUITE: Suite = Suite {
    name: "javascript",
    tools: &[Tool::new("node", "nodejs"), Tool::new("npm", "npm")],
    packages: &[
        NpmPackages::TOOLS,
        NpmPackages::PLUGIN,
        NpmPackages::EXAMPLE_APP,
    ],
    runs_without_tools: false,
    by_default: true,
    run,
};

const TYPESCRIPT: &str = "node_modules/typescript/bin/tsc";
const ROLLUP: &str = "node_modules/@rollup/wasm-node/dist/bin/rollup";
const VITEST: &str = "node_modules/vitest/vitest.mjs";
const ESLINT: &str = "node_modules/eslint/bin/eslint.js";
const PRETTIER: &str = "node_modules/prettier/bin/prettier.cjs";

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    compile(run.workspace)?;
    let node = Node::find(run.workspace);
    let root = &run.workspace.root;

    let mut types = node.script(root, TYPESCRIPT)?;
    note(
        "types",
        types.args(["--project", "bindings/js/tests"]),
        tally,
    );
    let mut lint = node.script(root, ESLINT)?;
    note("lint", lint.args(["bindings/js", "example-app"]), tally);
    let mut format = node.script(root, PRETTIER)?;
    format.args(["--check", "--log-level", "warn"]);
    note(
        "format",
        format.args(["bindings/js", "example-app", "capgo"]),
        tally,
    );

    let mut tests = node.script(root, VITEST)?;
    tests
        .args(["run", "--config", "bindings/js/vitest.config.mts"])
        .args(["--reporter", "./bindings/js/reporter.mts"]);
    run_tests(&mut tests, tally)
}

/// Makes `dist/`, which apps load: the example app, too.
///
/// # Errors
///
/// The sources don't compile, or the packages aren't installed.
pub(super) fn compile(workspace: &Workspace) -> Result<()> {
    let node = Node::find(workspace);
    let mut tsc = node.script(&workspace.root, TYPESCRIPT)?;
    install::succeed(tsc.args(["--project", "bindings/js"]))?;
    let mut rollup = node.script(&workspace.root, ROLLUP)?;
    install::succeed(rollup.args(["--silent", "--config", "bindings/js/rollup.config.mjs"]))
}

/// Counts a program that succeeds or fails as a whole.
fn note(name: &str, command: &mut Command, tally: &mut Tally) {
    let outcome = match install::succeed(command) {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            eprintln!("{error}");
            Outcome::Failed
        }
    };
    tally.note(&format!("javascript::{name}"), outcome);
}
