//! `live-updater apps`

use std::fmt;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use ureq::http::Method;

use super::answers::{App, Apps};
use super::connection::Connection;
use super::table::{Table, moment};
use crate::output::{Failure, Output, human};

/// List the apps of the update service, or make one.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater apps list --server https://updates.example.com --key-file updates.key
  live-updater apps create com.example.app --name \"Example\"

A key with the permission `all` makes an app with its first `publish`, too; one with `write` doesn't.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the apps
    List,
    /// Make an app
    Create {
        /// Its id, as the app's configuration has it
        #[arg(value_name = "ID")]
        id: String,

        /// Its name, for people [default: its id]
        #[arg(long)]
        name: Option<String>,
    },
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let apps = match &arguments.command {
        Command::List => client.get::<Apps>(&["api", "v1", "apps"])?.apps,
        Command::Create { id, name } => {
            let body = json!({ "appId": id, "name": name });
            vec![client.send(Method::POST, &["api", "v1", "apps"], &body)?]
        }
    };
    output.result(&Report { apps })
}

#[derive(Debug, Serialize)]
struct Report {
    apps: Vec<App>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.apps.is_empty() {
            return f.write_str("no apps yet: `live-updater apps create ID` makes one");
        }
        let mut table = Table::new(["APP", "NAME", ">BUNDLES", ">STORED", ">KEPT", "SINCE"]);
        for app in &self.apps {
            table.row([
                &app.app_id,
                &app.name,
                &app.storage.bundles.to_string(),
                &human(app.storage.bytes),
                &app.keep_bundles.to_string(),
                &moment(&app.created_at),
            ]);
        }
        table.fmt(f)
    }
}
