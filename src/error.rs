//! What can go wrong, in one enum with stable codes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that a call can fail with.
///
/// [`code`](Error::code) is stable: programs may match on it, across versions and across
/// languages. The message is for people, and never holds a token, a query string or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration has an unknown key or a bad value.
    #[error("configuration: {key}: {problem}")]
    Config {
        /// The key as it is written in the configuration file.
        key: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },

    /// The call makes no sense now, or its parameters don't.
    #[error("{problem}")]
    InvalidRequest {
        /// What was expected.
        problem: String,
    },

    /// The server could not be reached, or the connection broke too often.
    ///
    /// This is typically caused by a poor network; what was received is kept.
    #[error("cannot reach {url}: {problem}")]
    Network {
        /// Where, without its query.
        url: String,
        /// What the network said.
        problem: String,
    },

    /// The server took longer than the configuration allows.
    #[error("{url} did not answer within {} ms", after.as_millis())]
    Timeout {
        /// Where, without its query.
        url: String,
        /// How long it was waited for.
        after: Duration,
    },

    /// The server answered with a status that is no success.
    #[error("{url} answered with HTTP status {status}")]
    HttpStatus {
        /// Where, without its query.
        url: String,
        /// The status code.
        status: u16,
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },

    /// The server asks for fewer requests.
    #[error("the server asks to wait before the next request")]
    RateLimited {
        /// How long to wait, where the server said it.
        retry_after: Option<Duration>,
    },

    /// The server's answer is not what the protocol says.
    ///
    /// This is typically caused by a captive portal, a proxy, or a wrong `updateUrl`.
    #[error("{url} broke the protocol: {problem}")]
    Protocol {
        /// Where, without its query.
        url: String,
        /// What was expected and what came.
        problem: String,
    },

    /// The server says why it doesn't answer what was asked.
    ///
    /// This is typically caused by an app or a channel that isn't set up on the server.
    #[error("{url} refuses to answer: {problem}")]
    Refused {
        /// Where, without its query.
        url: String,
        /// The server's own code, and its message.
        problem: String,
    },

    /// The server has no such thing.
    #[error("{url} does not exist on the server")]
    NotFound {
        /// Where, without its query.
        url: String,
    },

    /// The device's disk is too full.
    #[error("not enough space{}", in_numbers(*needed, *available))]
    InsufficientStorage {
        /// Bytes needed; 0 where that isn't known.
        needed: u64,
        /// Bytes free, as far as it is known.
        available: u64,
    },

    /// More bytes came than the release or the limits allow.
    #[error("{what} is larger than {limit} bytes")]
    SizeExceeded {
        /// What was being received.
        what: String,
        /// The most it may have.
        limit: u64,
    },

    /// The size is not the one that the release names.
    #[error("the bundle has {found} bytes, the release says {expected}")]
    SizeMismatch {
        /// Bytes that the release names.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },

    /// The files in the bundle are not those that the release statement names.
    #[error(
        "the SHA-256 of the bundle's file list is {found}, the release statement says {expected}"
    )]
    FilesMismatch {
        /// Hex digits that the statement names.
        expected: String,
        /// Hex digits of what was unpacked.
        found: String,
    },

    /// The SHA-256 is not the one that the release names.
    #[error("the bundle's SHA-256 is {found}, the release says {expected}")]
    ChecksumMismatch {
        /// Hex digits that the release names.
        expected: String,
        /// Hex digits of what came.
        found: String,
    },

    /// The release has no signature, and the configuration asks for one.
    #[error("release {version} has no signature, and the configuration trusts signed bundles only")]
    SignatureMissing {
        /// The release's version.
        version: String,
    },

    /// A bundle doesn't come encrypted, and the configuration trusts encrypted ones only.
    #[error("{lack}, and trust mode `capgo` takes encrypted bundles only: {remedy}")]
    EncryptionMissing {
        /// What isn't there.
        lack: String,
        /// What to do.
        remedy: &'static str,
    },

    /// There is no release statement, or one that nobody has signed.
    #[error("{holder} has no {what}, and trust mode `statement` takes nothing without one")]
    StatementMissing {
        /// What it should be in.
        holder: String,
        /// What isn't there.
        what: &'static str,
    },

    /// The signature is not one of a pinned key over these bytes.
    #[error("the signature does not hold: {problem}")]
    SignatureInvalid {
        /// Why, as far as it can be told.
        problem: String,
    },

    /// The release statement is signed, and by none of the pinned keys that still count.
    #[error("the release statement is signed by key {key_id}, which is not trusted here")]
    UntrustedKey {
        /// The key that it names, or one of them.
        key_id: String,
    },

    /// The release statement is signed by a pinned key that was revoked, or that it revokes itself.
    #[error("the release statement is signed by key {key_id}, which was revoked")]
    RevokedKey {
        /// The key that it names, or one of them.
        key_id: String,
    },

    /// The release statement is for another app, channel or platform.
    #[error(
        "the release statement is for {}, and this is {own}",
        addressee(what, named)
    )]
    AppMismatch {
        /// `app`, `channel` or `platform`.
        what: &'static str,
        /// What the statement names; empty where that is nothing.
        named: String,
        /// What this is.
        own: String,
    },

    /// The release statement counts no longer.
    ///
    /// This is typically caused by a server that was left alone for too long, a clock that is
    /// wrong, or an attacker who holds newer releases back.
    #[error("the release statement has expired: it held until {until}{}", by_statement(present.as_ref()))]
    Expired {
        /// Until when it held, in RFC 3339.
        until: String,
        /// What was taken for now, in RFC 3339, where a statement's `issuedAt` told it and not
        /// the clock.
        present: Option<String>,
    },

    /// The release is older than what runs or than what the app was built with.
    #[error("version {offered} is older than {installed}, and downgrades are not allowed")]
    Downgrade {
        /// The version on offer.
        offered: String,
        /// The version that must not be undercut.
        installed: String,
    },

    /// The release statement's place in the row of statements is not one that may follow.
    #[error("the release statement has sequence {offered}, which {relation} {floor}")]
    Sequence {
        /// The sequence on offer.
        offered: u64,
        /// How it stands to the floor.
        relation: &'static str,
        /// The floor: what this device has seen, or `minSequence`.
        floor: u64,
    },

    /// The release is for other versions of the native app.
    #[error("the bundle is for native versions {needed}, this is {found}")]
    NativeVersion {
        /// The range that the release names.
        needed: String,
        /// The app's native version.
        found: String,
    },

    /// This version or these bytes were found to be bad before.
    #[error("version {version} is blocked: {reason}")]
    Blocked {
        /// The version.
        version: String,
        /// `failed` or `refused`.
        reason: &'static str,
    },

    /// The file is not a zip that this library reads.
    #[error("not a valid archive: {problem}{}", in_entry(.entry.as_ref()))]
    InvalidArchive {
        /// The entry, where it is about one.
        entry: Option<String>,
        /// What is wrong.
        problem: String,
    },

    /// The archive holds a name that could reach outside of the bundle, or that other systems
    /// read in another way.
    #[error("unsafe path in the archive: {path:?}: {problem}")]
    UnsafePath {
        /// The name, lossily decoded.
        path: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The archive is larger than the configured limits.
    #[error("the archive has {found} {what}, the limit is {limit}")]
    ArchiveLimit {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// What the archive has, or says that it has.
        found: u64,
    },

    /// The archive has no `index.html` at its root nor in its only folder, or an empty one.
    #[error("the archive has no index.html at its root, or an empty one")]
    MissingIndex,

    /// Another call or another process is at work on the same root.
    #[error("{what} is in use by another call or process")]
    Busy {
        /// What is busy.
        what: String,
    },

    /// The launch token is not the current launch's.
    ///
    /// This is typically caused by a page that was replaced and still runs for a moment.
    #[error("the launch token is not the current launch's")]
    StaleLaunch,

    /// There is no bundle with this id.
    #[error("there is no bundle {id:?}")]
    UnknownBundle {
        /// The id that was asked for.
        id: String,
    },

    /// The bundle is in use and can't be deleted or condemned.
    #[error("bundle {id} is protected: {why}")]
    ProtectedBundle {
        /// The bundle.
        id: String,
        /// What it is needed for.
        why: &'static str,
    },

    /// A file operation failed.
    #[error("cannot {operation} {}: {source}", path.display())]
    Storage {
        /// What was tried.
        operation: &'static str,
        /// On what, relative to the root.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The call was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// The stable, `snake_case` name of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::Network { .. } => "network",
            Self::Timeout { .. } => "timeout",
            Self::HttpStatus { .. } => "http_status",
            Self::RateLimited { .. } => "rate_limited",
            Self::Protocol { .. } => "protocol",
            Self::Refused { .. } => "protocol",
            Self::NotFound { .. } => "not_found",
            Self::InsufficientStorage { .. } => "insufficient_storage",
            Self::SizeExceeded { .. } => "size_exceeded",
            Self::SizeMismatch { .. } => "size_mismatch",
            Self::ChecksumMismatch { .. } => "checksum_mismatch",
            Self::FilesMismatch { .. } => "checksum_mismatch",
            Self::SignatureMissing { .. } => "signature_missing",
            Self::EncryptionMissing { .. } => "signature_missing",
            Self::StatementMissing { .. } => "signature_missing",
            Self::SignatureInvalid { .. } => "signature_invalid",
            Self::UntrustedKey { .. } => "untrusted_key",
            Self::RevokedKey { .. } => "untrusted_key",
            Self::AppMismatch { .. } => "app_mismatch",
            Self::Expired { .. } => "expired",
            Self::Downgrade { .. } => "downgrade",
            Self::Sequence { .. } => "downgrade",
            Self::NativeVersion { .. } => "native_version",
            Self::Blocked { .. } => "blocked",
            Self::InvalidArchive { .. } => "invalid_archive",
            Self::UnsafePath { .. } => "unsafe_path",
            Self::ArchiveLimit { .. } => "archive_limit",
            Self::MissingIndex => "missing_index",
            Self::Busy { .. } => "busy",
            Self::StaleLaunch => "stale_launch",
            Self::UnknownBundle { .. } => "unknown_bundle",
            Self::ProtectedBundle { .. } => "protected_bundle",
            Self::Storage { .. } => "storage",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Network { .. }
            | Self::Timeout { .. }
            | Self::RateLimited { .. }
            | Self::Protocol { .. }
            | Self::Refused { .. }
            | Self::InsufficientStorage { .. }
            | Self::SizeMismatch { .. }
            | Self::ChecksumMismatch { .. }
            | Self::FilesMismatch { .. }
            | Self::Busy { .. }
            | Self::Storage { .. }
            | Self::Cancelled => true,
            Self::HttpStatus { status, .. } => *status >= 500 || matches!(status, 408 | 425 | 429),
            _ => false,
        }
    }

    /// How long the server asked to wait, where it did.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::HttpStatus { retry_after, .. } | Self::RateLimited { retry_after } => {
                *retry_after
            }
            _ => None,
        }
    }

    /// Whether the bytes themselves are to blame, so that the same bytes never do better.
    ///
    /// Only bytes whose checksum held are ever judged so.
    pub(crate) fn condemns_bytes(&self) -> bool {
        matches!(
            self,
            Self::SignatureInvalid { .. }
                | Self::FilesMismatch { .. }
                | Self::InvalidArchive { .. }
                | Self::UnsafePath { .. }
                | Self::ArchiveLimit { .. }
                | Self::MissingIndex
        )
    }

    /// An error of the file system; a full disk gets its own code.
    pub(crate) fn storage(operation: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::InsufficientStorage {
                    needed: 0,
                    available: 0,
                }
            }
            _ => Self::Storage {
                operation,
                path: path.to_owned(),
                source,
            },
        }
    }

    pub(crate) fn invalid_request(problem: impl Into<String>) -> Self {
        Self::InvalidRequest {
            problem: problem.into(),
        }
    }

    pub(crate) fn config(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Config {
            key: key.into(),
            problem: problem.into(),
        }
    }
}

fn in_numbers(needed: u64, available: u64) -> String {
    match needed {
        0 => " on the disk".to_owned(),
        _ => format!(": {needed} bytes are needed, {available} are free"),
    }
}

fn addressee(what: &str, named: &str) -> String {
    match named {
        "" => format!("no {what}"),
        _ => format!("{what} {named}"),
    }
}

fn by_statement(present: Option<&String>) -> String {
    present.map_or_else(String::new, |present| {
        format!(", and now is {present} or later, by the issuedAt of a statement that was taken")
    })
}

fn in_entry(entry: Option<&String>) -> String {
    entry.map_or_else(String::new, |entry| format!(" (in {entry:?})"))
}
