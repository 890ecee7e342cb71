//! `live-updater demo`: an update's whole way, over a bad network and past a bad release.

mod app;
mod evidence;
mod page;
mod play;
mod postcards;
mod stage;
mod table;
mod workshop;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use tempfile::TempDir;

use self::app::App;
use self::evidence::Observations;
use self::play::Cast;
use self::stage::{Paint, Stage};
use self::table::Report;
use self::workshop::Workshop;
use crate::output::{Failure, Output, human};

/// The versions of the app: in the store's package, a good update, and a bad one.
const BUILTIN_VERSION: &str = "1.0.0";
const GOOD_VERSION: &str = "2.0.0";
const BAD_VERSION: &str = "3.0.0";

const EXAMPLE: &str = "\
Examples:
  live-updater demo
  live-updater demo --bundle path/to/dist
  live-updater demo --bundle app-1.2.3.zip --keep /tmp/demo

Nothing in it is played: a real server, a real device process, real bytes. Every line of the table
at its end is computed from the server's log, the device's answers and the files on the disk.
Exit code 0: all of it holds. 1: something does not. 2: the demo makes no sense with this bundle.";

/// See an app update itself over a bad network, and take a bad update back.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// Update to your own app: the folder that its web build writes, or a zip of it
    #[arg(long, value_name = "DIR_OR_ZIP")]
    bundle: Option<PathBuf>,

    /// Keep all that is made (apps, keys, bundles, devices) in this folder, a new or an empty one
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    /// No colours, also on a terminal
    #[arg(long)]
    no_color: bool,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let report = perform(arguments, output)?;
    output.result(&report)?;
    if report.holds {
        return Ok(());
    }
    // The table has said what doesn't hold: an error beside it would be one value too many.
    std::process::exit(1)
}

fn perform(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let began = Instant::now();
    let paint = Paint::new(arguments.no_color);
    let mut stage = Stage::new(output.is_json(), paint);
    let app = match &arguments.bundle {
        None => App::postcards(),
        Some(path) => App::own(path)?,
    };
    let place = Place::new(arguments.keep.as_deref())?;
    let workshop = Workshop::open(place.path(), output)?;
    let mut observations = Observations::default();
    let mut cast = Cast::assemble(&mut stage, &workshop, &app, &mut observations)?;
    let stopped = play::play(&mut cast, &mut observations);
    drop(cast);
    if let Place::Kept(path) = &place {
        stage.act("What was made", &[]);
        stage.say("kept", path.display());
    }
    Ok(Report::new(
        observations.rows(),
        stopped,
        began.elapsed(),
        paint,
    ))
}

/// Where the demo works.
#[derive(Debug)]
enum Place {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Place {
    fn new(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            return tempfile::Builder::new()
                .prefix("live-updater-demo-")
                .tempdir()
                .map(Self::Temporary)
                .map_err(|error| Failure::unwritable(&std::env::temp_dir(), &error));
        };
        fs::create_dir_all(path).map_err(|error| Failure::unwritable(path, &error))?;
        // An absolute one, since devices are told where they live.
        let path = fs::canonicalize(path).map_err(|error| Failure::unreadable(path, &error))?;
        let mut entries =
            fs::read_dir(&path).map_err(|error| Failure::unreadable(&path, &error))?;
        if entries.next().is_some() {
            let message = format!("{} is not empty: name a new folder", path.display());
            return Err(Failure::usage(message));
        }
        Ok(Self::Kept(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}
