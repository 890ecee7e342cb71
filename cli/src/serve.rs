//! The update service, on this machine.

use std::fmt;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use live_updater_server::{Service, ServiceError, Settings, Tls};
use serde::Serialize;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::output::{Failure, Output, whole_url};
use crate::stores::{self, Stores};

/// In the data folder: the first key, and where the service is reached from this machine.
pub(crate) const KEY_FILE: &str = "first.key";
pub(crate) const ADDRESS_FILE: &str = "address";

const EXAMPLE: &str = "\
Examples:
  live-updater serve --data updates
  live-updater serve --data updates --address 0.0.0.0 --port 8443 --tls-cert cert.pem --tls-key key.pem
  live-updater serve --data updates --public-url https://updates.example.com --download-url https://cdn.example.com
  live-updater serve --data updates --database-file database.txt --bundles s3://my-bucket/updates

The first start makes an API key that may do everything, prints it, and writes it to DATA/first.key.
RUST_LOG=debug logs each request.";

/// Run the update service: apps, channels, bundles, rollouts, reports.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// The folder for everything that is kept; made where there is none.
    #[arg(long)]
    data: PathBuf,

    /// The port; any free one with 0.
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// The address to listen on. Only this machine by default.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,

    /// A chain of certificates (PEM), the service's own first: serve HTTPS.
    #[arg(long, value_name = "CERT.pem", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The key (PEM) of the certificate.
    #[arg(long, value_name = "KEY.pem", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Where devices reach the service, where a proxy or a CDN is in front of it.
    #[arg(long, value_name = "URL", value_parser = whole_url)]
    public_url: Option<Url>,

    /// Where devices download bundles, where that is another host: a CDN in front of the service.
    #[arg(long, value_name = "URL", value_parser = whole_url)]
    download_url: Option<Url>,

    /// Certificates (PEM) to trust beside the usual ones where a bundle is fetched by its URL, and
    /// where PostgreSQL and S3 are.
    #[arg(long, value_name = "CERTS.pem")]
    root_certificates: Option<PathBuf>,

    /// A private key (PEM) that signs what is uploaded and released; DATA/keys/APP.pem is one for
    /// a single app.
    #[arg(long, value_name = "KEY.pem")]
    sign: Option<PathBuf>,

    /// How many days a statement counts; those that are given out are made anew after half of it.
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    statement_days: u32,

    /// The most bytes of a bundle.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
    max_bundle_bytes: u64,

    /// How many checks and reports a minute one device may make.
    #[arg(long, value_name = "COUNT", default_value_t = 120)]
    device_requests_per_minute: u32,

    /// How many requests a minute one API key may make.
    #[arg(long, value_name = "COUNT", default_value_t = 600)]
    requests_per_minute: u32,

    #[command(flatten)]
    stores: Stores,

    /// How many wrong API keys a minute one address may try.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    wrong_keys_per_minute: u32,

    /// How logs are written to stderr.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON value a line.
    Json,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    log_as(arguments.log);
    let settings = settings(arguments)?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("internal", error.to_string()))?;
    runtime.block_on(serve(arguments, settings, output))
}

async fn serve(arguments: &Arguments, settings: Settings, output: &Output) -> Result<(), Failure> {
    // Before anything is made: a first key that nobody is told of would be lost.
    let wanted = SocketAddr::new(arguments.address, arguments.port);
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        Failure::usage(format!(
            "cannot listen on {wanted}: {error}: say --port or --address with another one"
        ))
    })?;
    let address = listener.local_addr().unwrap_or(wanted);
    let service = Service::open(settings).await.map_err(|error| {
        let message = format!("{}: {error}", arguments.data.display());
        Failure::new("storage", message)
    })?;
    let first_key = service.first_key().await.map_err(|error| failed(&error))?;
    let key_file = arguments.data.join(KEY_FILE);
    if let Some(key) = &first_key {
        write_secret(&key_file, key).map_err(|error| Failure::unwritable(&key_file, &error))?;
    }
    let scheme = if arguments.tls_cert.is_some() {
        "https"
    } else {
        "http"
    };
    let address_file = AddressFile::write(&arguments.data, &reached(arguments, scheme, address))?;
    output.result(&Started {
        url: format!("{scheme}://{address}"),
        key_file: key_file.exists().then(|| key_file.display().to_string()),
        first_key,
    })?;
    let served = service.serve(listener, signalled()).await;
    drop(address_file);
    served.map_err(|error| failed(&error))
}

/// Tells other commands on this machine where the service is, as long as it runs.
struct AddressFile(PathBuf);

impl AddressFile {
    fn write(data: &Path, reached: &str) -> Result<Self, Failure> {
        let path = data.join(ADDRESS_FILE);
        fs::write(&path, format!("{reached}\n"))
            .map_err(|error| Failure::unwritable(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for AddressFile {
    fn drop(&mut self) {
        // One that stays leads to nobody, which whoever follows it is told.
        let _ = fs::remove_file(&self.0);
    }
}

/// Where commands on this machine reach the service.
fn reached(arguments: &Arguments, scheme: &str, mut address: SocketAddr) -> String {
    match &arguments.public_url {
        // The certificate is for that name, and not for this machine's address.
        Some(public) if arguments.tls_cert.is_some() => public.to_string(),
        _ => {
            if address.ip().is_unspecified() {
                address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
            }
            format!("{scheme}://{address}")
        }
    }
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    let mut settings = Settings::new(&arguments.data);
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        let tls = Tls::from_pem(&read(certificate)?, &read(key)?)
            .map_err(|error| Failure::usage(error.to_string()))?;
        settings.tls = Some(tls);
    }
    settings.public_url.clone_from(&arguments.public_url);
    settings.download_url.clone_from(&arguments.download_url);
    if let Some(path) = &arguments.root_certificates {
        settings.root_certificates = Some(read(path)?);
    }
    settings.signing_key.clone_from(&arguments.sign);
    settings.statement_days = arguments.statement_days;
    settings.max_bundle_bytes = arguments.max_bundle_bytes;
    settings.device_requests_per_minute = arguments.device_requests_per_minute;
    settings.requests_per_minute = arguments.requests_per_minute;
    stores::choose(&arguments.stores, &mut settings)?;
    settings.wrong_keys_per_minute = arguments.wrong_keys_per_minute;
    // Who else is on this machine may fetch from it anyway.
    settings.allows_loopback_urls = arguments.address.is_loopback();
    Ok(settings)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))
}

fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}

fn log_as(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(filter);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn failed(error: &ServiceError) -> Failure {
    Failure::new("storage", error.to_string())
}

/// What the one who started it needs to know.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    url: String,
    /// None where it isn't there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_key: Option<String>,
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.url)?;
        if let Some(key) = &self.first_key {
            writeln!(f, "your API key, which may do everything: {key}")?;
        }
        match &self.key_file {
            Some(file) => write!(f, "the key is in {file}"),
            None => Ok(()),
        }
    }
}
