//! A mock update server on a folder of bundles, for people.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use mock_update_server::{Endpoint, Fault, MockServer};

use crate::output::{Failure, Output};

const EXAMPLE: &str = "\
Examples:
  live-updater pack dist --version 1.2.3 --out bundles/1.2.3.zip
  live-updater mock bundles --port 8080
  live-updater mock bundles --fault bundle:cut=100000 --fault check:status=503,retry-after=2
  live-updater mock bundles --fault check:old-statement
  live-updater mock bundles --port 8443 --address 0.0.0.0 --tls ca.pem --host 192.168.1.20

Every 1.2.3.zip or NAME-1.2.3.zip in the folder is offered, the newest first; NAME-1.2.3.zip.sig holds
its signature, NAME-1.2.3.json what else the answer says, channels.json pins channels.
NAME-1.2.3.statement.json is a release statement: where there are some for an app, a channel and a
platform, the highest sequence is offered there, and nothing without a statement.

Faults of a check's statement: no-statement, old-statement, other-statement, broken-statement,
expired-statement, statement=FILE.";

/// Run a mock update server on a folder of bundles, with faults on request.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// The folder of bundles. What is put into it later is offered too.
    dir: PathBuf,

    /// The port; any free one by default.
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// The address to listen on. Only this machine by default.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,

    /// Ask for this bearer token.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// Send at most so many body bytes a second to each client.
    #[arg(long, value_name = "BYTES")]
    rate: Option<u64>,

    /// Serve HTTPS with a throw-away certificate for this machine, and write its CA to this file.
    #[arg(long, value_name = "CA.pem")]
    tls: Option<PathBuf>,

    /// A name or an IP address by which other devices reach this machine, for the certificate;
    /// may be given several times.
    #[arg(long = "host", value_name = "NAME|IP", requires = "tls", value_parser = host)]
    hosts: Vec<String>,

    /// A fault for every request to an endpoint (check, bundle, confirm, health, any), or for the
    /// next N: ENDPOINT[*N]:FAULT. May be given several times.
    #[arg(long, value_name = "ENDPOINT[*N]:FAULT", value_parser = wanted_fault)]
    fault: Vec<WantedFault>,

    /// Let requests ask for faults by `?fault=` or the header `x-mock-fault`.
    #[arg(long)]
    request_faults: bool,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let mut builder = MockServer::builder(&arguments.dir)
        .address(SocketAddr::new(arguments.address, arguments.port))
        .allow_request_faults(arguments.request_faults)
        .on_request(|request| {
            let range = request.header("range").unwrap_or("-");
            let fault = request
                .fault
                .as_ref()
                .map_or_else(String::new, |fault| format!(" [{fault}]"));
            let note = request
                .note
                .as_ref()
                .map_or_else(String::new, |note| format!(": {note}"));
            eprintln!(
                "{} {} {} {range} {} bytes{fault}{note}",
                request.status, request.method, request.path, request.bytes_sent
            );
        });
    if let Some(token) = &arguments.token {
        builder = builder.bearer_token(token);
    }
    if let Some(rate) = arguments.rate {
        builder = builder.rate_limit(rate);
    }
    if arguments.tls.is_some() {
        builder = builder.tls(mock_update_server::TlsCertificate::Valid);
    }
    for host in &arguments.hosts {
        builder = builder.tls_host(host);
    }
    let server = builder
        .start_blocking()
        .map_err(|error| not_started(arguments, &error))?;
    for wanted in &arguments.fault {
        let setting = server.fault(wanted.endpoint, wanted.fault.clone());
        match wanted.times {
            Some(times) => setting.times(times),
            None => setting.always(),
        }
    }
    if let (Some(path), Some(pem)) = (&arguments.tls, server.ca_pem()) {
        std::fs::write(path, pem).map_err(|error| Failure::unwritable(path, &error))?;
    }
    output.result(&Started {
        url: server.url().to_string(),
    })?;
    eprintln!("{}", offer(&server, arguments));
    for host in &arguments.hosts {
        // RFC 3986, section 3.2.2: an IPv6 address stands in brackets.
        let host = match host.parse() {
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => host.clone(),
        };
        eprintln!("other devices: https://{host}:{}", server.addr().port());
    }
    // Until somebody ends the process.
    loop {
        std::thread::park();
    }
}

fn not_started(arguments: &Arguments, error: &io::Error) -> Failure {
    Failure::usage(match error.kind() {
        io::ErrorKind::AddrInUse
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::PermissionDenied
            if arguments.dir.is_dir() =>
        {
            format!(
                "cannot listen on {}: {error}: say --port or --address with another one",
                SocketAddr::new(arguments.address, arguments.port)
            )
        }
        _ => format!("cannot serve {}: {error}", arguments.dir.display()),
    })
}

/// What devices can get, as far as it is there already.
fn offer(server: &MockServer, arguments: &Arguments) -> String {
    let folder = arguments.dir.display();
    let found = server
        .versions()
        .and_then(|versions| Ok((versions, server.statements()?)));
    match found {
        Ok((versions, statements)) if versions.is_empty() && statements.is_empty() => format!(
            "no bundle in {folder} yet: it offers what is called 1.2.3.zip or NAME-1.2.3.zip"
        ),
        Ok((versions, statements)) => {
            let bundles = format!("bundles: {}", versions.join(", "));
            let statements = statements
                .iter()
                .map(|statement| format!("statement: {statement}"));
            [bundles]
                .into_iter()
                .chain(statements)
                .collect::<Vec<_>>()
                .join("\n")
        }
        Err(error) => format!("warning: {folder} can't be read: {error}"),
    }
}

/// What can stand in a certificate.
fn host(text: &str) -> Result<String, String> {
    let is_name = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if text.parse::<IpAddr>().is_ok() || (is_name && !text.is_empty()) {
        return Ok(text.to_owned());
    }
    Err("a name or an IP address, without a scheme and a port".to_owned())
}

#[derive(Debug, Clone)]
struct WantedFault {
    endpoint: Endpoint,
    times: Option<u32>,
    fault: Fault,
}

fn wanted_fault(text: &str) -> Result<WantedFault, String> {
    let (place, fault) = text
        .split_once(':')
        .ok_or("ENDPOINT:FAULT, as in bundle:cut=1000")?;
    let (endpoint, times) = match place.split_once('*') {
        Some((endpoint, times)) => {
            let times = times
                .parse()
                .map_err(|_| format!("{times:?} is no count"))?;
            (endpoint, Some(times))
        }
        None => (place, None),
    };
    Ok(WantedFault {
        endpoint: endpoint.parse().map_err(|error| format!("{error}"))?,
        times,
        fault: fault.parse().map_err(|error| format!("{error}"))?,
    })
}

#[derive(Debug, serde::Serialize)]
struct Started {
    url: String,
}

impl std::fmt::Display for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.url)
    }
}
