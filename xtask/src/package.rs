//! `cargo xtask package`: what apps install.

mod android;
mod ios;
mod needs;
mod npm;
mod plan;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::workspace::Workspace;
pub(crate) use android::functions;
use needs::{Machine, Need, ThisMachine};
use plan::Plan;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The crate of the bindings, and its library's name.
const CRATE: &str = "live-updater-ffi";
/// What the library isn't built with otherwise: which source an app uses is known at run time.
const FEATURES: &str = "capgo";
const LIBRARY: &str = "live_updater_ffi";
/// Cargo's profile for what goes into apps.
const PROFILE: &str = "mobile";

/// Build what apps install: libraries for Android and iOS, and the package for npm.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask package android --dry-run
  cargo xtask package npm --without-native")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    package: Package,

    /// Only print the commands, as a shell takes them
    #[arg(long, global = true)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum Package {
    /// Libraries for arm64-v8a, armeabi-v7a and x86_64, in android/src/main/jniLibs
    Android,
    /// A framework for devices and simulators, in ios/Frameworks
    Ios,
    /// The tarball that `npm publish` would send, with the two above in it
    Npm(npm::Arguments),
}

impl Package {
    fn needs(&self) -> Vec<Need> {
        match self {
            Self::Android => android::needs(),
            Self::Ios => ios::needs(),
            Self::Npm(_) => vec![Need::Npm],
        }
    }

    fn plan(&self, workspace: &Workspace) -> Result<Plan> {
        Ok(match self {
            Self::Android => android::plan(),
            Self::Ios => ios::plan(workspace)?,
            Self::Npm(_) => npm::plan(),
        })
    }

    /// Holds what was made against what apps need.
    fn check(&self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Android => android::check(workspace),
            Self::Ios => ios::check(workspace),
            Self::Npm(arguments) => npm::check(workspace, arguments),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    make(
        &arguments.package,
        arguments.dry_run,
        &workspace,
        &ThisMachine,
    )?;
    Ok(ExitCode::SUCCESS)
}

fn make(
    package: &Package,
    is_dry_run: bool,
    workspace: &Workspace,
    machine: &dyn Machine,
) -> Result<()> {
    let plan = package.plan(workspace)?;
    if is_dry_run {
        print!("{plan}");
        return Ok(());
    }
    needs::check(&package.needs(), machine)?;
    if let Package::Npm(arguments) = package {
        // A tarball without them would be made just as well.
        npm::check_libraries(workspace, arguments)?;
    }
    plan.run(&workspace.root)?;
    package.check(workspace)
}

#[cfg(test)]
mod tests;
