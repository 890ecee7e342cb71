//! Signatures of bundles, and statements of releases, by keys that the service has.
//!
//! Whoever wants to keep the keys elsewhere signs there, and sends signature and statement along.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use live_updater::{StatementContent, read_statement};
use live_updater_signing::{
    BundleContent, PrivateKey, Signer, SigningError, Span, StatementBuilder, Timestamp,
};
use semver::Version;

use crate::catalogue::apps;
use crate::catalogue::bundles::{BundleRecord, NewBundle};
use crate::catalogue::channels::ChannelRecord;
use crate::clock;
use crate::error::ApiError;
use crate::settings::Settings;

/// Who gets a statement of a channel that names no platforms.
const ALL_PLATFORMS: [&str; 4] = ["android", "electron", "ios", "web"];

/// The keys of the service.
#[derive(Debug)]
pub(crate) struct Signing {
    for_all: Option<Arc<Signer>>,
    /// By app.
    own: HashMap<String, Arc<Signer>>,
    validity_days: u32,
}

impl Signing {
    /// Reads the key for all apps, and those of single apps: `DATA/keys/APP.pem`.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SigningError> {
        let for_all = settings.signing_key.as_deref().map(read_key).transpose()?;
        let mut own = HashMap::new();
        let folder = settings.data.join("keys");
        let files = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            files => Some(files.map_err(|error| unreadable(&folder, error))?),
        };
        for file in files.into_iter().flatten() {
            let path = file.map_err(|error| unreadable(&folder, error))?.path();
            let app = path.file_stem().and_then(|name| name.to_str());
            let is_key = path.extension().is_some_and(|extension| extension == "pem");
            if let Some(app) = app.filter(|app| is_key && apps::is_id(app)) {
                own.insert(app.to_owned(), read_key(&path)?);
            }
        }
        Ok(Self {
            for_all,
            own,
            validity_days: settings.statement_days.max(1),
        })
    }

    /// Whether the service signs for an app.
    pub(crate) fn signs(&self, app: &str) -> bool {
        self.signer(app).is_some()
    }

    /// The signature over a bundle's bytes (base64); none where there is no key.
    pub(crate) async fn sign_bundle(
        &self,
        app: &str,
        zip: &Path,
    ) -> Result<Option<String>, ApiError> {
        let Some(signer) = self.signer(app).cloned() else {
            return Ok(None);
        };
        let zip = zip.to_owned();
        let signed = tokio::task::spawn_blocking(move || signer.sign_file(&zip)).await;
        let signed = signed.map_err(|error| ApiError::Internal(error.to_string()))?;
        Ok(Some(signed.map_err(|error| not_signed(&error))?.signature))
    }

    /// The statement that a channel gives this with this sequence, as JSON; none where there is no
    /// key, or where a statement can't be made of the bundle, since it is encrypted.
    pub(crate) fn statement(
        &self,
        channel: &ChannelRecord,
        bundle: Option<&BundleRecord>,
        sequence: u64,
    ) -> Result<Option<String>, ApiError> {
        let Some(signer) = self.signer(&channel.app) else {
            return Ok(None);
        };
        let (app, name) = (&channel.app, &channel.name);
        let statement = match bundle {
            None => StatementBuilder::rollback_to_builtin(app, name),
            Some(record) => match content(&record.bundle) {
                Some((version, content)) => {
                    let bundle = &record.bundle;
                    let native = |text: &Option<String>| text.as_ref()?.parse().ok();
                    StatementBuilder::install(app, name, &version, content)
                        .min_app_version(native(&bundle.min_app_version))
                        .max_app_version(native(&bundle.max_app_version))
                }
                None => return Ok(None),
            },
        };
        let platforms = match channel.platforms.is_empty() {
            true => ALL_PLATFORMS.map(str::to_owned).to_vec(),
            false => channel.platforms.clone(),
        };
        let signed = statement
            .platforms(platforms)
            .sequence(sequence)
            .issued_at(Timestamp::now())
            .expires_in(Span::days(self.validity_days))
            .sign(std::slice::from_ref(signer.as_ref()));
        let json = signed.and_then(|envelope| envelope.to_json());
        json.map(Some).map_err(|error| not_signed(&error))
    }

    /// Whether a statement that was issued then should be made anew: half of its time is over.
    pub(crate) fn is_stale(&self, issued_at: i64, now: i64) -> bool {
        now - issued_at > i64::from(self.validity_days) * clock::DAY / 2
    }

    fn signer(&self, app: &str) -> Option<&Arc<Signer>> {
        self.own.get(app).or(self.for_all.as_ref())
    }
}

/// How far a sequence may be above the one before.
const LONGEST_JUMP: u64 = 1_000_000;
/// The highest sequence that a channel may begin with: it may have been counted elsewhere.
const HIGHEST_FIRST: u64 = 1_000_000_000_000;

/// A statement that was signed elsewhere, where it is about this; with its sequence.
pub(crate) fn check_statement(
    statement: &str,
    channel: &ChannelRecord,
    bundle: Option<&BundleRecord>,
) -> Result<u64, ApiError> {
    let stated = read_statement(statement)
        .map_err(|error| ApiError::invalid("invalid_statement", error.to_string()))?;
    let differs = |what: &str| {
        let message = format!("The statement is about another {what}");
        Err(ApiError::invalid("other_statement", message))
    };
    if stated.app_id != channel.app {
        return differs("app");
    }
    if stated.channel != channel.name {
        return differs("channel");
    }
    if !is_about(&stated, bundle) {
        return differs("bundle");
    }
    if stated.sequence <= channel.sequence {
        let message = format!(
            "The statement's sequence is {}, and the channel's last one was {}: sign a higher one",
            stated.sequence, channel.sequence
        );
        return Err(ApiError::conflict("old_statement", message));
    }
    // Devices refuse a longer jump, and nothing could follow the highest number that there is.
    let highest = match channel.sequence {
        0 => HIGHEST_FIRST,
        last => last + LONGEST_JUMP,
    };
    if stated.sequence > highest {
        let message = format!(
            "The statement's sequence is {}, and the channel's last one was {}: devices would \
             refuse the jump",
            stated.sequence, channel.sequence
        );
        return Err(ApiError::conflict("sequence_too_far", message));
    }
    Ok(stated.sequence)
}

fn is_about(stated: &StatementContent, bundle: Option<&BundleRecord>) -> bool {
    match (&stated.bundle, bundle) {
        (None, None) => true,
        (Some(stated_bundle), Some(record)) => {
            let bundle = &record.bundle;
            stated.version.as_ref() == Some(&bundle.version)
                && stated_bundle.size == bundle.size
                && stated_bundle.sha256.to_string() == bundle.checksum
        }
        _ => false,
    }
}

fn content(bundle: &NewBundle) -> Option<(Version, BundleContent)> {
    let content = BundleContent {
        size: bundle.size,
        sha256: bundle.checksum.parse().ok()?,
        files_sha256: bundle.files_sha256.as_ref()?.parse().ok()?,
        unpacked_size: bundle.unpacked_size,
    };
    Some((bundle.version.parse().ok()?, content))
}

fn unreadable(path: &Path, source: io::Error) -> SigningError {
    let path = path.to_owned();
    SigningError::Unreadable { path, source }
}

fn read_key(path: &Path) -> Result<Arc<Signer>, SigningError> {
    Ok(Arc::new(Signer::new(PrivateKey::read(path)?, None)?))
}

fn not_signed(error: &SigningError) -> ApiError {
    ApiError::Internal(format!("could not be signed: {error}"))
}
