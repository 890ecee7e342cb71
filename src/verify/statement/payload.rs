//! What a statement says, read from the bytes that were verified.

use semver::Version;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{bad_key, instant, json, malformed};
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::keys::{KeyProblem, Keys};

/// The highest sequence, and the highest of all numbers: what JavaScript counts up to exactly.
pub(crate) const MAX_SEQUENCE: u64 = (1 << 53) - 1;

const ACTIONS: [&str; 2] = ["install", "rollbackToBuiltin"];

/// What a statement says. Keys that this version doesn't know are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// SHA-256 of the payload: tells one statement from another.
    pub(crate) digest: Sha256Digest,
    pub(crate) app_id: String,
    pub(crate) channel: String,
    pub(crate) platforms: Vec<String>,
    /// Its place among the statements for its app and channel.
    pub(crate) sequence: u64,
    /// When it was made, in milliseconds since the Unix epoch.
    pub(crate) issued_at: u64,
    /// From when on it counts no longer.
    pub(crate) expires_at: Expiry,
    pub(crate) min_app_version: Option<String>,
    pub(crate) max_app_version: Option<String>,
    pub(crate) action: Action,
    /// Ids of keys that are no longer to be trusted, in lower case.
    pub(crate) revoked: Vec<String>,
}

/// A moment, with the text that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expiry {
    pub(crate) millis: u64,
    pub(crate) text: String,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Install(StatedBundle),
    RollbackToBuiltin,
}

/// The bundle that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatedBundle {
    pub(crate) version: Version,
    /// Bytes of the zip.
    pub(crate) size: u64,
    /// SHA-256 of the zip.
    pub(crate) sha256: Sha256Digest,
    /// SHA-256 of the list of its files.
    pub(crate) files_sha256: Sha256Digest,
    /// Bytes of all files together.
    pub(crate) unpacked_size: Option<u64>,
}

impl Statement {
    /// Reads a payload whose signatures hold.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Error> {
        let object = json::parse_object(payload)
            .map_err(|error| malformed(format!("its payload can't be read: {error}")))?;
        let digest = Sha256Digest::new(Sha256::digest(payload).into());
        Self::from_keys(Keys::new("", object), digest).map_err(bad_key)
    }

    fn from_keys(mut keys: Keys, digest: Sha256Digest) -> Result<Self, KeyProblem> {
        let revoked = keys.texts("revoked")?;
        let (issued_at, _) = moment(&mut keys, "issuedAt")?;
        let (expires_at, text) = moment(&mut keys, "expiresAt")?;
        Ok(Self {
            digest,
            app_id: keys.required_text("appId")?,
            channel: keys.required_text("channel")?,
            platforms: keys.texts("platforms")?,
            sequence: keys.required_number("sequence", 0..=MAX_SEQUENCE)?,
            issued_at,
            expires_at: Expiry {
                millis: expires_at,
                text,
            },
            min_app_version: keys.native_version("minAppVersion")?,
            max_app_version: keys.native_version("maxAppVersion")?,
            action: action(&mut keys)?,
            revoked: revoked.iter().map(|id| id.to_ascii_lowercase()).collect(),
        })
    }
}

fn action(keys: &mut Keys) -> Result<Action, KeyProblem> {
    let action = keys.choice("action", &ACTIONS)?;
    let action = action.ok_or_else(|| keys.problem("action", "missing"))?;
    let bundle = keys.take("bundle");
    if action != ACTIONS[0] {
        return match bundle {
            None => Ok(Action::RollbackToBuiltin),
            Some(_) => Err(keys.problem("bundle", "builtin takes none")),
        };
    }
    let Some(Value::Object(object)) = bundle else {
        return Err(keys.problem("bundle", "must be an object"));
    };
    let mut bundle = Keys::new("bundle.", object);
    Ok(Action::Install(StatedBundle {
        version: keys.parsed("version")?,
        size: bundle.required_number("size", 1..=MAX_SEQUENCE)?,
        sha256: bundle.parsed("sha256")?,
        files_sha256: bundle.parsed("filesSha256")?,
        unpacked_size: bundle.number("unpackedSize", 0..=MAX_SEQUENCE)?,
    }))
}

fn moment(keys: &mut Keys, key: &str) -> Result<(u64, String), KeyProblem> {
    let text = keys.required_text(key)?;
    match instant::parse(&text) {
        Some(millis) => Ok((millis, text)),
        None => Err(keys.problem(key, "must be like 2026-11-22T08:00:00Z")),
    }
}
