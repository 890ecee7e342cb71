//! The library as apps get it: its size, what takes it, and what smaller costs in time.

mod parts;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::chart::{Bar, Chart, Group};
use super::program::Program;
use super::report::Section;
use super::series::Series;
use super::server::Server;
use super::sync::MADE_UP;
use super::workload::Bundle;
use super::{Bench, Result, device, pipeline, say};
use crate::page::grouped;

/// What phones download and keep of it at most.
const MOST_BYTES: u64 = 3_200_000;
const MOST_GZIPPED: u64 = 1_600_000;

const FILE: &str = "liblive_updater_ffi.so";

const VERSION: &str = "2.0.0";

/// A way to build it: what differs from the profile `mobile`.
struct Variant {
    name: &'static str,
    settings: &'static [&'static str],
    features: &'static str,
    linker: &'static [&'static str],
}

const VARIANTS: [Variant; 7] = [
    Variant::new("without features", &[]),
    Variant {
        features: "capgo",
        ..Variant::new("with Capgo's protocol, as packages for phones have it", &[])
    },
    Variant::new("`opt-level = \"s\"`", &["profile.mobile.opt-level=\"s\""]),
    Variant::new("`opt-level = 3`", &["profile.mobile.opt-level=3"]),
    Variant::new(HOT, &HOT_SETTINGS),
    Variant::new(
        "`panic = \"abort\"`, which would end the app",
        &["profile.mobile.panic=\"abort\""],
    ),
    Variant {
        features: "capgo",
        linker: &["-Wl,--icf=all"],
        ..Variant::new(
            "with Capgo's protocol, linked with the options for Android",
            &[],
        )
    },
];

const HOT: &str = "hashes, signatures and inflate with `opt-level = 3`";
const HOT_SETTINGS: [&str; 4] = [
    "profile.mobile.package.sha2.opt-level=3",
    "profile.mobile.package.zlib-rs.opt-level=3",
    "profile.mobile.package.curve25519-dalek.opt-level=3",
    "profile.mobile.package.ring.opt-level=3",
];

/// What a sync is timed with.
const PROFILES: [(&str, &[&str]); 3] = [
    ("profile `release`", &["--profile", "release"]),
    ("profile `mobile`", &["--profile", "mobile"]),
    (
        HOT,
        &[
            "--profile",
            "mobile",
            "--config",
            HOT_SETTINGS[0],
            "--config",
            HOT_SETTINGS[1],
            "--config",
            HOT_SETTINGS[2],
            "--config",
            HOT_SETTINGS[3],
        ],
    ),
];

impl Variant {
    const fn new(name: &'static str, settings: &'static [&'static str]) -> Self {
        Self {
            name,
            settings,
            features: "",
            linker: &[],
        }
    }

    /// Builds it with its symbols.
    fn build(&self, bench: &Bench) -> Result<PathBuf> {
        say(&format!("building the library: {}", self.name));
        let mut cargo = crate::cargo::command();
        cargo
            .args([
                "rustc",
                "--quiet",
                "--locked",
                "--package",
                "live-updater-ffi",
                "--lib",
            ])
            .args(["--crate-type", "cdylib", "--profile", "mobile"])
            .args(["--features", self.features])
            .args(["--message-format", "json"])
            .args(["--config", "profile.mobile.strip=\"none\""])
            .stderr(Stdio::inherit());
        for setting in self.settings {
            cargo.args(["--config", setting]);
        }
        cargo.arg("--");
        for option in self.linker {
            cargo.arg(format!("-Clink-arg={option}"));
        }
        let output = cargo.output()?;
        if !output.status.success() {
            return Err(format!("the library could not be built: {}", self.name).into());
        }
        let library = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|message| Some(PathBuf::from(message["filenames"][0].as_str()?)))
            // Macros are libraries too.
            .find(|path| path.ends_with(FILE))
            .ok_or("cargo made no library")?;
        // The next variant takes its place.
        let kept = bench.fresh("size")?.join("library.so");
        fs::copy(library, &kept)?;
        Ok(kept)
    }
}

struct Size {
    bytes: u64,
    gzipped: u64,
}

impl Size {
    fn of(library: &Path) -> Result<Self> {
        let stripped = library.with_extension("stripped");
        let status = Command::new("strip")
            .arg("-o")
            .args([&stripped, library])
            .status()?;
        if !status.success() {
            return Err(format!("strip: {status}").into());
        }
        let gzipped = Command::new("gzip").arg("-9c").arg(&stripped).output()?;
        Ok(Self {
            bytes: fs::metadata(&stripped)?.len(),
            gzipped: gzipped.stdout.len() as u64,
        })
    }
}

pub(super) fn measure(bench: &Bench, runs: u32) -> Result<Section> {
    let mut text = format!(
        "The stripped library `live_updater_ffi`, with HTTP, TLS and every algorithm, for this \
         machine. The budget is {} bytes, and {} after `gzip -9`.\n\n\
         | built | bytes | `gzip -9` |\n|---|---:|---:|\n",
        grouped(MOST_BYTES),
        grouped(MOST_GZIPPED)
    );
    let mut bars = Vec::new();
    let mut made_of = String::new();
    for (number, variant) in VARIANTS.iter().enumerate() {
        let library = variant.build(bench)?;
        let size = Size::of(&library)?;
        let (bytes, gzipped) = (grouped(size.bytes), grouped(size.gzipped));
        writeln!(text, "| {} | {bytes} | {gzipped} |", variant.name)?;
        let mut figure = Series::default();
        figure.push(size.bytes as f64 / 1e6);
        bars.push(Bar::new(
            &variant.name.replace('`', ""),
            &figure,
            number == 0,
        ));
        if number == 0 {
            made_of = parts::describe(&library)?;
        }
    }
    write!(text, "\n{made_of}\n{}", speed(bench, runs)?)?;
    Ok(Section {
        name: "size",
        title: "Size",
        text,
        chart: Chart {
            title: "The stripped library",
            unit: "MB",
            limit: Some(MOST_BYTES as f64 / 1e6),
            groups: vec![Group {
                title: "MB".to_owned(),
                bars,
            }],
        },
    })
}

/// A sync of a large app, without signature, with each of the profiles in turn.
fn speed(bench: &Bench, runs: u32) -> Result<String> {
    let bundle = Bundle::make(bench, &MADE_UP)?;
    let scratch = bench.fresh("size-speed")?;
    bundle.offer(&scratch.join("served"), VERSION)?;
    let server = Server::start(&bench.program, &scratch.join("served"))?;
    let config = device::config(&server.url, &serde_json::json!({"mode": "unsigned"}));
    let programs = PROFILES
        .iter()
        .map(|(_, arguments)| Program::device(arguments))
        .collect::<Result<Vec<_>>>()?;
    let mut times: Vec<_> = PROFILES.iter().map(|_| Series::default()).collect();
    say("timing a sync with each");
    for run in 0..=runs {
        for (number, program) in programs.iter().enumerate() {
            pipeline::settle(bench)?;
            let root = scratch.join(format!("device-{number}-{run}"));
            let cost = device::sync_by(program, &root, &config)?;
            if run > 0 {
                times[number].push(cost.sync_ms);
            }
        }
    }
    let mut text = format!(
        "What small costs: a `sync` of the {}, without signature, {runs} times each.\n\n\
         | built | median | min | max |\n|---|---:|---:|---:|\n",
        bundle.describe()
    );
    for ((name, _), times) in PROFILES.iter().zip(&times) {
        writeln!(
            text,
            "| {name} | {:.0} ms | {:.0} ms | {:.0} ms |",
            times.median(),
            times.min(),
            times.max()
        )?;
    }
    Ok(text)
}
