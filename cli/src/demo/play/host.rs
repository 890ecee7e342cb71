//! The app around the web view: it launches, loads the page, and passes on its call.

use std::path::Path;
use std::{fmt, io};

use device_process::{CallError, Process};
use serde_json::{Value, json};

use super::{Cast, Stop};
use crate::demo::evidence::Launched;
use crate::demo::page::Page;

/// Who calls where the page isn't seen to.
const BY_DEMO: &str = " (called by the demo)";

/// A running app.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) process: Process,
}

/// What the host has from a launch.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) launched: Launched,
    pub(super) token: String,
    pub(super) path: Option<String>,
}

/// What a sync answered.
#[derive(Debug)]
pub(super) struct SyncAnswer {
    /// A status with its reason, or an error's code.
    pub(super) verdict: String,
    /// What the error says to people.
    pub(super) message: Option<String>,
}

impl Host {
    pub(super) fn new(process: Process) -> Self {
        Self { process }
    }

    pub(super) fn call(&mut self, method: &str, params: Value) -> Result<Value, CallError> {
        self.process.call(method, params)
    }

    /// Launches, and loads the page.
    pub(super) fn launch(&mut self, cast: &Cast<'_>) -> Result<Running, Stop> {
        let answer = self.call("launch", json!({}))?;
        let running = Running::new(&answer);
        cast.stage.say("launch", &running.launched);
        Ok(running)
    }

    /// Loads the page; where it calls `notifyAppReady`, the bundle's status after that.
    pub(super) fn show(
        &mut self,
        cast: &Cast<'_>,
        running: &Running,
    ) -> Result<Option<String>, Stop> {
        let Some(page) = running.page(cast)? else {
            // The user's app has a builtin version, and nothing is known of it.
            return self.ready(cast, running, BY_DEMO).map(Some);
        };
        let title = page.title.as_deref().unwrap_or("without a title");
        if cast.app.calls_ready(&running.launched.version, &page) {
            cast.stage.say("page", format!("“{title}”"));
            let caller = if page.calls_ready { "" } else { BY_DEMO };
            self.ready(cast, running, caller).map(Some)
        } else if page.calls_ready {
            cast.stage.trouble(
                "page",
                format!("“{title}”, kept from calling notifyAppReady"),
            );
            Ok(None)
        } else {
            cast.stage
                .trouble("page", format!("“{title}” never calls notifyAppReady"));
            Ok(None)
        }
    }

    /// The page calls `notifyAppReady`; the bundle's status after that.
    fn ready(&mut self, cast: &Cast<'_>, running: &Running, caller: &str) -> Result<String, Stop> {
        let answer = self.call("notifyAppReady", json!({"launchToken": running.token}))?;
        let status = text(&answer["bundle"]["status"]);
        cast.stage
            .say("ready", format!("notifyAppReady{caller}: {status}"));
        Ok(status)
    }

    pub(super) fn sync(&mut self) -> Result<SyncAnswer, Stop> {
        let answer = self.call("sync", json!({}));
        SyncAnswer::read(answer)
    }

    /// Waits until no report is left to deliver, or none can be.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        self.call("flush", json!({}))?;
        Ok(())
    }

    pub(super) fn kill(self) -> io::Result<()> {
        self.process.kill()
    }

    pub(super) fn close(self) -> io::Result<()> {
        self.process.close().map(drop)
    }
}

impl Running {
    pub(super) fn new(answer: &Value) -> Self {
        Self {
            launched: Launched::new(answer),
            token: text(&answer["launchToken"]),
            path: answer["path"].as_str().map(str::to_owned),
        }
    }

    fn page(&self, cast: &Cast<'_>) -> Result<Option<Page>, Stop> {
        let folder = match &self.path {
            Some(path) => Some(Path::new(path)),
            None => cast.builtin.as_deref(),
        };
        Ok(folder.map(Page::load).transpose()?)
    }
}

impl SyncAnswer {
    pub(super) fn read(answer: Result<Value, CallError>) -> Result<Self, Stop> {
        match answer {
            Ok(answer) => {
                let status = text(&answer["status"]);
                let verdict = match answer["reason"].as_str() {
                    Some(reason) => format!("{status} ({reason})"),
                    None => status,
                };
                Ok(Self {
                    verdict,
                    message: None,
                })
            }
            Err(CallError::Refused { code, message, .. }) => Ok(Self {
                verdict: code,
                message: Some(message),
            }),
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Display for SyncAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.verdict)?;
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
