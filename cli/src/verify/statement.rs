//! Verifies a release statement, and the bundle that it is about.

use std::path::PathBuf;
use std::time::SystemTime;
use std::{fmt, fs};

use clap::Args;
use live_updater::{Error, Sha256Digest, VerifiedStatement, verify_statement};
use live_updater_signing::{Payload, refuse_answer};
use serde::Serialize;

use super::{Arguments, pinned_keys};
use crate::output::{Failure, Output, Warning};
use crate::statement::Table;

/// What is asked of a statement.
#[derive(Debug, Args)]
#[command(next_help_heading = "For statements")]
pub(super) struct Options {
    /// The bundle that it has to be about
    #[arg(long, value_name = "FILE.zip")]
    bundle: Option<PathBuf>,

    /// How many of the keys have to have signed [default: 1]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..))]
    threshold: Option<u8>,

    /// The app that it has to be for
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,

    /// The channel that it has to be for
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,

    /// A platform that it has to be for
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,
}

impl Options {
    pub(super) fn is_used(&self) -> bool {
        let Self {
            bundle,
            threshold,
            app_id,
            channel,
            platform,
        } = self;
        let addressee = [app_id, channel, platform];
        bundle.is_some() || threshold.is_some() || addressee.iter().any(|part| part.is_some())
    }
}

pub(super) fn verify(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let (path, options) = (&arguments.file, &arguments.statement);
    let keys = pinned_keys(arguments)?
        .ok_or_else(|| Failure::usage("a statement is verified with --key"))?;
    let threshold = usize::from(options.threshold.unwrap_or(1));
    if threshold > keys.as_slice().len() {
        return Err(Failure::usage(format!(
            "{threshold} different keys are needed: give each with --key"
        )));
    }
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    refuse_answer(&text).map_err(|error| error.in_file(path))?;
    let verified = verify_statement(&text, &keys, threshold, SystemTime::now())?;
    let mut warnings = warnings(&verified, threshold);
    let payload_sha256 = verified.content.sha256;
    let statement = Payload::from(verified.content);
    must_be_for(&statement, options)?;
    match (&statement.bundle, &options.bundle) {
        (Some(stated), Some(zip)) => {
            warnings.extend(stated.must_be(zip)?.map(Warning::from));
        }
        (None, Some(_)) => return Err(Failure::usage("this statement is about no bundle")),
        (_, None) => {}
    }
    for warning in &warnings {
        output.warn(warning);
    }
    output.result(&Report {
        file: path.clone(),
        payload_sha256,
        key_ids: verified.key_ids,
        threshold,
        bundle_holds: options.bundle.as_ref().map(|_| true),
        statement,
        warnings,
    })
}

/// What holds, and does not do what it says.
fn warnings(verified: &VerifiedStatement, threshold: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if verified.ignores_revoked {
        let message = format!(
            "devices that pin these keys ignore `revoked`: fewer than {threshold}, which have to sign, would be left"
        );
        warnings.push(Warning::new("revoked_ignored", message));
    }
    let revoked = verified.content.revoked.iter();
    let no_key_ids = revoked.filter(|id| id.parse::<Sha256Digest>().is_err());
    warnings.extend(no_key_ids.map(|id| {
        let message = format!("devices ignore {id:?} in `revoked`: a key id has 64 hex digits");
        Warning::new("no_key_id", message)
    }));
    warnings
}

fn must_be_for(statement: &Payload, options: &Options) -> Result<(), Failure> {
    let mismatch = |what, named: String, own: &String| {
        let own = own.clone();
        Err(Error::AppMismatch { what, named, own }.into())
    };
    if let Some(own) = &options.app_id
        && *own != statement.app_id
    {
        return mismatch("app", statement.app_id.clone(), own);
    }
    if let Some(own) = &options.channel
        && *own != statement.channel
    {
        return mismatch("channel", statement.channel.clone(), own);
    }
    match &options.platform {
        Some(own) if !statement.platforms.contains(own) => {
            mismatch("platform", statement.platforms.join(", "), own)
        }
        _ => Ok(()),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    file: PathBuf,
    statement: Payload,
    payload_sha256: Sha256Digest,
    /// Whose signatures hold.
    key_ids: Vec<String>,
    threshold: usize,
    /// `None`: not asked for.
    bundle_holds: Option<bool>,
    warnings: Vec<Warning>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<13}{}", "statement", self.file.display())?;
        Table(&self.statement).fmt(f)?;
        writeln!(f, "{:<13}{}", "payload", self.payload_sha256)?;
        for key_id in &self.key_ids {
            writeln!(f, "{:<13}holds, by key {key_id}", "signature")?;
        }
        writeln!(f, "{:<13}{}", "threshold", self.threshold)?;
        match (self.bundle_holds, &self.statement.bundle) {
            (Some(_), _) => writeln!(f, "{:<13}is the one of the statement", "bundle"),
            (None, Some(_)) => writeln!(f, "{:<13}not looked at (--bundle)", "bundle"),
            (None, None) => Ok(()),
        }
    }
}
