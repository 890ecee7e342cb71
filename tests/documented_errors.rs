//! `docs/errors.md` says what `Error` does.

mod tables;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use live_updater::{BlockReason, Error, LatestStatus, SyncStatus};

const PAGE: &str = include_str!("../docs/errors.md");
const CODE: &str = include_str!("../src/error.rs");

/// One error of each kind.
fn errors() -> Vec<Error> {
    let text = || "x".to_owned();
    vec![
        Error::Config {
            key: text(),
            problem: text(),
        },
        Error::InvalidRequest { problem: text() },
        Error::Network {
            url: text(),
            problem: text(),
        },
        Error::Timeout {
            url: text(),
            after: Duration::ZERO,
        },
        http_status(404),
        Error::RateLimited { retry_after: None },
        Error::Protocol {
            url: text(),
            problem: text(),
        },
        Error::Refused {
            url: text(),
            problem: text(),
        },
        Error::NotFound { url: text() },
        Error::InsufficientStorage {
            needed: 1,
            available: 0,
        },
        Error::SizeExceeded {
            what: text(),
            limit: 0,
        },
        Error::SizeMismatch {
            expected: 1,
            found: 2,
        },
        Error::ChecksumMismatch {
            expected: text(),
            found: text(),
        },
        Error::SignatureMissing { version: text() },
        Error::EncryptionMissing {
            lack: text(),
            remedy: "x",
        },
        Error::StatementMissing {
            holder: text(),
            what: "x",
        },
        Error::SignatureInvalid { problem: text() },
        Error::FilesMismatch {
            expected: text(),
            found: text(),
        },
        Error::UntrustedKey { key_id: text() },
        Error::RevokedKey { key_id: text() },
        Error::AppMismatch {
            what: "app",
            named: text(),
            own: text(),
        },
        Error::Expired {
            until: text(),
            present: None,
        },
        Error::Sequence {
            offered: 1,
            relation: "is below",
            floor: 2,
        },
        Error::Downgrade {
            offered: text(),
            installed: text(),
        },
        Error::NativeVersion {
            needed: text(),
            found: text(),
        },
        Error::Blocked {
            version: text(),
            reason: "failed",
        },
        Error::InvalidArchive {
            entry: None,
            problem: text(),
        },
        Error::UnsafePath {
            path: text(),
            problem: text(),
        },
        Error::ArchiveLimit {
            what: "entries",
            limit: 1,
            found: 2,
        },
        Error::MissingIndex,
        Error::Busy { what: text() },
        Error::StaleLaunch,
        Error::UnknownBundle { id: text() },
        Error::ProtectedBundle {
            id: text(),
            why: "x",
        },
        Error::Storage {
            operation: "read",
            path: PathBuf::new(),
            source: io::Error::other("x"),
        },
        Error::Cancelled,
    ]
}

fn http_status(status: u16) -> Error {
    Error::HttpStatus {
        url: String::new(),
        status,
        retry_after: None,
    }
}

fn documented(heading: &str, column: &str) -> Vec<String> {
    tables::rows(PAGE, heading)
        .into_iter()
        .map(|row| row[column].clone())
        .collect()
}

#[test]
fn the_table_lists_the_codes_that_there_are() {
    // An arm of `code()` reads `Self::Config { .. } => "config",`.
    let in_the_code: BTreeSet<_> = CODE
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""))
        .filter_map(|(_, rest)| rest.strip_suffix("\","))
        .map(str::to_owned)
        .collect();
    let here: BTreeSet<_> = errors()
        .iter()
        .map(|error| error.code().to_owned())
        .collect();
    assert_eq!(here, in_the_code);
    let codes = documented("## Codes", "code");
    assert_eq!(codes.len(), here.len(), "each once");
    assert_eq!(codes.into_iter().collect::<BTreeSet<_>>(), here);
}

#[test]
fn what_is_said_to_be_retryable_is() {
    let rows = tables::rows(PAGE, "## Codes");
    for error in errors() {
        let row = rows.iter().find(|row| row["code"] == error.code()).unwrap();
        match row["retryable"].as_str() {
            "yes" => assert!(error.retryable(), "{}", error.code()),
            "no" => assert!(!error.retryable(), "{}", error.code()),
            some => {
                assert_eq!((error.code(), some), ("http_status", "5xx, 408, 425, 429"));
                for status in [500, 503, 599, 408, 425, 429] {
                    assert!(http_status(status).retryable(), "{status}");
                }
                for status in [400, 401, 403, 409, 451] {
                    assert!(!http_status(status).retryable(), "{status}");
                }
            }
        }
    }
}

#[test]
fn the_statuses_and_reasons_are_those_of_the_answers() {
    let page: Vec<_> = PAGE.lines().collect();
    let is_a_row = |word: &str| {
        page.iter()
            .any(|line| line.starts_with(&format!("| `{word}` |")))
    };
    for status in [
        LatestStatus::UpToDate,
        LatestStatus::UpdateAvailable,
        LatestStatus::NativeUpdateRequired,
        LatestStatus::Blocked,
        LatestStatus::RolledBack,
        LatestStatus::Busy,
    ] {
        assert!(is_a_row(status.as_str()), "{status:?}");
    }
    assert!(is_a_row(SyncStatus::Downloaded.as_str()));
    for reason in [
        BlockReason::Failed,
        BlockReason::Downgrade,
        BlockReason::Refused,
        BlockReason::RateLimited,
        BlockReason::NativeVersion,
        BlockReason::Withheld,
    ] {
        assert!(is_a_row(reason.as_str()), "{reason:?}");
    }
}
