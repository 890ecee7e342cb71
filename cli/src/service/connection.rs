//! Which service is meant, whose key is used, and which app it is about.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use url::Url;

use super::client::Client;
use crate::output::{Failure, plain, whole_url};
use crate::serve::{ADDRESS_FILE, KEY_FILE};

/// Names service and app for a project's folder.
const PROJECT: &str = ".live-updater.json";
const SERVER: &str = "LIVE_UPDATER_SERVER";
const KEY: &str = "LIVE_UPDATER_KEY";

/// The service, and the key for it.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub(super) struct Connection {
    /// Where it is [default: LIVE_UPDATER_SERVER, or `server` in .live-updater.json]
    #[arg(long, value_name = "URL", global = true, value_parser = whole_url)]
    server: Option<Url>,

    /// The file that holds the API key [default: the key itself in LIVE_UPDATER_KEY]
    #[arg(long, value_name = "FILE", global = true)]
    key_file: Option<PathBuf>,

    /// The folder of a service that runs on this machine: its address is in it, and its first key,
    /// unless --key-file names another, or the file is gone
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,

    /// The certificate (PEM) of a private authority, which takes the place of the public ones
    #[arg(long, value_name = "CA.pem", global = true)]
    ca: Option<PathBuf>,
}

/// The service, and an app there.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub(super) struct AppConnection {
    /// The app [default: `appId` in .live-updater.json]
    #[arg(long, value_name = "ID", global = true)]
    app_id: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

impl Connection {
    /// A client for the service.
    pub(super) fn open(&self) -> Result<Client, Failure> {
        let server = self.server()?;
        Client::new(&server, &self.key()?, self.ca.as_deref())
    }

    fn server(&self) -> Result<Url, Failure> {
        if let Some(server) = &self.server {
            return Ok(server.clone());
        }
        if let Some(data) = &self.data {
            let file = data.join(ADDRESS_FILE);
            let text = fs::read_to_string(&file).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Failure::usage(format!(
                    "no service runs on {}: start one with `live-updater serve --data {0}`",
                    data.display()
                )),
                _ => Failure::unreadable(&file, &error),
            })?;
            return url(text.trim(), &file.display().to_string());
        }
        if let Ok(text) = std::env::var(SERVER) {
            return url(&text, SERVER);
        }
        match Project::read()?.server {
            Some(text) => url(&text, PROJECT),
            None => Err(Failure::usage(format!(
                "which service? Say --server URL, or set {SERVER}, or write {{\"server\": URL}} to {PROJECT}"
            ))),
        }
    }

    fn key(&self) -> Result<String, Failure> {
        let in_data = self.data.as_ref().map(|data| data.join(KEY_FILE));
        // Whoever took the first key elsewhere, as is advised, has deleted the file.
        let there = in_data.as_ref().filter(|file| file.exists());
        let text = match (self.key_file.as_ref().or(there), std::env::var(KEY).ok()) {
            (Some(file), _) => {
                fs::read_to_string(file).map_err(|error| Failure::unreadable(file, &error))?
            }
            (None, Some(key)) => key,
            (None, None) => {
                let gone = in_data.map_or_else(String::new, |file| {
                    format!(" {} isn't there.", file.display())
                });
                let message = format!("which key?{gone} Say --key-file FILE, or set {KEY}");
                return Err(Failure::usage(message));
            }
        };
        let key = text.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::usage(
                "what was given as a key is none: it has one line of letters, digits and the like",
            ));
        }
        Ok(key.to_owned())
    }
}

impl AppConnection {
    /// A client for the service, and the app that is meant.
    pub(super) fn open(&self) -> Result<(Client, String), Failure> {
        let app = match &self.app_id {
            Some(app) => Some(app.clone()),
            None => Project::read()?.app_id,
        };
        let app = app.filter(|app| !app.is_empty()).ok_or_else(|| {
            Failure::usage(format!(
                "which app? Say --app-id ID, or write {{\"appId\": ID}} to {PROJECT}"
            ))
        })?;
        Ok((self.connection.open()?, app))
    }
}

/// What `.live-updater.json` says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    server: Option<String>,
    app_id: Option<String>,
}

impl Project {
    /// That of the current folder; an empty one where there is none.
    fn read() -> Result<Self, Failure> {
        let path = Path::new(PROJECT);
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::unreadable(path, &error)),
        };
        let known = ["server", "appId"];
        let fields = serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(&text);
        let strange = fields.unwrap_or_default().into_iter().map(|(key, _)| key);
        if let Some(key) = strange.into_iter().find(|key| !known.contains(&&**key)) {
            return Err(Failure::usage(format!(
                "{PROJECT} has `{}`, which nobody knows: it holds `server` and `appId`, and never a key",
                plain(&key)
            )));
        }
        // The message names keys and places, and not the values.
        serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::usage(format!(
                "{PROJECT} can't be read at line {line}, column {column}: it holds `server` and `appId`, and never a key"
            ))
        })
    }
}

fn url(text: &str, place: &str) -> Result<Url, Failure> {
    whole_url(text).map_err(|error| Failure::usage(format!("{place} holds no URL: {error}")))
}
