//! A launch of a good bundle beside a bare read of the same files.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use device_process::Device;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chart::{Bar, Chart, Group};
use super::report::Section;
use super::series::Series;
use super::server::Server;
use super::workload::{Bundle, Part, Shape};
use super::{Bench, Result, device, say};

/// How many bundles the store holds.
const BUNDLES: usize = 10;
/// Turns that two stores take, so that what disturbs the machine disturbs both.
const TURNS: u32 = 10;
/// The first runs of a process warm it.
const WARM_UP: usize = 5;
/// A fresh process for so many runs in a warm one.
const RUNS_A_PROCESS: u32 = 10;
const LIMIT_RATIO: f64 = 10.0;

const SHAPES: [Shape; 2] = [
    Shape {
        name: "made-up-10-files",
        text: Part {
            files: 8,
            bytes: 200_000,
        },
        noise: Part {
            files: 2,
            bytes: 100_000,
        },
    },
    Shape {
        name: "made-up-5000-files",
        text: Part {
            files: 4_000,
            bytes: 12_000_000,
        },
        noise: Part {
            files: 1_000,
            bytes: 8_000_000,
        },
    },
];

pub(super) fn measure(bench: &Bench, runs: u32) -> Result<Section> {
    let mut stores = SHAPES
        .iter()
        .map(|shape| Store::prepare(bench, shape))
        .collect::<Result<Vec<_>>>()?;
    say("launching in warm processes");
    for _ in 0..TURNS {
        for store in &mut stores {
            let measured = store.drive(bench, runs.div_ceil(TURNS) as usize + WARM_UP)?;
            store.warm.extend(&measured, WARM_UP);
        }
    }
    say("launching in fresh processes");
    for _ in 0..runs.div_ceil(RUNS_A_PROCESS) {
        for store in &mut stores {
            let measured = store.drive(bench, 1)?;
            store.fresh.extend(&measured, 0);
        }
    }
    Ok(Section {
        name: "launch",
        title: "Launch",
        text: tell(&stores)?,
        chart: Chart {
            title: "Launch of a good bundle, 10 in the store, median",
            unit: "µs",
            limit: stores
                .first()
                .map(|store| (LIMIT_RATIO * store.warm.bare.median()).round()),
            groups: stores.iter().map(|store| store.warm.chart(store)).collect(),
        },
    })
}

/// A root with bundles that were all good once; the last of them runs.
struct Store {
    files: u64,
    state_bytes: u64,
    root: PathBuf,
    config: PathBuf,
    warm: Times,
    fresh: Times,
}

impl Store {
    fn prepare(bench: &Bench, last: &Shape) -> Result<Self> {
        let [small, _] = &SHAPES;
        let small = Bundle::make(bench, small)?;
        let last = Bundle::make(bench, last)?;
        say(&format!(
            "preparing a store, the last with {} files",
            last.files
        ));
        let folder = bench.fresh(&format!("launch-{}", last.files))?;
        let served = bench.fresh(&format!("launch-{}/served", last.files))?;
        let server = Server::start(&bench.program, &served)?;
        let mut config = device::config(&server.url, &json!({"mode": "unsigned"}));
        config["keepBundles"] = json!(BUNDLES);
        let root = folder.join("root");
        for number in 1..=BUNDLES {
            let bundle = if number == BUNDLES { &last } else { &small };
            bundle.offer(&served, &format!("2.0.{number}"))?;
            install(bench, &root, &config)?;
        }
        let path = folder.join("config.json");
        fs::write(&path, config.to_string())?;
        Ok(Self {
            files: last.files,
            state_bytes: 0,
            root,
            config: path,
            warm: Times::default(),
            fresh: Times::default(),
        })
    }

    fn drive(&mut self, bench: &Bench, runs: usize) -> Result<Vec<Run>> {
        let output = Command::new(&bench.program.launch_driver)
            .arg(&self.root)
            .arg(&self.config)
            .arg(runs.to_string())
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let runs = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect::<Result<Vec<Run>>>()?;
        self.state_bytes = runs.last().map_or(0, |run| run.state_bytes);
        Ok(runs)
    }
}

/// Fetches what is offered, starts it, and says that it works.
fn install(bench: &Bench, root: &Path, config: &Value) -> Result<()> {
    let device = || Device::new(&bench.program.command, root, config);
    let mut process = device().start()?;
    process.call("launch", json!({}))?;
    process.call("notifyAppReady", json!({}))?;
    process.call("sync", json!({}))?;
    process.close()?;
    let mut process = device().start()?;
    process.call("launch", json!({}))?;
    process.call("notifyAppReady", json!({}))?;
    process.call("flush", json!({}))?;
    process.close()?;
    Ok(())
}

/// One line of the driver, in nanoseconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    bare: f64,
    open: f64,
    launch: f64,
    state_bytes: u64,
}

/// In microseconds.
#[derive(Debug, Default)]
struct Times {
    bare: Series,
    open: Series,
    launch: Series,
    both: Series,
}

impl Times {
    fn extend(&mut self, runs: &[Run], skipped: usize) {
        for run in runs.iter().skip(skipped) {
            self.bare.push(run.bare / 1e3);
            self.open.push(run.open / 1e3);
            self.launch.push(run.launch / 1e3);
            self.both.push((run.open + run.launch) / 1e3);
        }
    }

    fn rows(&self) -> [(&'static str, &Series); 4] {
        [
            ("bare read of the state", &self.bare),
            ("`open()`", &self.open),
            ("`launch()`", &self.launch),
            ("`open()` and `launch()`", &self.both),
        ]
    }

    fn tell(&self, text: &mut String) -> Result<()> {
        writeln!(
            text,
            "| | median | min | max | median over that of bare reads | pair by pair, median |\n\
             |---|---:|---:|---:|---:|---:|"
        )?;
        for (what, times) in self.rows() {
            writeln!(
                text,
                "| {what} | {:.1} µs | {:.1} µs | {:.1} µs | {:.1} | {:.1} |",
                times.median(),
                times.min(),
                times.max(),
                times.median() / self.bare.median(),
                times.over(&self.bare).median()
            )?;
        }
        text.push('\n');
        Ok(())
    }

    fn chart(&self, store: &Store) -> Group {
        Group {
            title: format!("{} files in the bundle", store.files),
            bars: self
                .rows()
                .into_iter()
                .map(|(what, times)| Bar::new(&what.replace('`', ""), times, what.starts_with('`')))
                .collect(),
        }
    }
}

fn tell(stores: &[Store]) -> Result<String> {
    let mut text = format!(
        "A store with {BUNDLES} bundles that were all good once (`keepBundles` {BUNDLES}); the \
         last runs. Each run reads `state.a`, `state.b` and `starts` by `std::fs::read`, then \
         opens a new `Updater` on the same root, then launches. `open()` locks the root and \
         reads the state; `launch()` judges the last launch, looks at the bundle and records \
         the start. The budget is a median of `launch()` under {LIMIT_RATIO:.0} times that of \
         the bare reads.\n\n"
    );
    for store in stores {
        for (times, process) in [(&store.warm, "warm"), (&store.fresh, "fresh")] {
            writeln!(
                text,
                "**{} files in the bundle**, {} launches in {process} processes, {} bytes of \
                 state\n",
                store.files,
                times.launch.len(),
                store.state_bytes
            )?;
            times.tell(&mut text)?;
        }
    }
    if let [few, many] = stores {
        writeln!(
            text,
            "`launch()` with {} files takes {:.2} times what it takes with {}, and {:.2} times \
             in fresh processes.",
            many.files,
            many.warm.launch.median() / few.warm.launch.median(),
            few.files,
            many.fresh.launch.median() / few.fresh.launch.median()
        )?;
    }
    Ok(text)
}
