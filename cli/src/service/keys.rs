//! `live-updater keys`

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;
use ureq::http::Method;

use super::answers::{Done, Key, Keys, NewKey};
use super::client::Client;
use super::connection::Connection;
use super::table::{Table, moment};
use crate::keygen::write_new;
use crate::output::{Failure, Output};

const PATH: [&str; 3] = ["api", "v1", "keys"];

/// List, make and end API keys of the update service.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater keys create --name ci --permission write --for-app com.example.app --out ci.key
  live-updater keys list
  live-updater keys revoke 0b9f6c1e-8d5f-4f0c-9a53-2f3a6f6f5a11

A key is told once, when it is made: the service keeps a digest of it.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the keys, without what they are
    List,
    /// Make a key
    Create(Create),
    /// End a key, at once
    Revoke {
        /// Its id, as `keys list` tells it
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// What it is for, for people
    #[arg(long)]
    name: String,

    /// What it allows
    #[arg(long, value_enum, default_value_t = Permission::Upload)]
    permission: Permission,

    /// The only app that it is for [default: all apps]
    #[arg(long, value_name = "ID")]
    for_app: Option<String>,

    /// Write it to this file, for its owner alone, in place of showing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Permission {
    /// See everything
    Read,
    /// And upload bundles
    Upload,
    /// And release, roll back, delete bundles, change channels
    Write,
    /// And make apps and keys
    All,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::List => {
            let keys = client.get::<Keys>(&PATH)?.keys;
            output.result(&Listed { keys })
        }
        Command::Create(wanted) => create(&client, wanted, output),
        Command::Revoke { id } => {
            let [api, v1, keys] = PATH;
            client.delete::<Done>(&[api, v1, keys, id], &[])?;
            output.result(&Revoked {
                revoked: id.clone(),
            })
        }
    }
}

fn create(client: &Client, wanted: &Create, output: &Output) -> Result<(), Failure> {
    must_be_free(wanted.out.as_deref())?;
    let permission = wanted.permission.to_possible_value();
    let body = json!({
        "name": wanted.name,
        "permission": permission.as_ref().map(clap::builder::PossibleValue::get_name),
        "appId": wanted.for_app,
    });
    let made: NewKey = client.send(Method::POST, &PATH, &body)?;
    output.result(&Created {
        about: made.about,
        key: reveal_or_write(made.key, wanted.out.as_deref())?,
        key_file: wanted.out.clone(),
    })
}

/// Before a key is made: it could be told nowhere else afterwards.
pub(super) fn must_be_free(out: Option<&Path>) -> Result<(), Failure> {
    match out.filter(|out| out.exists()) {
        Some(out) => {
            let message = format!("{} exists: name another file", out.display());
            Err(Failure::new("exists", message))
        }
        None => Ok(()),
    }
}

/// The key, where it isn't written to a file.
pub(super) fn reveal_or_write(key: String, out: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(out) = out else {
        return Ok(Some(key));
    };
    write_new(out, &format!("{key}\n"), 0o600)?;
    Ok(None)
}

#[derive(Debug, Serialize)]
struct Listed {
    keys: Vec<Key>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(["ID", "NAME", "MAY", "APP", "SINCE"]);
        for key in &self.keys {
            table.row([
                key.id.as_str(),
                &key.name,
                &key.permission,
                key.app_id.as_deref().unwrap_or("all"),
                &moment(&key.created_at),
            ]);
        }
        table.fmt(f)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    #[serde(flatten)]
    about: Key,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "id    {}", self.about.id)?;
        writeln!(f, "may   {}", self.about.permission)?;
        let app = self.about.app_id.as_deref().unwrap_or("all");
        writeln!(f, "app   {app}")?;
        match (&self.key, &self.key_file) {
            (Some(key), _) => writeln!(f, "key   {key}\n\nIt is shown this once: keep it secret."),
            (None, Some(file)) => writeln!(f, "key   in {}", file.display()),
            (None, None) => Ok(()),
        }
    }
}

#[derive(Debug, Serialize)]
struct Revoked {
    revoked: String,
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revoked {}", self.revoked)
    }
}
