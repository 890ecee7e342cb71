//! Asks an update service as many devices do, and tells how long the answers took, as one JSON
//! value.
//!
//! Requests leave at times that are fixed beforehand, and each answer's time counts from there: a
//! server that stands still can't slow down the ones who ask, and so hide it.
#![forbid(unsafe_code)]

mod connection;
mod download;
mod latency;

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use connection::Connection;
use latency::{Latencies, Summary};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Ask an update service for a while.
#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// Where the service listens.
    #[arg(long)]
    address: SocketAddr,

    /// The app whose devices ask.
    #[arg(long)]
    app: String,

    /// How many connections stay open.
    #[arg(long, default_value_t = 64)]
    connections: u32,

    /// Requests a second over all connections; 0 is as many as are answered.
    #[arg(long, default_value_t = 5_000)]
    rate: u32,

    /// How long.
    #[arg(long, default_value_t = 30)]
    seconds: u64,

    /// How many devices there are: each asks in its turn.
    #[arg(long, default_value_t = 200_000)]
    devices: u64,

    /// How many downloads go on beside it.
    #[arg(long, default_value_t = 0)]
    downloads: u32,

    /// What they download.
    #[arg(long, default_value = "")]
    download: String,

    /// How many bytes a second each of them takes.
    #[arg(long, default_value_t = 1_000_000)]
    download_rate: u64,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Told {
    seconds: f64,
    answers: u64,
    per_second: f64,
    failures: u64,
    milliseconds: Summary,
    downloaded_bytes: u64,
    download_failures: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // One thread, and so at most one core.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(ask(&arguments))?;
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

async fn ask(arguments: &Arguments) -> Result<Told> {
    let mut connections = Vec::new();
    for _ in 0..arguments.connections {
        connections.push(Connection::open(arguments.address).await?);
    }
    let start = Instant::now() + Duration::from_millis(100);
    let end = start + Duration::from_secs(arguments.seconds);
    let mut downloads = JoinSet::new();
    for _ in 0..arguments.downloads {
        let (address, path) = (arguments.address, arguments.download.clone());
        downloads.spawn(download::again_and_again(
            address,
            path,
            arguments.download_rate,
            end,
        ));
    }
    let mut askers = JoinSet::new();
    for (number, connection) in (0..).zip(connections) {
        let turns = Turns::new(arguments, number, start, end);
        askers.spawn(ask_by(connection, turns));
    }
    let mut latencies = Latencies::default();
    let mut failures = 0;
    while let Some(asked) = askers.join_next().await {
        match asked? {
            Ok(found) => latencies.add(found),
            Err(_) => failures += 1,
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let (mut downloaded_bytes, mut download_failures) = (0, 0);
    while let Some(download) = downloads.join_next().await {
        match download? {
            Ok(bytes) => downloaded_bytes += bytes,
            Err(_) => download_failures += 1,
        }
    }
    Ok(Told {
        seconds,
        answers: latencies.count(),
        per_second: latencies.count() as f64 / seconds,
        failures,
        milliseconds: latencies.summary(),
        downloaded_bytes,
        download_failures,
    })
}

/// When one of the connections asks, and for which devices.
struct Turns {
    next: Instant,
    period: Duration,
    end: Instant,
    device: u64,
    step: u64,
    devices: u64,
    app: String,
}

impl Turns {
    fn new(arguments: &Arguments, number: u32, start: Instant, end: Instant) -> Self {
        let connections = f64::from(arguments.connections);
        let period = match arguments.rate {
            0 => 0.0,
            rate => connections / f64::from(rate),
        };
        Self {
            next: start + Duration::from_secs_f64(period * f64::from(number) / connections),
            period: Duration::from_secs_f64(period),
            end,
            device: u64::from(number),
            step: u64::from(arguments.connections),
            devices: arguments.devices,
            app: arguments.app.clone(),
        }
    }

    fn path(&self) -> String {
        let (app, device) = (&self.app, self.device % self.devices);
        format!(
            "/api/v1/updates/check?appId={app}&currentVersion=1.0.0&platform=android\
             &channel=production&appVersion=1.0.0&bundleId=builtin\
             &deviceId=00000000-0000-4000-8000-{device:012}"
        )
    }
}

async fn ask_by(mut connection: Connection, mut turns: Turns) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    while turns.next < turns.end {
        let due = match turns.period.is_zero() {
            true => Instant::now(),
            false => turns.next,
        };
        sleep_until(due).await;
        let status = connection.get(&turns.path()).await?;
        if status != 200 {
            return Err(format!("answered {status}").into());
        }
        latencies.push(due.elapsed());
        turns.device += turns.step;
        turns.next = match turns.period.is_zero() {
            true => Instant::now(),
            false => due + turns.period,
        };
    }
    Ok(latencies)
}
