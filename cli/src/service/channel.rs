//! `live-updater channel`

use std::fmt;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};
use ureq::http::Method;

use super::answers::{AutoPause, Channel, Channels, Done};
use super::client::{Client, ServiceError};
use super::connection::AppConnection;
use super::table::{Table, names, percent, yes};
use crate::output::{Failure, Output};

/// List, make, change and delete the channels of an app on the update service.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater channel list
  live-updater channel create beta --self-set --platform ios
  live-updater channel set production --public --refuse major --auto-pause 5 --min-reports 50
  live-updater channel delete beta")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    connection: AppConnection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the channels, with what they give
    List,
    /// Change a channel; what isn't said stays as it is
    Set(Settings),
    /// Make a channel
    Create(Settings),
    /// Delete a channel, and its history
    Delete {
        /// The channel
        name: String,
    },
}

#[derive(Debug, Args)]
struct Settings {
    /// The channel
    name: String,

    /// Whether it is for devices that name no channel
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    public: Option<bool>,

    /// Whether devices may choose it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    self_set: Option<bool>,

    /// The only platforms that get something; may be given several times; `all` for every one
    #[arg(long = "platform", value_name = "NAME")]
    platforms: Vec<String>,

    /// What devices don't get, for those of Capgo's interface; may be given several times
    #[arg(long = "refuse", value_enum)]
    refuses: Vec<Refusal>,

    /// The percentage of failures at which a rollout pauses by itself; `off` for never
    #[arg(long, value_name = "PERCENT|off")]
    auto_pause: Option<Threshold>,

    /// How many reports it takes until that counts
    #[arg(long, value_name = "COUNT")]
    min_reports: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Refusal {
    /// Another first number of the version
    Major,
    /// Another second number
    Minor,
    /// Another third number
    Patch,
    /// A version below the app's own
    UnderNative,
    /// Anything, on emulators
    Emulator,
    /// Anything, on real devices
    Device,
    /// Anything, in development builds
    Dev,
    /// Anything, in production builds
    Prod,
    /// Nothing is refused
    None,
}

#[derive(Debug, Clone, Copy)]
struct Threshold(Option<f64>);

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            text => super::rollout::parse_percent(text).map(|percent| Self(Some(percent))),
        }
    }
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let (client, app) = arguments.connection.open()?;
    let channels = match &arguments.command {
        Command::List => list(&client, &app)?,
        Command::Set(settings) => {
            let known = find(&client, &app, &settings.name)?;
            vec![put(&client, &app, settings, &known.auto_pause)?]
        }
        Command::Create(settings) => vec![create(&client, &app, settings)?],
        Command::Delete { name } => {
            let path = ["api", "v1", "apps", &app, "channels", name];
            client.delete::<Done>(&path, &[])?;
            let deleted = name.clone();
            return output.result(&Deleted { deleted });
        }
    };
    output.result(&Report { channels })
}

/// The channels of an app, the oldest first.
pub(super) fn list(client: &Client, app: &str) -> Result<Vec<Channel>, ServiceError> {
    let path = ["api", "v1", "apps", app, "channels"];
    client.get::<Channels>(&path).map(|found| found.channels)
}

/// The channel with a name.
pub(super) fn find(client: &Client, app: &str, name: &str) -> Result<Channel, Failure> {
    let channels = list(client, app)?;
    let known: Vec<_> = channels.iter().map(|one| one.name.clone()).collect();
    let found = channels.into_iter().find(|one| one.name == name);
    found.ok_or_else(|| missing(app, name, &known))
}

pub(super) fn missing(app: &str, name: &str, known: &[String]) -> Failure {
    let message = format!(
        "{app} has no channel {name}, but: {}. `live-updater channel create {name}` makes it",
        names(known, "none")
    );
    Failure::new("not_found", message)
}

fn create(client: &Client, app: &str, settings: &Settings) -> Result<Channel, Failure> {
    let name = &settings.name;
    let known = list(client, app)?;
    if known.iter().any(|channel| channel.name == *name) {
        let message =
            format!("channel {name} is there: `live-updater channel set {name}` changes it");
        return Err(Failure::new("exists", message));
    }
    let none = AutoPause {
        failures: Some(10.0),
        min_reports: 20,
    };
    put(client, app, settings, &none)
}

fn put(
    client: &Client,
    app: &str,
    settings: &Settings,
    pause: &AutoPause,
) -> Result<Channel, Failure> {
    let mut change = serde_json::Map::new();
    let mut say = |key: &str, value: Option<Value>| {
        change.extend(value.map(|value| (key.to_owned(), value)));
    };
    say("public", settings.public.map(Value::from));
    say("selfSet", settings.self_set.map(Value::from));
    let platforms = &settings.platforms;
    say(
        "platforms",
        (!platforms.is_empty()).then(|| match platforms.iter().any(|name| name == "all") {
            true => json!([]),
            false => json!(platforms),
        }),
    );
    let refuses = settings.refuses.iter();
    let refuses = refuses.filter(|refusal| **refusal != Refusal::None);
    let refuses: Vec<_> = refuses
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| value.get_name().to_owned())
        .collect();
    say(
        "refuses",
        (!settings.refuses.is_empty()).then(|| json!(refuses)),
    );
    if settings.auto_pause.is_some() || settings.min_reports.is_some() {
        // Both are told, since the service takes them together.
        let failures = settings
            .auto_pause
            .map_or(pause.failures, |wanted| wanted.0);
        let min_reports = settings.min_reports.unwrap_or(pause.min_reports);
        say(
            "autoPause",
            Some(json!({ "failures": failures, "minReports": min_reports })),
        );
    }
    let path = ["api", "v1", "apps", app, "channels", &settings.name];
    Ok(client.send(Method::PUT, &path, &Value::Object(change))?)
}

#[derive(Debug, Serialize)]
struct Report {
    channels: Vec<Channel>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new([
            "CHANNEL",
            "GIVES",
            "PUBLIC",
            "SELF-SET",
            "PLATFORMS",
            "REFUSES",
            "PAUSES AT",
        ]);
        for channel in &self.channels {
            let pause = &channel.auto_pause;
            let pauses = pause.failures.map_or_else(
                || "never".to_owned(),
                |share| format!("{} of {}+", percent(share), pause.min_reports),
            );
            table.row([
                channel.name.as_str(),
                &gives(channel),
                yes(channel.public),
                yes(channel.self_set),
                &names(&channel.platforms, "all"),
                &names(&channel.refuses, "-"),
                &pauses,
            ]);
        }
        table.fmt(f)
    }
}

/// What devices of a channel get.
pub(super) fn gives(channel: &Channel) -> String {
    let full = channel
        .full()
        .map_or("nothing", |full| full.shown_version());
    match channel.partial() {
        None => full.to_owned(),
        Some(partial) => {
            let paused = if partial.is_paused() { ", paused" } else { "" };
            let share = percent(partial.percent);
            format!("{full}; {} to {share}{paused}", partial.shown_version())
        }
    }
}

#[derive(Debug, Serialize)]
struct Deleted {
    deleted: String,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deleted channel {}", self.deleted)
    }
}
