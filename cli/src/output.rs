//! How commands speak: text for people, or one JSON value for scripts.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use live_updater_signing::SigningError;
use serde::Serialize;
use serde_json::json;
use url::{Host, Url};

/// Where a command's result goes.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a script reads it, and wants nothing but the result.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints what came out: its fields as JSON, or its `Display`.
    pub(crate) fn result(&self, result: &(impl Serialize + fmt::Display)) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string(result)
                .map_err(|error| Failure::new("internal", error.to_string()))?
        } else {
            result.to_string()
        };
        print(&text);
        Ok(())
    }

    /// Prints what isn't a result but a document, as it is.
    pub(crate) fn text(&self, text: &str) {
        print(text);
    }

    /// Tells people about something that they may not want. Scripts find it in the result.
    pub(crate) fn warn(&self, warning: &impl fmt::Display) {
        if !self.json {
            complain(&format!("warning: {warning}"));
        }
    }

    /// A bar on stderr for work on so many bytes; nothing where stderr is no terminal.
    pub(crate) fn progress(&self, bytes: u64) -> ProgressBar {
        if self.json {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(bytes);
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {bytes}/{total_bytes} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar
    }

    /// Tells why there is no result.
    pub(crate) fn failure(&self, failure: &Failure) -> ExitCode {
        if failure.message.is_empty() {
            // The result has said it.
        } else if self.json {
            print(&error_json(&failure.code, &failure.message));
        } else {
            complain(&format!("error: {}", failure.message));
        }
        ExitCode::from(failure.exit)
    }
}

/// Something that works, and may not be meant.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Warning {
    code: &'static str,
    message: String,
}

impl Warning {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<live_updater_signing::Warning> for Warning {
    fn from(warning: live_updater_signing::Warning) -> Self {
        Self::new(warning.code(), warning.to_string())
    }
}

/// Why a command has no result.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Cow<'static, str>,
    message: String,
    exit: u8,
}

impl Failure {
    /// It does not hold, or could not be done: exit code 1.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            exit: 1,
        }
    }

    /// Names what went wrong, for scripts.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// It does not hold, as the result has told: exit code 1.
    pub(crate) fn told() -> Self {
        Self::new("", "")
    }

    /// What was asked for makes no sense: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: "usage".into(),
            message: message.into(),
            exit: 2,
        }
    }

    /// A file that was named can't be read, so that nothing can be said: exit code 2.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("cannot read {}: {error}", path.display()))
    }

    /// A file can't be written.
    pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Self {
        let message = format!("cannot write {}: {error}", path.display());
        Self::new("storage", message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<live_updater::Error> for Failure {
    fn from(error: live_updater::Error) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        match error {
            live_updater::Error::Storage { .. } => Self { exit: 2, ..failure },
            _ => failure,
        }
    }
}

impl From<SigningError> for Failure {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Refused(error) => error.into(),
            SigningError::NoNativeVersion { .. } => Self::usage(
                "no native version lies between --min-app-version and --max-app-version",
            ),
            error if error.code() == "usage" => Self::usage(error.to_string()),
            error => Self::new(error.code(), error.to_string()),
        }
    }
}

/// What clap says about a command line that it can't read, or help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        print(&error_json("usage", error.to_string().trim_end()));
    } else {
        // A closed stream is nobody listening, and no reason to fail.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Bytes, as people read them.
pub(crate) fn human(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// A URL that names its scheme and its host.
pub(crate) fn whole_url(text: &str) -> Result<Url, String> {
    let url = match text.parse::<Url>() {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(format!("say https://{}", plain(text)));
        }
        Err(error) => return Err(error.to_string()),
    };
    match url.scheme() {
        "https" | "http" if url.has_host() => Ok(url),
        // What looks like a scheme is a host with its port.
        _ => Err(format!("say https://{}", plain(text))),
    }
}

/// Whether a URL leads to this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What others wrote, without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).collect()
}

fn error_json(code: &str, message: &str) -> String {
    json!({"error": {"code": code, "message": message}}).to_string()
}

fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{}", text.trim_end());
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
