//! The update service under load: checks from a process of its own, downloads beside them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::chart::{Bar, Chart, Group};
use super::report::Section;
use super::series::Series;
use super::workload::{Bundle, Part, Shape};
use super::{Bench, Result, program, say};
use crate::service::Service;

const APP: &str = "com.example.app";
const VERSION: &str = "2.0.0";
/// A bundle as large as web apps are.
const SHAPE: Shape = Shape {
    name: "made-up-8mb",
    text: Part {
        files: 60,
        bytes: 4_000_000,
    },
    noise: Part {
        files: 40,
        bytes: 7_000_000,
    },
};
/// A little over the 5,000 a second that are to be answered: a run counts until its last answer.
const RATE: u32 = 5_100;
const CONNECTIONS: u32 = 64;
const DOWNLOADS: u32 = 20;
const DOWNLOAD_RATE: u32 = 1_000_000;
/// Length of one run; all follow each other on one service.
const SECONDS: u32 = 30;
const LIMIT_MS: f64 = 20.0;

pub(super) fn measure(bench: &Bench, runs: u32) -> Result<Section> {
    let bundle = Bundle::make(bench, &SHAPE)?;
    let generator = program::load_generator()?;
    let service = Asked::start(&bench.program.command, &bench.fresh("service")?)?;
    let file = service.offer(&bundle)?;
    let mut windows = Vec::new();
    for run in 1..=runs {
        say(&format!("server: run {run} of {runs}, {SECONDS} s"));
        windows.push(Window {
            told: service.load(&generator, RATE, &file)?,
            memory_mb: service.memory_mb()?,
        });
    }
    say("server: as many checks as it answers");
    let most = service.load(&generator, 0, &file)?;
    let p50 = series(&windows, |window| window.number("/milliseconds/p50"));
    let p99 = series(&windows, |window| window.number("/milliseconds/p99"));
    let bars = vec![
        Bar::new("half of the answers", &p50, true),
        Bar::new("99 of 100 answers", &p99, true),
    ];
    Ok(Section {
        name: "server",
        title: "Server",
        text: tell(&windows, &most, &bundle)?,
        chart: Chart {
            title: "Answers to 5,100 checks a second, until they are there",
            unit: "ms",
            limit: Some(LIMIT_MS),
            groups: vec![Group {
                title: format!("{CONNECTIONS} connections, {DOWNLOADS} downloads beside them"),
                bars,
            }],
        },
    })
}

/// What one run came to.
struct Window {
    told: Value,
    memory_mb: f64,
}

impl Window {
    fn number(&self, place: &str) -> f64 {
        number(&self.told, place)
    }
}

/// The service, with what is asked of it.
struct Asked(Service);

impl Asked {
    fn start(command: &Path, data: &Path) -> Result<Self> {
        // All checks come from one address, and from devices that ask more often than real ones.
        let options = ["--device-requests-per-minute", "100000"];
        Ok(Self(Service::start(command, data, &options)?))
    }

    /// Uploads a bundle and gives it to all devices; the path to download it from.
    fn offer(&self, bundle: &Bundle) -> Result<String> {
        let zip = format!("@{}", bundle.zip.display());
        let path = format!("/api/v1/apps/{APP}/bundles/{VERSION}");
        self.0.ask(
            &self.0.key,
            &path,
            &["--request", "PUT", "--data-binary", &zip],
        )?;
        let path = format!("/api/v1/apps/{APP}/channels/production/releases");
        let body = json!({ "version": VERSION }).to_string();
        self.0.ask(&self.0.key, &path, &["--data", &body])?;
        Ok(format!("/files/{}.zip", bundle.sha256))
    }

    fn load(&self, generator: &Path, rate: u32, file: &str) -> Result<Value> {
        let output = Command::new(generator)
            .args(["--address", &self.0.address, "--app", APP])
            .args(["--rate", &rate.to_string()])
            .args(["--connections", &CONNECTIONS.to_string()])
            .args(["--seconds", &SECONDS.to_string()])
            .args(["--downloads", &DOWNLOADS.to_string()])
            .args(["--download-rate", &DOWNLOAD_RATE.to_string()])
            .args(["--download", file])
            .stderr(Stdio::inherit())
            .output()?;
        match output.status.success() {
            true => Ok(serde_json::from_slice(&output.stdout)?),
            false => Err("the load generator failed".into()),
        }
    }

    /// What the process holds now, and not its peak: the question is whether it grows.
    fn memory_mb(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.process_id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().split(' ').next());
        Ok(kilobytes.ok_or("no VmRSS")?.parse::<f64>()? / 1_024.0)
    }
}

fn tell(windows: &[Window], most: &Value, bundle: &Bundle) -> Result<String> {
    let mut text = format!(
        "`live-updater serve` with its defaults, built for release, asked by another process that \
         has one thread, on the same machine: {RATE} checks a second over {CONNECTIONS} \
         connections by 200,000 devices in turn, each at a time fixed beforehand, from which its \
         answer's time counts; beside it {DOWNLOADS} downloads of a bundle of {} bytes, \
         {DOWNLOAD_RATE} bytes a second each. {} runs of {SECONDS} s follow each other. The budget \
         is 99 of 100 answers within {LIMIT_MS} ms, and memory that doesn't grow.\n\n\
         | | median | min | max |\n|---|---:|---:|---:|\n",
        bundle.size,
        windows.len(),
    );
    let rows = [
        ("checks a second", "/per_second"),
        ("half of the answers within, ms", "/milliseconds/p50"),
        ("99 of 100 within, ms", "/milliseconds/p99"),
        ("999 of 1,000 within, ms", "/milliseconds/p999"),
        ("the slowest, ms", "/milliseconds/max"),
    ];
    for (name, place) in rows {
        let figures = series(windows, |window| window.number(place));
        row(&mut text, name, &figures)?;
    }
    let downloaded = series(windows, |window| {
        window.number("/downloaded_bytes") / f64::from(SECONDS) / f64::from(DOWNLOADS) / 1e6
    });
    row(&mut text, "a download, MB a second", &downloaded)?;
    row(
        &mut text,
        "memory after a run, MB",
        &series(windows, |window| window.memory_mb),
    )?;
    let failures: f64 = windows
        .iter()
        .map(|window| window.number("/failures") + window.number("/download_failures"))
        .sum();
    let (first, last) = (windows.first(), windows.last());
    let memory = |window: Option<&Window>| window.map_or(0.0, |window| window.memory_mb);
    write!(
        text,
        "\n{failures} failures. Memory: {:.1} MB after the first run, {:.1} MB after the last. Asked \
         for as much as it can, it answers {:.0} checks a second, 99 of 100 within {:.1} ms.",
        memory(first),
        memory(last),
        number(most, "/per_second"),
        number(most, "/milliseconds/p99"),
    )?;
    Ok(text)
}

fn row(text: &mut String, name: &str, figures: &Series) -> Result<()> {
    Ok(writeln!(
        text,
        "| {name} | {:.2} | {:.2} | {:.2} |",
        figures.median(),
        figures.min(),
        figures.max()
    )?)
}

fn series(windows: &[Window], figure: impl Fn(&Window) -> f64) -> Series {
    windows.iter().map(figure).collect()
}

fn number(told: &Value, place: &str) -> f64 {
    told.pointer(place)
        .and_then(Value::as_f64)
        .unwrap_or(f64::NAN)
}
