//! The most memory that a device needs, whatever the bundle's size and signature.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use super::chart::{Bar, Chart, Group};
use super::report::Section;
use super::series::Series;
use super::server::Server;
use super::workload::{Bundle, Part, Shape};
use super::{Bench, Result, device, say};

const VERSION: &str = "2.0.0";
const LIMIT_MB: f64 = 48.0;

const SHAPES: [(&str, Shape); 2] = [
    (
        "50 MB",
        Shape {
            name: "made-up-50mb",
            text: Part {
                files: 180,
                bytes: 20_000_000,
            },
            noise: Part {
                files: 120,
                bytes: 43_500_000,
            },
        },
    ),
    (
        "500 MB",
        Shape {
            name: "made-up-500mb",
            text: Part {
                files: 180,
                bytes: 200_000_000,
            },
            noise: Part {
                files: 120,
                bytes: 435_000_000,
            },
        },
    ),
];

/// A kind of keys, and how they sign.
struct Signing {
    name: &'static str,
    keys: Option<&'static str>,
    algorithm: &'static str,
}

const SIGNINGS: [Signing; 5] = [
    Signing {
        name: "unsigned",
        keys: None,
        algorithm: "",
    },
    Signing {
        name: "Ed25519",
        keys: Some("ed25519"),
        algorithm: "ed25519",
    },
    Signing {
        name: "ECDSA P-256",
        keys: Some("p256"),
        algorithm: "ecdsa-p256-sha256",
    },
    Signing {
        name: "RSA PKCS#1 v1.5",
        keys: Some("rsa"),
        algorithm: "rsa-pkcs1-sha256",
    },
    Signing {
        name: "RSA PSS",
        keys: Some("rsa"),
        algorithm: "rsa-pss-sha256",
    },
];

pub(super) fn measure(bench: &Bench, runs: u32) -> Result<Section> {
    let mut columns = Vec::new();
    for (name, shape) in &SHAPES {
        let bundle = Bundle::make(bench, shape)?;
        let peaks = SIGNINGS
            .iter()
            .map(|signing| {
                say(&format!("memory: {name}, {}", signing.name));
                peak(bench, &bundle, signing, runs)
            })
            .collect::<Result<Vec<Series>>>()?;
        columns.push((*name, bundle, peaks));
    }
    let text = tell(&columns, runs)?;
    let groups = columns
        .iter()
        .map(|(name, _, peaks)| Group {
            title: (*name).to_owned(),
            bars: SIGNINGS
                .iter()
                .zip(peaks)
                .map(|(signing, peak)| Bar::new(signing.name, peak, true))
                .collect(),
        })
        .collect();
    Ok(Section {
        name: "memory",
        title: "Memory",
        text,
        chart: Chart {
            title: "Peak memory of a sync",
            unit: "MB",
            limit: Some(LIMIT_MB),
            groups,
        },
    })
}

fn peak(bench: &Bench, bundle: &Bundle, signing: &Signing, runs: u32) -> Result<Series> {
    let scratch = bench.fresh(&format!("memory-{}-{}", bundle.size, signing.algorithm))?;
    let served = scratch.join("served");
    let zip = bundle.offer(&served, VERSION)?;
    let trust = match signing.keys {
        None => json!({"mode": "unsigned"}),
        Some(keys) => {
            let trust = sign(bench, &scratch, keys, signing.algorithm)?;
            bench.program.call([
                "sign".as_ref(),
                zip.as_os_str(),
                "--algorithm".as_ref(),
                signing.algorithm.as_ref(),
                "--key".as_ref(),
                scratch.join("private.pem").as_os_str(),
            ])?;
            trust
        }
    };
    let server = Server::start(&bench.program, &served)?;
    let config = device::config(&server.url, &trust);
    (0..runs)
        .map(|run| {
            let root = scratch.join(format!("device-{run}"));
            Ok(device::sync(bench, &root, &config)?.memory_mb)
        })
        .collect()
}

/// Makes a pair of keys; the trust that asks for them.
fn sign(bench: &Bench, folder: &std::path::Path, keys: &str, algorithm: &str) -> Result<Value> {
    let public = folder.join("public.pem");
    bench.program.call([
        "keygen".as_ref(),
        "--algorithm".as_ref(),
        keys.as_ref(),
        "--private".as_ref(),
        folder.join("private.pem").as_os_str(),
        "--public".as_ref(),
        public.as_os_str(),
    ])?;
    let key = fs::read_to_string(&public)?;
    Ok(json!({"mode": "bundle", "keys": [{"key": key, "algorithm": algorithm}]}))
}

fn tell(columns: &[(&str, Bundle, Vec<Series>)], runs: u32) -> Result<String> {
    let mut text = format!(
        "The most resident memory (`VmHWM`) of a device's process over launch and `sync`, the \
         median of {runs} runs. The directory of a zip costs memory by the file, not by the \
         byte, so both bundles have as many files. The budget is {LIMIT_MB:.0} MB, and the same within 10 % for \
         both sizes.\n\n"
    );
    for (name, bundle, _) in columns {
        writeln!(text, "- {name}: {}", bundle.describe())?;
    }
    text.push_str("\n| signature |");
    for (name, ..) in columns {
        write!(text, " {name} |")?;
    }
    text.push_str(" ratio |\n|---|");
    text.push_str(&"---:|".repeat(columns.len() + 1));
    text.push('\n');
    for (row, signing) in SIGNINGS.iter().enumerate() {
        let peaks: Vec<f64> = columns
            .iter()
            .filter_map(|(_, _, peaks)| Some(peaks.get(row)?.median()))
            .collect();
        write!(text, "| {} |", signing.name)?;
        for peak in &peaks {
            write!(text, " {peak:.1} MB |")?;
        }
        if let [small, large] = peaks.as_slice() {
            write!(text, " {:.2} |", large / small)?;
        }
        text.push('\n');
    }
    Ok(text)
}
