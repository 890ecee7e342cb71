//! The OpenAPI file of the update service: schemathesis asks a real service all that it tells of.

mod scene;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proof::Extent;
use serde_json::Value;

use super::{Outcome, Result, Run, Suite, Tally};
use crate::install::{PythonPackages, Tool};
use crate::native;
use crate::workspace::Workspace;
use scene::Scene;

pub(super) const SUITE: Suite = Suite {
    name: "openapi",
    tools: &[
        Tool::new("python3", "python3"),
        Tool::new("pip3", "python3-pip"),
        Tool::new("curl", "curl"),
    ],
    packages: &[],
    runs_without_tools: false,
    by_default: true,
    run,
};

/// What one run asks, with which checks, and with whose keys.
const PLAYS: [Play; 2] = [
    Play {
        name: "everything",
        phases: "examples,coverage,fuzzing,stateful",
        unchecked: "",
        examples: (6, 200),
        by_turns: false,
    },
    // Who asks changes from request to request: nothing follows from the one before.
    Play {
        name: "every_role",
        phases: "examples,fuzzing",
        unchecked: "ignored_auth,use_after_free,ensure_resource_availability",
        examples: (6, 100),
        by_turns: true,
    },
];

struct Play {
    name: &'static str,
    phases: &'static str,
    unchecked: &'static str,
    /// For each operation and phase: a portion, and all.
    examples: (u32, u32),
    /// With the key of each role in turn, instead of the one that may do everything.
    by_turns: bool,
}

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let packages = PythonPackages::SCHEMATHESIS;
    if run.has_tools {
        packages.install(run.workspace)?;
    } else if !packages.are_installed(run.workspace) {
        let reason = "schemathesis is missing".to_owned();
        tally.note(SUITE.name, Outcome::Skipped(reason));
        return Ok(());
    }
    let schemathesis = Schemathesis::new(run.workspace, packages);
    let native = native::build()?;
    let mut asked = 0;
    for play in &PLAYS {
        let folder = run.workspace.target.join("openapi").join(play.name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let scene = Scene::set(&native.program(), &folder)?;
        asked += schemathesis.play(play, &scene, &folder, tally)?;
    }
    proof::tell(SUITE.name, &[("requests made up", asked)]);
    Ok(())
}

/// schemathesis, and what it is told.
struct Schemathesis {
    told: PathBuf,
    file: PathBuf,
    program: PathBuf,
}

impl Schemathesis {
    fn new(workspace: &Workspace, packages: PythonPackages) -> Self {
        Self {
            told: workspace.root.join("server/tests/openapi"),
            file: workspace.root.join("server/openapi.json"),
            program: packages.program(workspace, "schemathesis"),
        }
    }

    /// All of the file, by method and path.
    fn operations(&self) -> Result<Vec<String>> {
        let file: Value = serde_json::from_slice(&fs::read(&self.file)?)?;
        let mut operations = Vec::new();
        for (path, item) in file["paths"].as_object().ok_or("the file has no paths")? {
            let methods = item.as_object().into_iter().flatten();
            let methods = methods.filter(|(_, operation)| operation["operationId"].is_string());
            operations
                .extend(methods.map(|(method, _)| format!("{} {path}", method.to_uppercase())));
        }
        Ok(operations)
    }

    /// Counts each operation as a test; how many requests were made up.
    fn play(&self, play: &Play, scene: &Scene, folder: &Path, tally: &mut Tally) -> Result<u64> {
        let (portion, all) = play.examples;
        let examples = Extent::from_environment().choose(portion, all);
        let report = folder.join("report.json");
        let keys = if play.by_turns {
            scene.keys.join(" ")
        } else {
            String::new()
        };
        let mut command = Command::new(&self.program);
        command
            .arg("--config-file")
            .arg(self.told.join("schemathesis.toml"))
            .arg("run")
            .arg(&self.file)
            .args(["--no-color", "--seed", "1", "--phases", play.phases])
            .args(["--max-examples", &examples.to_string()])
            .args(["--report", "json", "--report-json-path"])
            .arg(&report)
            .current_dir(folder)
            .env("SCHEMATHESIS_HOOKS", self.told.join("hooks.py"))
            .env(
                "LIVE_UPDATER_URL",
                format!("http://{}", scene.service.address),
            )
            .env("LIVE_UPDATER_KEY", &scene.service.key)
            .env("LIVE_UPDATER_KEYS", keys)
            .env("LIVE_UPDATER_FILE", &scene.file);
        if !play.unchecked.is_empty() {
            command.args(["--exclude-checks", play.unchecked]);
        }
        let output = command.output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        fs::write(folder.join("printed.txt"), &output.stdout)?;
        let report = fs::read(&report).map_err(|error| {
            let problem = String::from_utf8_lossy(&output.stderr);
            format!("schemathesis tells nothing ({error}): {printed}{problem}")
        })?;
        let found = Found::read(&serde_json::from_slice(&report)?)?;
        found.count(play.name, &self.operations()?, tally);
        if !output.status.success() {
            println!("{printed}");
            if found.failed.is_empty() {
                return Err(format!("schemathesis ended with {}", output.status).into());
            }
        }
        Ok(found.requests)
    }
}

/// What schemathesis reports.
struct Found {
    requests: u64,
    /// Operations, or what it calls all of them together.
    failed: BTreeSet<String>,
}

impl Found {
    fn read(report: &Value) -> Result<Self> {
        let requests = report["test_cases"]["generated"].as_u64();
        let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let problems = ["failures", "errors"]
            .map(|kind| all(&report[kind]))
            .concat();
        let operations = problems
            .iter()
            .flat_map(|problem| match &problem["operations"] {
                Value::Array(operations) => operations.clone(),
                _ => vec![problem["operation"].clone()],
            });
        Ok(Self {
            requests: requests.ok_or("schemathesis doesn't say how much it asked")?,
            failed: operations
                .map(|operation| operation.as_str().unwrap_or("all together").to_owned())
                .collect(),
        })
    }

    fn count(&self, play: &str, operations: &[String], tally: &mut Tally) {
        let others = self.failed.iter().filter(|name| !operations.contains(name));
        for operation in operations.iter().chain(others) {
            let outcome = match self.failed.contains(operation) {
                true => Outcome::Failed,
                false => Outcome::Passed,
            };
            tally.note(&format!("openapi::{play} {operation}"), outcome);
        }
    }
}
