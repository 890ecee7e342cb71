//! The fuzz targets, each for a while: from the inputs in `fuzz/corpus`, and on from there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use proof::Extent;

use super::{Outcome, Result, Run, Suite, Tally};
use crate::cargo;
use crate::install::{self, Tool};
use crate::workspace::Workspace;

pub(super) const SUITE: Suite = Suite {
    name: "fuzz",
    tools: &[Tool::new("g++", "g++")],
    packages: &[],
    runs_without_tools: false,
    by_default: true,
    run,
};

const CARGO_FUZZ: &str = "0.13.2";

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let fuzz = Fuzz::new(run.workspace);
    if run.has_tools {
        fuzz.install()?;
    } else if !fuzz.is_installed() {
        let reason = "cargo-fuzz is missing".to_owned();
        tally.note("fuzz", Outcome::Skipped(reason));
        return Ok(());
    }
    fuzz.build()?;
    let seconds = Extent::from_environment().choose(8, 180);
    let mut executions = 0;
    for target in fuzz.targets()? {
        let found = fuzz.run(&target, seconds)?;
        executions += found.unwrap_or_default();
        let outcome = found.map_or(Outcome::Failed, |_| Outcome::Passed);
        tally.note(&format!("fuzz::{target}"), outcome);
    }
    proof::tell("fuzz", &[("fuzz executions", executions)]);
    Ok(())
}

/// cargo-fuzz, in a folder of its own, and what it makes.
struct Fuzz {
    root: PathBuf,
    tool: PathBuf,
    made: PathBuf,
}

impl Fuzz {
    fn new(workspace: &Workspace) -> Self {
        Self {
            root: workspace.root.clone(),
            tool: workspace.target.join("tools/cargo-fuzz"),
            made: workspace.target.join("fuzz"),
        }
    }

    fn program(&self) -> PathBuf {
        self.tool.join("bin/cargo-fuzz")
    }

    fn is_installed(&self) -> bool {
        self.program().is_file()
    }

    fn install(&self) -> Result<()> {
        if self.is_installed() {
            return Ok(());
        }
        let mut command = cargo::command();
        command
            .args(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ])
            .arg("--root")
            .arg(&self.tool);
        install::succeed(&mut command)
    }

    /// The names of the files in `fuzz/fuzz_targets`.
    fn targets(&self) -> Result<Vec<String>> {
        let mut targets = Vec::new();
        for entry in fs::read_dir(self.root.join("fuzz/fuzz_targets"))? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            targets.extend(name.map(str::to_owned));
        }
        targets.sort();
        Ok(targets)
    }

    fn build(&self) -> Result<()> {
        install::succeed(&mut self.cargo_fuzz("build"))
    }

    /// How often the target was run, or nothing where it found something.
    fn run(&self, target: &str, seconds: u32) -> Result<Option<u64>> {
        // What is found on the way is kept there; the inputs of the project stay as they are.
        let found = self.made.join("corpus").join(target);
        fs::create_dir_all(&found)?;
        let output = self
            .cargo_fuzz("run")
            .arg(target)
            .arg(&found)
            .arg(self.root.join("fuzz/corpus").join(target))
            .args(["--", "-seed=1", "-print_final_stats=1", "-timeout=10"])
            .arg(format!("-max_total_time={seconds}"))
            .output()?;
        let log = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            return Ok(Some(executions(&log)?));
        }
        eprint!("{log}");
        Ok(None)
    }

    fn cargo_fuzz(&self, task: &str) -> Command {
        let mut command = Command::new(self.program());
        cargo::forget_package(&mut command);
        command
            .arg(task)
            .arg("--target-dir")
            .arg(&self.made)
            .current_dir(&self.root)
            // The sanitizers are behind options that stable compilers have, and hide.
            .env("RUSTC_BOOTSTRAP", "1");
        command
    }
}

fn executions(log: &str) -> Result<u64> {
    let figure = log
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .ok_or("the fuzzer doesn't say how often it ran")?;
    Ok(figure.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_target_has_a_corpus_to_begin_with() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let fuzz = Fuzz {
            tool: root.join("tools"),
            made: root.join("made"),
            root,
        };
        let targets = fuzz.targets().unwrap();
        assert!(targets.len() >= 9, "{targets:?}");
        for target in targets {
            let corpus = fuzz.root.join("fuzz/corpus").join(&target);
            let inputs = fs::read_dir(&corpus).map(Iterator::count).unwrap_or(0);
            assert!(inputs > 0, "{}", corpus.display());
        }
    }

    #[test]
    fn the_number_of_runs_is_read() {
        let log = "#2 INITED\nstat::number_of_executed_units: 4711\nstat::peak_rss_mb: 38\n";
        assert_eq!(executions(log).unwrap(), 4711);
        assert!(executions("crashed").is_err());
    }
}
