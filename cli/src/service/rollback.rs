//! `live-updater rollback`

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use live_updater_signing::BundleContent;
use semver::Version;
use serde::Serialize;
use serde_json::json;
use ureq::http::Method;

use super::answers::Release;
use super::channel;
use super::connection::AppConnection;
use super::statement::StatementArguments;
use crate::output::{Failure, Output};

const BUILTIN: &str = "builtin";

/// Have a channel of the update service give an earlier version again, to all its devices.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater rollback
  live-updater rollback --to 1.1.0 --channel beta
  live-updater rollback --to builtin
  live-updater rollback --to 1.1.0 --statement keys/live-updater.private.pem --bundle app-1.1.0.zip

Without --to: what all devices had before. Devices of the trust mode `bundle` take a lower version
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

    /// The zip of the version that a statement is about
    #[arg(long, value_name = "FILE.zip", requires = "statement_keys")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    connection: AppConnection,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let signers = arguments.statement.signers()?;
    let name = &arguments.channel;
    let (client, app) = arguments.connection.open()?;
    let channel = channel::find(&client, &app, name)?;
    let statement = match (signers, arguments.to.as_deref()) {
        (None, _) => None,
        (Some(_), None) => return Err(Failure::usage("a statement is about what --to names")),
        (Some(signers), Some(BUILTIN)) => {
            Some(signers.rollback_to_builtin(&app, name, channel.sequence + 1)?)
        }
        (Some(signers), Some(version)) => {
            // What the service says of a bundle isn't what is signed.
            let zip = arguments.bundle.as_ref().ok_or_else(|| {
                Failure::usage(format!("a statement about {version} needs its --bundle"))
            })?;
            let version = version
                .parse::<Version>()
                .map_err(|error| Failure::usage(error.to_string()))?;
            let content = BundleContent::read(zip)?;
            let range = (None, None);
            Some(signers.install(&app, name, channel.sequence + 1, &version, content, range)?)
        }
    };
    let path = ["api", "v1", "apps", &app, "channels", name, "rollback"];
    let body = json!({ "to": arguments.to, "statement": statement });
    let release: Release = client.send(Method::POST, &path, &body)?;
    output.result(&Report {
        app_id: app,
        channel: name.clone(),
        before: channel.full().and_then(|full| full.version.clone()),
        release,
    })
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
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.release.shown_version();
        write!(f, "{} of {} gives {now}", self.channel, self.app_id)?;
        match &self.before {
            Some(before) if before != now => write!(f, ", and no more {before}"),
            _ => Ok(()),
        }
    }
}
