//! `live-updater organisations`

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use ureq::http::Method;

use super::answers::{NewOrganisation, Organisation, Organisations};
use super::connection::Connection;
use super::keys::{must_be_free, reveal_or_write};
use super::table::{Table, moment};
use crate::output::{Failure, Output, human};

const PATH: [&str; 3] = ["api", "v1", "organisations"];

/// List the organisations of the update service, or make one.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater organisations create acme --name \"Acme Ltd\" --out acme.key
  live-updater organisations list

An organisation has its own apps and keys, and knows of no other's. A key of the first one, which may \
do everything, makes the others.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the organisations, with what they store
    List,
    /// Make an organisation, with a first key that may do everything in it
    Create(Create),
}

#[derive(Debug, Args)]
struct Create {
    /// Its id: letters, digits, dots and lines
    #[arg(value_name = "ID")]
    id: String,

    /// Its name, for people [default: its id]
    #[arg(long)]
    name: Option<String>,

    /// Write its first key to this file, for its owner alone, in place of showing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::List => {
            let organisations = client.get::<Organisations>(&PATH)?.organisations;
            output.result(&Listed { organisations })
        }
        Command::Create(wanted) => {
            must_be_free(wanted.out.as_deref())?;
            let body = json!({ "id": wanted.id, "name": wanted.name });
            let made: NewOrganisation = client.send(Method::POST, &PATH, &body)?;
            output.result(&Created {
                id: made.about.id,
                name: made.about.name,
                key: reveal_or_write(made.key, wanted.out.as_deref())?,
                key_file: wanted.out.clone(),
            })
        }
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    organisations: Vec<Organisation>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(["ORGANISATION", "NAME", ">APPS", ">STORED", "SINCE"]);
        for organisation in &self.organisations {
            table.row([
                &organisation.id,
                &organisation.name,
                &organisation.apps.to_string(),
                &human(organisation.bytes),
                &moment(&organisation.created_at),
            ]);
        }
        table.fmt(f)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "id    {}", self.id)?;
        writeln!(f, "name  {}", self.name)?;
        match (&self.key, &self.key_file) {
            (Some(key), _) => writeln!(f, "key   {key}\n\nIt is shown this once: keep it secret."),
            (None, Some(file)) => writeln!(f, "key   in {}", file.display()),
            (None, None) => Ok(()),
        }
    }
}
