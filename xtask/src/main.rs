//! What the project does with itself: `cargo xtask …`.

mod cargo;
mod demo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What the project does with itself.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Demo(demo::Arguments),
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().task {
        Task::Demo(arguments) => demo::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
