//! `cargo xtask bench`: measures what the README promises, and writes `docs/benchmarks.md`.

mod chart;
mod device;
mod launch;
mod memory;
mod pipeline;
mod program;
mod report;
mod series;
mod server;
mod service;
mod size;
mod sync;
mod workload;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use clap::{Args, ValueEnum};

use program::Program;
use report::Section;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measure how fast and how small the updater is, and write it into docs/benchmarks.md.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  cargo xtask bench
  cargo xtask bench sync --runs 15

It needs curl, sha256sum, openssl, unzip, sync, strip and gzip, about 8 GB of disk below target/, and a machine
that does nothing else. The real web app is measured where `cargo xtask test --install` has
fetched it.")]
pub(crate) struct Arguments {
    /// What to measure; everything by default
    #[arg(value_enum)]
    topics: Vec<Topic>,

    /// How often; each topic has a default of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Topic {
    /// A sync beside the pipeline that people would script
    Sync,
    /// A launch beside a bare read of the same files
    Launch,
    /// The most memory that a device needs
    Memory,
    /// The update service under load
    Server,
    /// How large the library is that apps get, and what takes it
    Size,
}

impl Topic {
    const ALL: [Self; 5] = [
        Self::Sync,
        Self::Launch,
        Self::Memory,
        Self::Size,
        Self::Server,
    ];

    /// Names its section and its chart.
    fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Launch => "launch",
            Self::Memory => "memory",
            Self::Size => "size",
            Self::Server => "server",
        }
    }

    fn measure(self, bench: &Bench, runs: Option<u32>) -> Result<Section> {
        match self {
            Self::Sync => sync::measure(bench, runs.unwrap_or(7)),
            Self::Launch => launch::measure(bench, runs.unwrap_or(500)),
            Self::Memory => memory::measure(bench, runs.unwrap_or(3)),
            Self::Size => size::measure(bench, runs.unwrap_or(7)),
            Self::Server => service::measure(bench, runs.unwrap_or(20)),
        }
    }
}

/// Where things lie, and the program that is measured.
struct Bench {
    project: PathBuf,
    program: Program,
    /// Bundles, kept between runs.
    workloads: PathBuf,
    /// Everything that a run makes. It is deleted when all is measured: for minutes after many
    /// files were deleted, ext4 makes new ones several times slower.
    scratch: PathBuf,
}

impl Bench {
    fn new() -> Result<Self> {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("the project has no folder")?
            .to_owned();
        let target = project.join("target/bench");
        let scratch = target.join(format!("run-{}", std::process::id()));
        fs::create_dir_all(&scratch)?;
        Ok(Self {
            program: Program::build()?,
            workloads: target.join("workloads"),
            scratch,
            project,
        })
    }

    /// A folder that nobody has used yet.
    fn fresh(&self, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let bench = Bench::new()?;
    let started = Instant::now();
    let topics = if arguments.topics.is_empty() {
        &Topic::ALL[..]
    } else {
        &arguments.topics
    };
    let measured = topics.iter().try_for_each(|topic| {
        let section = topic.measure(&bench, arguments.runs)?;
        println!("\n{}", section.text);
        report::write(&bench.project, &section)
    });
    say(&format!(
        "measured in {:.0} s; deleting",
        started.elapsed().as_secs_f64()
    ));
    delete(&bench.scratch)?;
    measured
}

/// Where the file system discards what it frees, each file takes milliseconds: many at once.
fn delete(folder: &Path) -> Result<()> {
    let mut folders = Vec::new();
    for outer in fs::read_dir(folder)? {
        for inner in fs::read_dir(outer?.path())? {
            folders.push(inner?.path());
        }
    }
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(path) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // What is no folder, or stays behind, goes with the rest below.
                    let _ = fs::remove_dir_all(path);
                }
            });
        }
    });
    Ok(fs::remove_dir_all(folder)?)
}

fn say(what: &str) {
    eprintln!("{what} …");
}
