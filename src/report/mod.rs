//! Confirmations: what the server learns of each verdict. One file a protocol.
//!
//! A confirmation is committed together with the verdict that it tells of, and stays until the
//! server has taken it. Each is delivered at least once; a repeat carries the same `id`.

#[cfg(feature = "capgo")]
mod capgo;
mod native_update;

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::bundle::FailureReason;
use crate::clock::BoxFuture;
use crate::config::{Config, SourceKind};
use crate::error::Error;
use crate::source::{HostFacts, Inquiry};
use crate::transport::client::HttpClient;

/// The most confirmations that wait; the oldest give way.
const MOST: usize = 50;
/// How long a confirmation is worth telling: 30 days, in milliseconds.
const LONGEST: u64 = 30 * 24 * 60 * 60 * 1000;

/// One verdict on one bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    pub(crate) id: String,
    pub(crate) version: Version,
    pub(crate) success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<FailureReason>,
    /// Milliseconds since the Unix epoch.
    pub(crate) created: u64,
}

impl Confirmation {
    pub(crate) fn success(version: Version, now: u64) -> Self {
        Self::new(version, None, now)
    }

    pub(crate) fn failure(version: Version, reason: FailureReason, now: u64) -> Self {
        Self::new(version, Some(reason), now)
    }

    fn new(version: Version, reason: Option<FailureReason>, now: u64) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            version,
            success: reason.is_none(),
            reason,
            created: now,
        }
    }
}

/// Adds a confirmation to those that wait.
pub(crate) fn enqueue(waiting: &mut Vec<Confirmation>, confirmation: Confirmation) {
    waiting.push(confirmation);
    let excess = waiting.len().saturating_sub(MOST);
    waiting.drain(..excess);
}

/// Whether a confirmation is too old to be told. A clock that was set back makes none old.
pub(crate) fn is_stale(confirmation: &Confirmation, now: u64) -> bool {
    now.saturating_sub(confirmation.created) > LONGEST
}

/// How the verdicts of a device reach its server.
pub(crate) trait Reporter: fmt::Debug + Send + Sync {
    /// Tells the server of the first of those that wait, or of more. So many of them are settled
    /// when this returns, from the first on: they were taken, or are of no use to this server.
    ///
    /// # Errors
    ///
    /// `network`, `timeout` and the like, where the next one would fare no better.
    fn deliver<'a>(
        &'a self,
        client: &'a HttpClient,
        who: &'a Inquiry,
        waiting: &'a [Confirmation],
    ) -> BoxFuture<'a, Result<usize, Error>>;

    /// Whether there is a place to report to.
    fn has_address(&self) -> bool;

    /// Whether a server that wants to be left alone means reports too.
    fn keeps_pauses(&self) -> bool {
        false
    }
}

/// How the protocol that a configuration names reports, in an app of which the host knows `facts`.
///
/// # Errors
///
/// `config` where this build doesn't speak it.
#[cfg_attr(
    not(feature = "capgo"),
    expect(unused_variables, reason = "Capgo's tells them")
)]
pub(crate) fn open(config: &Config, facts: &HostFacts) -> Result<Box<dyn Reporter>, Error> {
    match config.source {
        SourceKind::NativeUpdate => Ok(Box::new(native_update::Confirmations::new(config))),
        #[cfg(feature = "capgo")]
        SourceKind::Capgo => Ok(Box::new(capgo::Statistics::new(config, facts))),
        #[cfg(not(feature = "capgo"))]
        SourceKind::Capgo => Err(SourceKind::not_built()),
    }
}

/// A client error means that this server will never take the confirmation, unless it is about
/// who asks or when.
fn settled_by(error: &Error) -> bool {
    match error {
        Error::NotFound { .. } => true,
        Error::HttpStatus { status, .. } => {
            (400..500).contains(status) && !matches!(status, 401 | 403 | 408 | 425 | 429)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Error {
        Error::HttpStatus {
            url: String::new(),
            status,
            retry_after: None,
        }
    }

    #[test]
    fn a_client_error_settles_unless_it_is_about_who_asks_or_when() {
        for code in [400, 404, 409, 410, 422] {
            assert!(settled_by(&status(code)), "{code}");
        }
        for code in [401, 403, 408, 425, 429, 500, 503, 302] {
            assert!(!settled_by(&status(code)), "{code}");
        }
    }

    #[test]
    fn the_oldest_give_way() {
        let mut waiting = Vec::new();
        for patch in 0..60 {
            enqueue(
                &mut waiting,
                Confirmation::success(Version::new(1, 0, patch), 0),
            );
        }
        assert_eq!(waiting.len(), 50);
        assert_eq!(waiting[0].version, Version::new(1, 0, 10));
    }

    #[test]
    fn a_month_is_long_enough_and_a_clock_set_back_is_no_month() {
        let confirmation = Confirmation::success(Version::new(1, 0, 0), LONGEST);
        assert!(!is_stale(&confirmation, 0));
        assert!(!is_stale(&confirmation, 2 * LONGEST));
        assert!(is_stale(&confirmation, 2 * LONGEST + 1));
    }
}
