//! Runs all tests, and tells which of them couldn't run here.

mod tally;

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};

use clap::Args;

use crate::cargo;
use crate::install;
use crate::workspace::Workspace;
use tally::Tally;

/// Run all tests; those whose tools are missing are skipped and listed at the end.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// First install what the interop tests need (nginx, openssl, node packages …). Then nothing
    /// is skipped for a missing tool.
    #[arg(long)]
    install: bool,

    /// Further arguments of `cargo test`, such as a part of the tests' names.
    #[arg(last = true, value_name = "ARGUMENTS")]
    cargo: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let workspace = Workspace::find()?;
    if arguments.install {
        install::install(&workspace)?;
    }
    // Tests append a line each to this file where they lack something.
    let skipped = workspace.interop().join("skipped.txt");
    fs::create_dir_all(workspace.interop())?;
    fs::write(&skipped, "")?;

    let mut command = cargo::command();
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(&arguments.cargo)
        .current_dir(&workspace.root)
        .env("LIVE_UPDATER_SKIPPED", &skipped)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if arguments.install {
        command.env("LIVE_UPDATER_REQUIRE_TOOLS", "1");
    }
    let mut tests = command.spawn()?;
    let mut tally = Tally::default();
    if let Some(stdout) = tests.stdout.take() {
        read_along(BufReader::new(stdout), &mut tally)?;
    }
    let status = tests.wait()?;
    for line in fs::read_to_string(&skipped)?.lines() {
        tally.note_skipped(line);
    }

    print!("\n{tally}");
    if tally.has_skipped() && !arguments.install {
        println!("`cargo xtask test --install` installs what the interop tests need");
    }
    println!("{}", tally.total());
    if !status.success() || tally.failed() > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if tally.is_empty() {
        return Err("no test ran".into());
    }
    Ok(ExitCode::SUCCESS)
}

/// Passes on what the tests print, line by line, and counts.
fn read_along(mut stdout: impl BufRead, tally: &mut Tally) -> io::Result<()> {
    let mut line = Vec::new();
    while stdout.read_until(b'\n', &mut line)? > 0 {
        io::stdout().write_all(&line)?;
        tally.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}
