//! `cargo xtask demo`: builds the command `live-updater` and runs its demo.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::cargo;

/// Build live-updater and see it update an app over a bad network, and take a bad release back.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "\
Examples:
  cargo xtask demo
  cargo xtask demo --bundle path/to/dist
  cargo xtask demo --help"
)]
pub(crate) struct Arguments {
    /// What `live-updater demo` is given
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Becomes the demo; comes back only where that fails.
pub(crate) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    // In this program's own profile, so that it lies beside it. Dependencies are optimised there,
    // and the tests need the same build.
    let built = cargo::command()
        .args(["build", "--package", "live-updater-cli"])
        .args(["--bin", "live-updater"])
        .status()?;
    if !built.success() {
        // Cargo has said why.
        return Ok(ExitCode::FAILURE);
    }
    let program = std::env::current_exe()?.with_file_name("live-updater");
    Err(Command::new(program)
        .arg("demo")
        .args(&arguments.arguments)
        .exec())
}
