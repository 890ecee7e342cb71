//! The command `live-updater`: what a developer does around bundles.
#![forbid(unsafe_code)]

mod bundle;
mod demo;
mod device;
mod doctor;
mod inspect;
mod keygen;
mod mock;
mod output;
mod pack;
mod serve;
mod service;
mod sign;
mod statement;
mod stores;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::output::{Failure, Output};

/// Makes, signs and publishes bundles of web files for live updates, and serves them.
#[derive(Debug, Parser)]
#[command(name = "live-updater", version, after_help = EXIT_CODES)]
struct CommandLine {
    /// Print one JSON value on stdout, errors too, and no progress.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 it does not hold or could not be done, 2 the request makes no sense.

Example:
  live-updater keygen --out keys
  live-updater pack dist --version 1.2.3 --sign keys/live-updater.private.pem
  live-updater verify dist-1.2.3.zip --key keys/live-updater.public.pem";

#[derive(Debug, Subcommand)]
enum Command {
    Keygen(keygen::Arguments),
    Pack(pack::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
    Inspect(inspect::Arguments),
    Mock(mock::Arguments),
    Serve(serve::Arguments),
    Publish(Box<service::publish::Arguments>),
    Bundles(service::bundles::Arguments),
    Channel(service::channel::Arguments),
    Rollout(service::rollout::Arguments),
    Rollback(service::rollback::Arguments),
    Apps(service::apps::Arguments),
    Keys(service::keys::Arguments),
    Organisations(service::organisations::Arguments),
    Doctor(doctor::Arguments),
    Device(device::Arguments),
    Demo(demo::Arguments),
}

impl Command {
    fn run(self, output: &Output) -> Result<(), Failure> {
        match self {
            Self::Keygen(arguments) => keygen::run(&arguments, output),
            Self::Pack(arguments) => pack::run(&arguments, output),
            Self::Sign(arguments) => sign::run(&arguments, output),
            Self::Verify(arguments) => verify::run(&arguments, output),
            Self::Inspect(arguments) => inspect::run(&arguments, output),
            Self::Mock(arguments) => mock::run(&arguments, output),
            Self::Serve(arguments) => serve::run(&arguments, output),
            Self::Publish(arguments) => service::publish::run(&arguments, output),
            Self::Bundles(arguments) => service::bundles::run(&arguments, output),
            Self::Channel(arguments) => service::channel::run(&arguments, output),
            Self::Rollout(arguments) => service::rollout::run(&arguments, output),
            Self::Rollback(arguments) => service::rollback::run(&arguments, output),
            Self::Apps(arguments) => service::apps::run(&arguments, output),
            Self::Keys(arguments) => service::keys::run(&arguments, output),
            Self::Organisations(arguments) => service::organisations::run(&arguments, output),
            Self::Doctor(arguments) => doctor::run(&arguments, output),
            Self::Device(arguments) => device::run(&arguments, output),
            Self::Demo(arguments) => demo::run(&arguments, output),
        }
    }
}

fn main() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => return output::usage(&error),
    };
    let output = Output::new(command_line.json);
    match command_line.command.run(&output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure),
    }
}
