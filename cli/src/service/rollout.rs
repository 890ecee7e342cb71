//! `live-updater rollout`

use std::fmt;
use std::time::SystemTime;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};
use ureq::http::Method;

use super::answers::{Channel, Release, Releases};
use super::channel::{self, gives};
use super::client::Client;
use super::connection::AppConnection;
use super::table::{Table, moment, percent, yes};
use crate::output::{Failure, Output, Warning};

/// Steer a rollout on the update service: how many devices get the newest release.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater publish dist --version 1.3.0 --rollout 5
  live-updater rollout set 25
  live-updater rollout pause
  live-updater rollout promote
  live-updater rollout status --channel beta

Which devices get it depends on their ids alone: those that had it at 5 % have it at 25 %.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// The channel
    #[arg(long, value_name = "NAME", default_value = "production", global = true)]
    channel: String,

    #[command(flatten)]
    connection: AppConnection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let so many percent of the devices get it
    Set {
        /// 0 to 100, two digits behind the dot at most
        #[arg(value_name = "PERCENT", value_parser = parse_percent)]
        percent: f64,
    },
    /// Let no more devices get it
    Pause,
    /// Go on
    Resume,
    /// Let all devices get it
    Promote,
    /// Show what the channel gives, and gave
    Status,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let (client, app) = arguments.connection.open()?;
    let change = match &arguments.command {
        Command::Set { percent } => json!({ "percent": percent }),
        Command::Pause => json!({ "action": "pause" }),
        Command::Resume => json!({ "action": "resume" }),
        Command::Promote => json!({ "action": "promote" }),
        Command::Status => return status(&client, &app, &arguments.channel, None, output),
    };
    // Its own message can't tell what else there is.
    let channel = channel::find(&client, &app, &arguments.channel)?;
    let is_promoted = channel.partial().is_none() && channel.full().is_some();
    if matches!(arguments.command, Command::Promote) && is_promoted {
        let full = channel.full().map_or("it", |full| full.shown_version());
        let message = format!("all devices have {full} already");
        let warning = Warning::new("given_to_all", message);
        return status(&client, &app, &arguments.channel, Some(warning), output);
    }
    self::change(&client, &app, &arguments.channel, &change)?;
    status(&client, &app, &arguments.channel, None, output)
}

/// Changes what is rolling out.
pub(super) fn change(
    client: &Client,
    app: &str,
    channel: &str,
    change: &Value,
) -> Result<Release, Failure> {
    let path = ["api", "v1", "apps", app, "channels", channel, "rollout"];
    client.send(Method::PATCH, &path, change).map_err(|error| {
        if !error.is_not_found() {
            return error.into();
        }
        let message = format!("channel {channel} rolls nothing out: all its devices get the same");
        Failure::new("not_found", message)
    })
}

/// A percentage from 0 to 100.
pub(super) fn parse_percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text
        .trim_end_matches('%')
        .parse()
        .map_err(|_| "a number from 0 to 100".to_owned())?;
    if !(0.0..=100.0).contains(&percent) {
        return Err("a number from 0 to 100".to_owned());
    }
    // The service counts in parts of 10,000, and would round.
    let parts = percent * 100.0;
    if (parts - parts.round()).abs() > 1e-6 {
        return Err("two digits behind the dot at most".to_owned());
    }
    Ok(percent)
}

fn status(
    client: &Client,
    app: &str,
    name: &str,
    warning: Option<Warning>,
    output: &Output,
) -> Result<(), Failure> {
    let channel = channel::find(client, app, name)?;
    let path = ["api", "v1", "apps", app, "channels", name, "releases"];
    let history = client.get::<Releases>(&path)?.releases;
    let now = SystemTime::now();
    let releases = channel.releases.iter();
    let doubts = releases.filter_map(|release| doubt(release, now));
    let warnings = warning.into_iter().chain(doubts).collect();
    let status = Status {
        channel,
        history,
        warnings,
    };
    for warning in &status.warnings {
        output.warn(warning);
    }
    output.result(&status)
}

/// What is to be done about a statement that devices don't take, or soon won't.
fn doubt(release: &Release, now: SystemTime) -> Option<Warning> {
    let holding = release.statement?;
    let version = release.shown_version();
    let (until, when) = (holding.expires_at, holding.expires_at.distance_from(now));
    let way = match version {
        "builtin" => "`live-updater rollback --to builtin --statement`",
        _ => "publishing the same bundle with --statement",
    };
    if holding.is_over(now) {
        let message = format!(
            "the statement about {version} has expired at {until} ({when}), and devices refuse it: {way} renews it"
        );
        return Some(Warning::new("expired", message));
    }
    let message =
        format!("the statement about {version} expires at {until} ({when}): {way} renews it");
    let is_near = holding.has_less_left_than(NEAR, now);
    is_near.then(|| Warning::new("expires_soon", message))
}

#[derive(Debug, Serialize)]
struct Status {
    channel: Channel,
    /// The newest first.
    history: Vec<Release>,
    warnings: Vec<Warning>,
}

/// The part of its life below which a statement is near its end.
const NEAR: u32 = 4;
/// How many past releases people see.
const SHOWN: usize = 10;

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} gives {}", self.channel.name, gives(&self.channel))?;
        let reason = self.channel.partial();
        if let Some(reason) = reason.and_then(|partial| partial.paused_because.as_deref()) {
            let reason = crate::output::plain(reason);
            writeln!(f, "It paused by itself: {reason}")?;
        }
        if self.history.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        let mut table = Table::new([
            ">NO.",
            "VERSION",
            "STATE",
            ">SHARE",
            "STATEMENT UNTIL",
            "SINCE",
        ]);
        for release in self.history.iter().take(SHOWN) {
            table.row([
                release.sequence.to_string().as_str(),
                release.shown_version(),
                &release.state,
                &percent(release.percent),
                &until(release),
                &moment(&release.created_at),
            ]);
        }
        table.fmt(f)
    }
}

/// Until when a release's statement holds.
fn until(release: &Release) -> String {
    match &release.statement {
        Some(holding) => moment(&holding.expires_at.to_string()),
        None => yes(release.is_signed).to_owned(),
    }
}
