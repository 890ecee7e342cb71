//! `live-updater bundles`

use std::fmt;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::{Args, Subcommand};
use semver::Version;
use serde::Serialize;
use serde_json::json;
use ureq::http::Method;

use super::answers::{Bundle, Bundles, Done};
use super::client::Client;
use super::connection::AppConnection;
use super::table::{Table, moment, names, yes};
use crate::output::{Failure, Output, human};

/// List, delete and annotate the bundles of an app on the update service.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater bundles list
  live-updater bundles metadata 1.2.0 --comment \"the one with the new menu\"
  live-updater bundles delete 1.1.0
  live-updater bundles delete --all --yes

What a channel gives isn't deleted.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    connection: AppConnection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the bundles, the newest first
    List,
    /// Delete a bundle, or all that no channel gives
    Delete(Delete),
    /// Change what is noted about a bundle
    Metadata(Metadata),
}

#[derive(Debug, Args)]
struct Delete {
    /// The version
    #[arg(required_unless_present = "all")]
    version: Option<Version>,

    /// All bundles that no channel gives
    #[arg(long, conflicts_with = "version")]
    all: bool,

    /// Don't ask
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Metadata {
    /// The version
    version: Version,

    /// Where more is to be read: a commit, a ticket
    #[arg(long, value_name = "URL", required_unless_present = "comment")]
    link: Option<String>,

    /// A note
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let (client, app) = arguments.connection.open()?;
    match &arguments.command {
        Command::List => output.result(&Listed {
            bundles: list(&client, &app)?,
        }),
        Command::Delete(wanted) => delete(&client, &app, wanted, output),
        Command::Metadata(wanted) => annotate(&client, &app, wanted, output),
    }
}

/// All bundles, page by page.
fn list(client: &Client, app: &str) -> Result<Vec<Bundle>, Failure> {
    let mut all: Vec<Bundle> = Vec::new();
    for page in 0_u32.. {
        let page = page.to_string();
        let path = ["api", "v1", "apps", app, "bundles"];
        let Bundles { bundles } = client.get_with(&path, &[("page", &page)])?;
        // A bundle that was added meanwhile moves others to the next page.
        let new = |bundle: &Bundle| all.iter().all(|known| known.id != bundle.id);
        let more: Vec<_> = bundles.into_iter().filter(new).collect();
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    Ok(all)
}

fn delete(client: &Client, app: &str, wanted: &Delete, output: &Output) -> Result<(), Failure> {
    if let Some(version) = &wanted.version {
        let version = version.to_string();
        let query = [("app_id", app), ("version", &version)];
        client.delete::<Done>(&["bundle"], &query)?;
        let deleted = vec![version];
        return output.result(&Deleted {
            deleted,
            kept: Vec::new(),
        });
    }
    let (kept, unneeded): (Vec<_>, Vec<_>) = list(client, app)?
        .into_iter()
        .partition(|bundle| !bundle.channels.is_empty());
    if !wanted.yes && !unneeded.is_empty() {
        confirm(app, &unneeded)?;
    }
    client.delete::<Done>(&["bundle"], &[("app_id", app)])?;
    let versions = |bundles: Vec<Bundle>| bundles.into_iter().map(|bundle| bundle.version);
    output.result(&Deleted {
        deleted: versions(unneeded).collect(),
        kept: versions(kept).collect(),
    })
}

fn confirm(app: &str, bundles: &[Bundle]) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        let message = format!(
            "{} bundles of {app} would be deleted: say --yes",
            bundles.len()
        );
        return Err(Failure::usage(message));
    }
    let bytes = bundles.iter().map(|bundle| bundle.size).sum();
    eprint!(
        "Delete {} bundles of {app}, {}? [y/N] ",
        bundles.len(),
        human(bytes)
    );
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match answer.trim() {
        "y" | "Y" | "yes" if read.is_ok() => Ok(()),
        _ => Err(Failure::new("cancelled", "nothing was deleted")),
    }
}

fn annotate(client: &Client, app: &str, wanted: &Metadata, output: &Output) -> Result<(), Failure> {
    let version = wanted.version.to_string();
    let path = ["api", "v1", "apps", app, "bundles", &version];
    let bundle: Bundle = client.get(&path)?;
    let body = json!({
        "app_id": app,
        "version_id": bundle.id,
        "link": wanted.link,
        "comment": wanted.comment,
    });
    client.send::<Done>(Method::POST, &["bundle", "metadata"], &body)?;
    let bundle = client.get(&path)?;
    output.result(&Listed {
        bundles: vec![bundle],
    })
}

#[derive(Debug, Serialize)]
struct Listed {
    bundles: Vec<Bundle>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bundles.is_empty() {
            return f.write_str("no bundles yet: `live-updater publish` makes one");
        }
        let mut table = Table::new([
            "VERSION", ">SIZE", "CHANNELS", "SIGNED", "SINCE", "SHA-256", "NOTE",
        ]);
        for bundle in &self.bundles {
            let notes = [&bundle.comment, &bundle.link].into_iter().flatten();
            let notes: Vec<_> = notes.cloned().collect();
            table.row([
                bundle.version.as_str(),
                &human(bundle.size),
                &names(&bundle.channels, "-"),
                yes(bundle.signature.is_some()),
                &moment(&bundle.created_at),
                bundle.checksum.get(..12).unwrap_or(&bundle.checksum),
                &notes.join(", "),
            ]);
        }
        table.fmt(f)
    }
}

#[derive(Debug, Serialize)]
struct Deleted {
    deleted: Vec<String>,
    /// What channels give.
    kept: Vec<String>,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "deleted  {}", names(&self.deleted, "nothing"))?;
        if !self.kept.is_empty() {
            writeln!(f, "kept     {} (channels give them)", self.kept.join(", "))?;
        }
        Ok(())
    }
}
