//! `cargo xtask prove`: runs every proof to its end, and writes `docs/reliability.md`.

mod page;
mod proofs;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::PossibleValuesParser;
use proof::{Extent, FIGURES, Told};

use crate::cargo;
use crate::install;
use crate::suites::{Tally, run_tests};
use crate::workspace::Workspace;
use proofs::{PROOFS, Proof, Way};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Prove what the README promises, to the end, and write the figures into docs/reliability.md.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask prove
  cargo xtask prove power-cuts attacks

`cargo xtask test` runs a portion of each. All of it takes about an hour on two cores. Some proofs
need to trace or to mount (and so root), or a C++ compiler; --install gets the programs.")]
pub(crate) struct Arguments {
    /// Which proofs; all by default
    #[arg(value_name = "PROOF", value_parser = PossibleValuesParser::new(PROOFS.map(|proof| proof.name)))]
    proofs: Vec<String>,

    /// First install what the proofs need
    #[arg(long)]
    install: bool,
}

/// What a proof came to.
struct Outcome {
    /// By their names; what is told twice is added up.
    figures: BTreeMap<String, u64>,
    took: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let names = &arguments.proofs;
    let wanted = |proof: &&Proof| names.is_empty() || names.iter().any(|name| name == proof.name);
    let mut failed = Vec::new();
    for proof in PROOFS.iter().filter(wanted) {
        if arguments.install {
            install::install_tools(proof.tools)?;
        }
        println!("\n== {}: {}", proof.name, proof.title);
        match prove(proof, &workspace)? {
            Some(outcome) => page::write(&workspace.root, proof, &outcome)?,
            None => failed.push(proof.name),
        }
    }
    if failed.is_empty() {
        println!("\ndocs/reliability.md is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nfailed, and not written down: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Runs a proof; nothing where it doesn't hold.
///
/// # Errors
///
/// It can't be run, or none of its tests ran.
fn prove(proof: &Proof, workspace: &Workspace) -> Result<Option<Outcome>> {
    // Others may prove something at the same time.
    let name = format!("figures-{}.jsonl", std::process::id());
    let told = workspace.target.join(name);
    fs::write(&told, "")?;
    let start = Instant::now();
    let mut tally = Tally::default();
    for mut command in commands(&proof.way)? {
        command
            .current_dir(&workspace.root)
            .env(Extent::VARIABLE, "full")
            .env(FIGURES, &told)
            .env("LIVE_UPDATER_REQUIRE_TOOLS", "1");
        run_tests(&mut command, &mut tally)?;
    }
    if tally.is_empty() {
        return Err(format!("{}: no test ran", proof.name).into());
    }
    print!("{tally}");
    let mut figures = sum(&told)?;
    fs::remove_file(&told)?;
    figures.insert("tests".to_owned(), tally.passed() as u64);
    let outcome = Outcome {
        figures,
        took: start.elapsed(),
    };
    Ok((tally.failed() == 0).then_some(outcome))
}

fn commands(way: &Way) -> Result<Vec<Command>> {
    match way {
        Way::Tests(runs) => Ok(runs
            .iter()
            .map(|arguments| {
                let mut command = cargo::command();
                command
                    .args(["test", "--release", "--no-fail-fast"])
                    .args(*arguments);
                command
            })
            .collect()),
        Way::Suite(name) => {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["test", name, "--install"]);
            Ok(vec![command])
        }
    }
}

fn sum(told: &Path) -> Result<BTreeMap<String, u64>> {
    let mut figures = BTreeMap::new();
    for line in fs::read_to_string(told)?.lines() {
        let told: Told = serde_json::from_str(line)?;
        for (name, figure) in told.figures {
            *figures.entry(name).or_default() += figure;
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_one_name_are_added_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures");
        fs::write(
            &path,
            "{\"proof\":\"a\",\"figures\":{\"kills\":2}}\n\
             {\"proof\":\"b\",\"figures\":{\"kills\":3,\"faults\":1}}\n",
        )
        .unwrap();
        let sum = sum(&path).unwrap();
        assert_eq!(sum["kills"], 5);
        assert_eq!(sum["faults"], 1);
    }
}
