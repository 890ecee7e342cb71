//! What the project does with itself: `cargo xtask …`.
#![forbid(unsafe_code)]

mod bench;
mod bindings;
mod cargo;
mod chroot;
mod demo;
mod elf;
mod install;
#[cfg(test)]
mod licenses;
mod machine;
mod native;
mod package;
mod page;
mod prove;
mod service;
mod suites;
mod test;
mod workspace;

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
    Test(test::Arguments),
    Bench(bench::Arguments),
    Bindings(bindings::Arguments),
    Package(package::Arguments),
    Prove(prove::Arguments),
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().task {
        Task::Demo(arguments) => demo::run(&arguments).map_err(Into::into),
        Task::Test(arguments) => test::run(&arguments),
        Task::Bindings(arguments) => bindings::run(&arguments),
        Task::Package(arguments) => package::run(&arguments),
        Task::Prove(arguments) => prove::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
