//! A sync, made durable, beside the pipeline that people would script.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::chart::{Bar, Chart, Group};
use super::report::Section;
use super::series::Series;
use super::server::Server;
use super::workload::{Bundle, Part, Shape};
use super::{Bench, Result, device, pipeline, say};

const VERSION: &str = "2.0.0";

/// 55 MB of zip, as a large app has it.
pub(super) const MADE_UP: Shape = Shape {
    name: "made-up-55mb",
    text: Part {
        files: 3_900,
        bytes: 38_500_000,
    },
    noise: Part {
        files: 1_000,
        bytes: 40_500_000,
    },
};

/// Built web apps from npm, below a `node_modules`.
const REAL: [&str; 2] = ["@signalk/freeboard-sk/public", "swagger-ui-dist"];

pub(super) fn measure(bench: &Bench, runs: u32) -> Result<Section> {
    let keys = Keys::make(bench)?;
    let mut text = format!(
        "A device's `sync` (check, download, SHA-256, Ed25519, unpack, make durable, commit) beside \
         this script, one after the other, {runs} times each, from the same local server; fresh \
         folders for each, deleted when all is measured. Before each, `sync -f`. The script is \
         given URL, checksum, key and signature, while the device asks the server for them.\n\n\
         ```sh\n{}```\n\n",
        pipeline::SCRIPT
    );
    let mut groups = Vec::new();
    let mut bundles = Vec::new();
    match real(bench)? {
        Some(real) => bundles.push(real),
        None => text.push_str(
            "The real web app was not measured: `cargo xtask test --install` fetches it.\n\n",
        ),
    }
    bundles.push(("made up".to_owned(), Bundle::make(bench, &MADE_UP)?));
    for (name, bundle) in bundles {
        say(&format!("sync of {name}"));
        let measured = compare(bench, &keys, &bundle, runs)?;
        measured.tell(&name, &bundle, &mut text)?;
        groups.push(measured.chart(&format!("{name}: {}", bundle.describe())));
    }
    Ok(Section {
        name: "sync",
        title: "Sync",
        text,
        chart: Chart {
            title: "Sync beside a script, median of wall time",
            unit: "ms",
            limit: None,
            groups,
        },
    })
}

/// A pair of keys in the forms that both sides want.
struct Keys {
    private: PathBuf,
    public: PathBuf,
    trust: Value,
}

impl Keys {
    fn make(bench: &Bench) -> Result<Self> {
        let folder = bench.fresh("keys")?;
        let report =
            bench
                .program
                .call(["keygen".as_ref(), "--out".as_ref(), folder.as_os_str()])?;
        Ok(Self {
            private: folder.join("live-updater.private.pem"),
            public: folder.join("live-updater.public.pem"),
            trust: report["trust"].clone(),
        })
    }
}

/// The first of the real apps that is there.
fn real(bench: &Bench) -> Result<Option<(String, Bundle)>> {
    let modules = bench.project.join("target/interop/node_modules");
    let found = REAL.iter().find(|app| modules.join(app).is_dir());
    let Some(app) = found else {
        return Ok(None);
    };
    let folder = bench.workloads.join(app.replace('/', "-"));
    fs::create_dir_all(&folder)?;
    let www = modules.join(app);
    Ok(Some((
        format!("`{app}`"),
        Bundle::pack(bench, &www, folder.join("bundle.zip"))?,
    )))
}

#[derive(Default)]
struct Measured {
    sync: Series,
    process: Series,
    device_memory: Series,
    pipeline: Series,
    pipeline_memory: Series,
}

fn compare(bench: &Bench, keys: &Keys, bundle: &Bundle, runs: u32) -> Result<Measured> {
    let scratch = bench.fresh(&format!("sync-{}", &bundle.sha256))?;
    let offered = bundle.offer(&scratch.join("served"), VERSION)?;
    let signature = sign(bench, keys, &offered)?;
    let server = Server::start(&bench.program, &scratch.join("served"))?;
    let url = server.bundle_url(VERSION);
    let input = pipeline::Input {
        url: &url,
        sha256: &bundle.sha256,
        key: &keys.public,
        signature: &signature,
    };
    let config = device::config(&server.url, &keys.trust);
    let mut measured = Measured::default();
    for run in 0..=runs {
        pipeline::settle(bench)?;
        let device = device::sync(bench, &scratch.join(format!("device-{run}")), &config)?;
        pipeline::settle(bench)?;
        let folder = scratch.join(format!("pipeline-{run}"));
        fs::create_dir(&folder)?;
        let script = pipeline::run(&folder, &input)?;
        // The first pair warms the caches of both.
        if run > 0 {
            measured.sync.push(device.sync_ms);
            measured.process.push(device.process_ms);
            measured.device_memory.push(device.memory_mb);
            measured.pipeline.push(script.ms);
            measured.pipeline_memory.push(script.memory_mb);
        }
    }
    Ok(measured)
}

/// Signs for the server; the same signature as raw bytes is for openssl.
fn sign(bench: &Bench, keys: &Keys, zip: &Path) -> Result<PathBuf> {
    bench.program.call([
        "sign".as_ref(),
        zip.as_os_str(),
        "--key".as_ref(),
        keys.private.as_os_str(),
    ])?;
    let text = zip.with_extension("zip.sig");
    let raw = zip.with_extension("raw-signature");
    let status = Command::new("openssl")
        .args(["base64", "-d", "-A", "-in"])
        .arg(&text)
        .arg("-out")
        .arg(&raw)
        .status()?;
    if status.success() {
        Ok(raw)
    } else {
        Err(format!("openssl base64: {status}").into())
    }
}

impl Measured {
    fn tell(&self, name: &str, bundle: &Bundle, text: &mut String) -> Result<()> {
        let Self {
            sync,
            process,
            pipeline,
            ..
        } = self;
        writeln!(text, "**{name}**: {}\n", bundle.describe())?;
        writeln!(
            text,
            "| | median | min | max | ratio, pair by pair (min to max) | peak memory (most) |\n\
             |---|---:|---:|---:|---:|---:|"
        )?;
        let rows = [
            ("`sync`", sync, &self.device_memory),
            ("the device's whole process", process, &self.device_memory),
            ("script", pipeline, &self.pipeline_memory),
        ];
        for (what, times, memory) in rows {
            let ratio = times.over(pipeline);
            writeln!(
                text,
                "| {what} | {:.0} ms | {:.0} ms | {:.0} ms | {:.2} ({:.2} to {:.2}) | {:.1} MB ({:.1}) |",
                times.median(),
                times.min(),
                times.max(),
                ratio.median(),
                ratio.min(),
                ratio.max(),
                memory.median(),
                memory.max()
            )?;
        }
        text.push('\n');
        Ok(())
    }

    fn chart(&self, title: &str) -> Group {
        Group {
            title: title.replace('`', ""),
            bars: vec![
                Bar::new("sync", &self.sync, true),
                Bar::new("whole process", &self.process, true),
                Bar::new("script", &self.pipeline, false),
            ],
        }
    }
}
