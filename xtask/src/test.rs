//! Runs all tests, and tells which of them couldn't run here.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::suites::{Run, SUITES, Suite, Tally};
use crate::workspace::Workspace;

/// Run all tests; those whose tools are missing are skipped and listed at the end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask test
  cargo xtask test rust -- --package live-updater launch
  cargo xtask test --install")]
pub(crate) struct Arguments {
    /// Which suites to run; all that need no other system's toolchain by default
    #[arg(value_name = "SUITE", value_parser = PossibleValuesParser::new(SUITES.map(|suite| suite.name)))]
    suites: Vec<String>,

    /// First install what the suites need (nginx, openssl, a JDK, node packages …). Then nothing
    /// is skipped for a missing tool.
    #[arg(long)]
    install: bool,

    /// Further arguments of `cargo test`, such as a part of the tests' names
    #[arg(last = true, value_name = "ARGUMENTS")]
    cargo: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let workspace = Workspace::find()?;
    let suites: Vec<_> = SUITES
        .iter()
        .filter(|suite| is_wanted(suite, &arguments.suites))
        .collect();
    if arguments.install {
        suites
            .iter()
            .try_for_each(|suite| suite.install(&workspace))?;
    }
    let run = Run {
        workspace: &workspace,
        has_tools: arguments.install,
        cargo: &arguments.cargo,
    };
    let mut tally = Tally::default();
    for suite in suites {
        suite.run(&run, &mut tally);
    }

    print!("\n{tally}");
    if tally.has_skipped() && !arguments.install {
        println!("`cargo xtask test --install` installs what the tests need");
    }
    println!("{}", tally.total());
    if tally.failed() > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if tally.is_empty() {
        return Err("no test ran".into());
    }
    Ok(ExitCode::SUCCESS)
}

fn is_wanted(suite: &Suite, names: &[String]) -> bool {
    if names.is_empty() {
        return suite.by_default;
    }
    names.iter().any(|name| name == suite.name)
}
