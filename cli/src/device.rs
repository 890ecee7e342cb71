//! One app process on one device: requests on stdin, answers and events on stdout.

mod methods;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use live_updater::{Error, Event, Updater};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::output::{Failure, Output};

const EXAMPLE: &str = r#"Example, the requests are typed:
  live-updater device --root /tmp/device --config app.json
  {"id":1,"method":"launch"}
  {"id":2,"method":"notifyAppReady"}
  {"id":3,"method":"sync"}

The end of input (Ctrl-D) is the app's death: what is still running is cut off where it is. So a
script has to keep the input open until the answer is there:
  (cat requests; sleep 10) | live-updater device --root /tmp/device --config app.json"#;

/// Be one app process on one device: JSON requests on stdin, answers and events on stdout.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// The folder that holds bundles and state; by default one of this user's.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// The configuration, as `plugins.LiveUpdater` holds it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,

    /// The app's own version.
    #[arg(long, value_name = "V", default_value = "1.0.0")]
    native_version: String,

    /// What names the installed app; the native version by default.
    #[arg(long, value_name = "B")]
    native_build: Option<String>,

    /// Be a development build, which may use `dangerousInsecureHosts`.
    #[arg(long)]
    debuggable: bool,

    /// Log more on stderr; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

pub(crate) fn run(arguments: &Arguments, _: &Output) -> Result<(), Failure> {
    log_to_stderr(arguments.verbose);
    let config = std::fs::read(&arguments.config)
        .map_err(|error| Failure::unreadable(&arguments.config, &error))?;
    // The app starts with any configuration; what is no text becomes a bad one.
    let config = String::from_utf8(config).unwrap_or_else(|_| "(not UTF-8)".to_owned());
    let updater = open(arguments, &config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::new("storage", format!("cannot start threads: {error}")))?;
    runtime.block_on(serve(Arc::new(updater)));
    // The app is dead: nothing is flushed for it, and whatever runs is cut off.
    std::process::exit(0)
}

fn open(arguments: &Arguments, config: &str) -> Result<Updater, Failure> {
    let root = match &arguments.root {
        Some(root) => std::path::absolute(root)
            .map_err(|error| Failure::usage(format!("{}: {error}", root.display())))?,
        None => directories::ProjectDirs::from("", "", "live-updater")
            .ok_or_else(|| Failure::usage("this user has no home: give --root"))?
            .data_dir()
            .join("device"),
    };
    let mut builder = Updater::builder_from_json(root, config)
        .native_version(&arguments.native_version)
        .debuggable(arguments.debuggable)
        .listener(|event| tell(&event));
    if let Some(build) = &arguments.native_build {
        builder = builder.native_build(build);
    }
    Ok(builder.open())
}

/// Answers requests until the input ends.
///
/// Short ones are answered in their order, so that what follows a `set` sees it; those that wait
/// for the network or for many files run beside them.
async fn serve(updater: Arc<Updater>) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        match lines.next_line().await {
            Ok(Some(line)) if line.trim().is_empty() => {}
            Ok(Some(line)) => handle(&updater, &line).await,
            Ok(None) => return,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                print(&failure(&Value::Null, &invalid("the line is not UTF-8")));
            }
            Err(_) => return,
        }
    }
}

async fn handle(updater: &Arc<Updater>, line: &str) {
    let Request { id, method, params } = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => {
            print(&failure(
                &Value::Null,
                &invalid(&format!("not a request: {error}")),
            ));
            return;
        }
    };
    let params = match params {
        Value::Null => json!({}),
        params => params,
    };
    if methods::is_long(&method) {
        let updater = Arc::clone(updater);
        tokio::spawn(async move { answer(&updater, &id, &method, &params).await });
    } else {
        answer(updater, &id, &method, &params).await;
    }
}

async fn answer(updater: &Updater, id: &Value, method: &str, params: &Value) {
    let line = match methods::call(updater, method, params).await {
        Ok(result) => json!({"id": id, "result": result}),
        Err(error) => failure(id, &error),
    };
    print(&line);
}

fn tell(event: &Event) {
    print(&json!({"event": event.name(), "data": event.data()}));
}

fn failure(id: &Value, error: &Error) -> Value {
    let mut body = json!({
        "code": error.code(),
        "message": error.to_string(),
        "retryable": error.retryable(),
    });
    if let Some(wait) = error.retry_after() {
        body["retryAfter"] = json!(wait.as_secs());
    }
    json!({"id": id, "error": body})
}

fn invalid(problem: &str) -> Error {
    Error::InvalidRequest {
        problem: problem.to_owned(),
    }
}

/// One value, one line, at once. Nobody listening any more is the app's death too.
fn print(line: &Value) {
    let mut stdout = io::stdout().lock();
    if writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .is_err()
    {
        std::process::exit(0);
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    method: String,
    #[serde(default)]
    params: Value,
}
