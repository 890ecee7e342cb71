//! `live-updater sign statement`: a release, signed as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use live_updater::{NativeVersion, ParseDigestError, Sha256Digest, SignatureAlgorithm};
use live_updater_signing::{
    BundleContent, Envelope, Payload, Span, StatementBuilder, Timestamp, read_public_key,
};
use semver::Version;

use super::report::{self, Report};
use crate::output::{Failure, Output, Warning};
use crate::statement::{SequenceFile, SequenceLine, WantedSequence};

const SEQUENCE_FILE: &str = "live-updater.sequences.jsonl";

/// Sign a release as a whole: bundle, app, channel, version, sequence and expiry in one statement.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  live-updater sign statement bundles/1.2.0.zip --version 1.2.0 --app-id com.example.app \\
      --key keys/live-updater.private.pem
  live-updater sign statement --rollback-to-builtin --app-id com.example.app \\
      --key keys/live-updater.private.pem --out bundles/back.statement.json

The statement is what the update server answers as `release`. The sequence is one more than the
last of this app's channel in the sequence file: keep that file, and share it between the machines
that sign.")]
pub(crate) struct Arguments {
    /// The bundle
    #[arg(
        value_name = "FILE.zip",
        required_unless_present = "rollback_to_builtin"
    )]
    bundle: Option<PathBuf>,

    /// A private key in PEM; several sign together, for a threshold over 1
    #[arg(long = "key", value_name = "PRIVATE.pem", required = true)]
    keys: Vec<PathBuf>,

    /// rsa-pss-sha256 for RSA keys that would sign with rsa-pkcs1-sha256 otherwise
    #[arg(long, value_name = "NAME")]
    algorithm: Option<SignatureAlgorithm>,

    /// The app, as its configuration names it
    #[arg(long, value_name = "ID", value_parser = nonempty)]
    app_id: String,

    /// The channel
    #[arg(long, value_name = "NAME", default_value = "production", value_parser = nonempty)]
    channel: String,

    /// The platforms that the release is for; may be given several times
    #[arg(
        long = "platform",
        value_name = "NAME",
        default_values = ["android", "ios"],
        value_parser = ["android", "ios", "web", "electron"]
    )]
    platforms: Vec<String>,

    /// The bundle's version, as in semver
    #[arg(
        long = "version",
        value_name = "VERSION",
        required_unless_present = "rollback_to_builtin"
    )]
    bundle_version: Option<Version>,

    /// How long devices take it: 30m, 12h, 90d, 8w
    #[arg(long, value_name = "SPAN", default_value = "90d")]
    expires_in: Span,

    /// The moment from which devices refuse it, in place of a span
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in")]
    expires_at: Option<Timestamp>,

    /// The moment of issue, as 2026-11-22T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    issued_at: Option<Timestamp>,

    /// The lowest native version that the bundle runs on
    #[arg(long, value_name = "VERSION")]
    min_app_version: Option<NativeVersion>,

    /// The highest native version that the bundle runs on
    #[arg(long, value_name = "VERSION")]
    max_app_version: Option<NativeVersion>,

    /// Take devices back to the files in the app's package
    #[arg(long, conflicts_with = "bundle")]
    rollback_to_builtin: bool,

    /// A key that devices are to refuse from now on: its id, or its public half in PEM; may be
    /// given several times
    #[arg(long = "revoke", value_name = "KEYID|PUBLIC.pem")]
    revoked: Vec<String>,

    /// The sequence, which may only go up [default: one more than the last]
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<u64>,

    /// Take a --sequence over 1000000 above the last one: devices that have seen none nearer to it
    /// refuse the statement, and every later one
    #[arg(long, requires = "sequence")]
    force_sequence: bool,

    /// Where sequences are counted [default: live-updater.sequences.jsonl beside the first key]
    #[arg(long, value_name = "FILE")]
    sequence_file: Option<PathBuf>,

    /// Where the statement goes; - is stdout [default: FILE.statement.json beside FILE.zip]
    #[arg(long, value_name = "FILE.json|-")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let out = out(arguments)?;
    // All that can be wrong is found before a sequence is used up.
    let keys = report::signers(&arguments.keys, arguments.algorithm)?;
    let payload = payload(arguments)?;
    payload.must_not_revoke_all(&keys)?;
    refuse_other(&out, &payload)?;

    let Numbered {
        payload,
        sequence_file,
        warning,
    } = number(arguments, payload, output)?;
    let envelope = payload.sign(&keys).map_err(|error| error.in_file(&out))?;
    let warnings = warning.into_iter().chain(other_version(arguments));
    let report = Report::new(&out, envelope, &keys, warnings);
    report.warn(output);
    if out == Path::new("-") {
        return report.print_envelope(output);
    }
    report.envelope.write(&out)?;
    output.result(&report.counted_in(sequence_file))
}

fn out(arguments: &Arguments) -> Result<PathBuf, Failure> {
    match (&arguments.out, &arguments.bundle) {
        (Some(out), _) => Ok(out.clone()),
        (None, Some(bundle)) => Ok(bundle.with_extension("statement.json")),
        (None, None) => Err(Failure::usage(
            "say with --out where the statement goes, such as bundles/back.statement.json",
        )),
    }
}

/// What is signed, but for its sequence.
fn payload(arguments: &Arguments) -> Result<Payload, Failure> {
    let (app_id, channel) = (&arguments.app_id, &arguments.channel);
    let issued_at = arguments.issued_at.unwrap_or_else(Timestamp::now);
    let revoked = arguments.revoked.iter().map(|text| key_id(text));
    let revoked = revoked.collect::<Result<Vec<_>, _>>()?;
    let mut builder = match (&arguments.bundle, &arguments.bundle_version) {
        (Some(zip), Some(version)) => {
            StatementBuilder::install(app_id, channel, version, BundleContent::read(zip)?)
        }
        (Some(_), None) => return Err(Failure::usage("a bundle is installed with --version")),
        (None, Some(version)) => {
            StatementBuilder::rollback_to_builtin(app_id, channel).version(version)
        }
        (None, None) => StatementBuilder::rollback_to_builtin(app_id, channel),
    };
    builder = match arguments.expires_at {
        Some(moment) => builder.expires_at(moment),
        None => builder.expires_in(arguments.expires_in),
    };
    Ok(builder
        .platforms(&arguments.platforms)
        .issued_at(issued_at)
        .min_app_version(arguments.min_app_version.clone())
        .max_app_version(arguments.max_app_version.clone())
        .revoked(revoked)
        .sequence(0)
        .build()?)
}

/// A payload that has its sequence.
struct Numbered {
    payload: Payload,
    sequence_file: PathBuf,
    warning: Option<Warning>,
}

/// Gives the payload its sequence.
fn number(
    arguments: &Arguments,
    mut payload: Payload,
    output: &Output,
) -> Result<Numbered, Failure> {
    let path = match (&arguments.sequence_file, arguments.keys.first()) {
        (Some(path), _) => path.clone(),
        (None, Some(key)) => key.with_file_name(SEQUENCE_FILE),
        (None, None) => return Err(Failure::usage("a key is needed")),
    };
    let file = SequenceFile::open(&path, output)?;
    let last = file.last(&payload.app_id, &payload.channel);
    let is_first = last.is_none() && arguments.sequence.is_none();
    if is_first {
        refuse_first_with_revoked(&path, &payload)?;
    }
    let line = SequenceLine {
        app_id: payload.app_id.clone(),
        channel: payload.channel.clone(),
        sequence: 0,
        version: payload.version.clone(),
        action: payload.action,
        issued_at: payload.issued_at,
    };
    let wanted = match arguments.sequence {
        None => WantedSequence::Next,
        Some(sequence) if arguments.force_sequence => WantedSequence::Forced(sequence),
        Some(sequence) => WantedSequence::Exactly(sequence),
    };
    payload.sequence = file.take(wanted, line)?;
    Ok(Numbered {
        warning: is_first.then(|| begins(&path, &payload)),
        payload,
        sequence_file: path,
    })
}

fn begins(path: &Path, payload: &Payload) -> Warning {
    let message = format!(
        "{} knew no sequence of {}, channel {}: it begins with 1. Where statements were signed before, devices refuse this one: say --sequence with a higher number than theirs",
        path.display(),
        payload.app_id,
        payload.channel
    );
    Warning::new("first_sequence", message)
}

/// A first sequence comes too late for devices that have seen others, and so does what it revokes.
fn refuse_first_with_revoked(path: &Path, payload: &Payload) -> Result<(), Failure> {
    if payload.revoked.is_none() {
        return Ok(());
    }
    let message = format!(
        "{} knows no sequence of {}, channel {}, and with the first one devices that have seen others would refuse the revocation: name the file of who has signed before with --sequence-file, or say --sequence with a higher number than theirs",
        path.display(),
        payload.app_id,
        payload.channel
    );
    Err(Failure::new("sequence", message))
}

/// A file that is called after another version than the statement's was mistaken for one.
fn other_version(arguments: &Arguments) -> Option<Warning> {
    let (path, version) = (
        arguments.bundle.as_ref()?,
        arguments.bundle_version.as_ref()?,
    );
    let name = path.file_stem()?.to_str()?;
    let named = mock_update_server::version_in(name)?;
    if named == *version || name.contains(&version.to_string()) {
        return None;
    }
    let message = format!(
        "{} is called after version {named}, and the statement says that it is {version}",
        path.display()
    );
    Some(Warning::new("other_version", message))
}

/// A statement for another channel would be lost without a word.
fn refuse_other(out: &Path, payload: &Payload) -> Result<(), Failure> {
    if out == Path::new("-") || !out.exists() {
        return Ok(());
    }
    let is_same = Envelope::read(out).is_ok_and(|there| {
        let there = there.content();
        there.app_id == payload.app_id && there.channel == payload.channel
    });
    if is_same {
        return Ok(());
    }
    let message = format!(
        "{} is there, and is not a statement for {}, channel {}: delete it, or say --out with another name, such as NAME.{}.statement.json",
        out.display(),
        payload.app_id,
        payload.channel,
        payload.channel
    );
    Err(Failure::new("exists", message))
}

/// The id that a person means by an id or by a file with the public key.
fn key_id(text: &str) -> Result<Sha256Digest, Failure> {
    if let Ok(id) = text.parse::<Sha256Digest>() {
        return Ok(id);
    }
    let path = Path::new(text);
    if !fs::exists(path).unwrap_or(false) {
        return Err(Failure::usage(format!(
            "{text:?} is neither a key id of 64 hex digits nor a file with a public key"
        )));
    }
    let key = read_public_key(path, None)?;
    key.key_id()
        .parse()
        .map_err(|error: ParseDigestError| Failure::new("internal", error.to_string()))
}

fn nonempty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(text.to_owned())
}
