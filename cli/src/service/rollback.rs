//! `live-updater rollback`

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use live_updater_signing::BundleContent;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;
use ureq::http::Method;

use super::answers::{Bundle, Release};
use super::channel;
use super::client::{Client, ServiceError};
use super::connection::AppConnection;
use super::statement::{Installed, Place, Source, Stated, StatementArguments};
use crate::output::{Failure, Output, Warning};

const BUILTIN: &str = "builtin";

/// Have a channel of the update service give an earlier version again, to all its devices.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater rollback
  live-updater rollback --to 1.1.0 --channel beta
  live-updater rollback --to builtin
  live-updater rollback --to 1.1.0 --statement keys/live-updater.private.pem --bundle app-1.1.0.zip

Without --to: what all devices had before, or what a ready statement says. Devices of the trust mode `bundle` take a lower version
where their configuration allows it (allowDowngrade); those of the trust mode `statement` take what a
statement says.")]
pub(crate) struct Arguments {
    /// The version, or builtin for the files in the app's package
    #[arg(long, value_name = "VERSION|builtin", value_parser = target)]
    to: Option<String>,

    /// The channel
    #[arg(long, value_name = "NAME", default_value = "production")]
    channel: String,

    #[command(flatten)]
    statement: StatementArguments,

    /// The zip of the version that a statement is signed about [default: the service's]
    #[arg(long, value_name = "FILE.zip", requires = "statement_files")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    connection: AppConnection,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let source = arguments.statement.source()?;
    let name = &arguments.channel;
    let (client, app) = arguments.connection.open()?;
    let channel = channel::find(&client, &app, name)?;
    let way = Way {
        client: &client,
        arguments,
        place: Place {
            app: &app,
            channel: name,
            last: channel.sequence,
        },
    };
    let mut warnings = Vec::new();
    let (to, statement) = match &source {
        None => (arguments.to.clone(), None),
        Some(source) => {
            let to = way.target(source)?;
            let statement = way.statement(source, &to, &mut warnings)?;
            (Some(to), Some(statement))
        }
    };
    for warning in &warnings {
        output.warn(warning);
    }
    let path = ["api", "v1", "apps", &app, "channels", name, "rollback"];
    let body = json!({ "to": to, "statement": statement.as_ref().map(Stated::envelope) });
    let release: Release = client
        .send(Method::POST, &path, &body)
        .map_err(with_advice)?;
    output.result(&Report {
        app_id: app,
        channel: name.clone(),
        before: channel.full().and_then(|full| full.version.clone()),
        release,
        statement,
        warnings,
    })
}

fn with_advice(error: ServiceError) -> Failure {
    if error.code != "statement_needed" {
        return error.into();
    }
    let message = format!(
        "{}: --statement PRIVATE.pem signs one here, --statement FILE.json sends one",
        error.message
    );
    Failure::new(error.code, message)
}

/// A way back that a statement tells of.
struct Way<'a> {
    client: &'a Client,
    arguments: &'a Arguments,
    place: Place<'a>,
}

/// The zip of a version, wherever it was.
struct Zip {
    path: PathBuf,
    /// Where it is while it is needed, where the service had it.
    scratch: Option<TempDir>,
}

impl Way<'_> {
    /// The version, or builtin.
    fn target(&self, source: &Source<'_>) -> Result<String, Failure> {
        let Place { app, channel, .. } = self.place;
        match (source.ready(), &self.arguments.to) {
            (Some(ready), to) => {
                let leads = ready.installs().unwrap_or(BUILTIN).to_owned();
                if let Some(to) = to {
                    ready.must_lead_to(to)?;
                }
                Ok(leads)
            }
            (None, Some(to)) => Ok(to.clone()),
            // What is signed has a name, and the service may think of another one meanwhile.
            (None, None) => {
                let path = ["api", "v1", "apps", app, "channels", channel, "rollback"];
                Ok(self.client.get::<Previous>(&path)?.version)
            }
        }
    }

    fn statement(
        &self,
        source: &Source<'_>,
        to: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Stated, Failure> {
        if to == BUILTIN {
            return source.rollback_to_builtin(self.place);
        }
        let version = to
            .parse::<Version>()
            .map_err(|error| Failure::usage(format!("{to} is no version: {error}")))?;
        let path = ["api", "v1", "apps", self.place.app, "bundles", to];
        let bundle: Bundle = self.client.get(&path)?;
        if let Some(ready) = source.ready() {
            let sha256 = bundle.checksum.parse();
            let sha256 = sha256.map_err(|_| Failure::new("protocol", "the checksum is none"))?;
            ready.must_install(&version, bundle.size, sha256)?;
            return ready.stated(self.place);
        }
        let zip = self.zip(&bundle)?;
        let content = BundleContent::read(&zip.path)?;
        if zip.scratch.is_some() {
            if !bundle
                .checksum
                .eq_ignore_ascii_case(&content.sha256.to_string())
            {
                let message =
                    format!("the service's zip of {to} isn't what it says: nothing was signed");
                return Err(Failure::new("checksum_mismatch", message));
            }
            let message = format!(
                "the zip that was signed is the service's, with SHA-256 {}: compare it with what you published, or give your own with --bundle",
                content.sha256
            );
            warnings.push(Warning::new("fetched", message));
        }
        let range = bundle.native_range()?;
        source.install(
            self.place,
            Installed {
                version,
                content,
                range,
            },
        )
    }

    /// The zip at hand, or that of the service.
    fn zip(&self, bundle: &Bundle) -> Result<Zip, Failure> {
        if let Some(path) = &self.arguments.bundle {
            return Ok(Zip {
                path: path.clone(),
                scratch: None,
            });
        }
        let scratch =
            TempDir::new().map_err(|error| Failure::unwritable(&std::env::temp_dir(), &error))?;
        let path = scratch.path().join("bundle.zip");
        let from = ["api", "v1", "bundles", &bundle.version];
        let query = [("appId", self.place.app)];
        let fetched = self.client.download(&from, &query, &path, bundle.size);
        fetched.map_err(|error| {
            let message = format!(
                "{}. The zip of {} can be given with --bundle FILE.zip",
                error.message, bundle.version
            );
            Failure::new(error.code, message)
        })?;
        Ok(Zip {
            path,
            scratch: Some(scratch),
        })
    }
}

#[derive(Debug, Deserialize)]
struct Previous {
    version: String,
}

fn target(text: &str) -> Result<String, String> {
    if text == BUILTIN {
        return Ok(text.to_owned());
    }
    match text.parse::<Version>() {
        Ok(version) => Ok(version.to_string()),
        Err(error) => Err(format!("a version, or builtin: {error}")),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    app_id: String,
    channel: String,
    /// What all devices got.
    before: Option<String>,
    release: Release,
    /// The one that was given out.
    statement: Option<Stated>,
    warnings: Vec<Warning>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.release.shown_version();
        write!(f, "{} of {} gives {now}", self.channel, self.app_id)?;
        match &self.before {
            Some(before) if before != now => write!(f, ", and no more {before}")?,
            _ => {}
        }
        match &self.statement {
            Some(stated) => write!(f, "\nstatement: {stated}"),
            None => Ok(()),
        }
    }
}
