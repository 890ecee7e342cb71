//! Confirmations: what the server learns of each verdict.
//!
//! A confirmation is committed together with the verdict that it tells of, and stays until the
//! server has taken it. Each is delivered at least once; a repeat carries the same `id`.

use semver::Version;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::bundle::FailureReason;
use crate::error::Error;
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

/// Who reports.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    pub(crate) app_id: String,
    pub(crate) platform: String,
    pub(crate) device_id: String,
}

impl Reporter {
    /// Tells the server. The confirmation is settled when this returns: it was taken, or is of no
    /// use to this server.
    ///
    /// # Errors
    ///
    /// `network`, `timeout` and the like, where the next one would fare no better.
    pub(crate) async fn deliver(
        &self,
        client: &HttpClient,
        base: &Url,
        confirmation: &Confirmation,
    ) -> Result<(), Error> {
        let url = base
            .join("api/v1/updates/confirm")
            .map_err(|_| Error::config("updateUrl", "can't be a base"))?;
        let body = ConfirmBody {
            app_id: &self.app_id,
            version: confirmation.version.to_string(),
            platform: &self.platform,
            success: confirmation.success,
            device_id: &self.device_id,
            id: &confirmation.id,
            reason: confirmation.reason.map(FailureReason::as_str),
        };
        let body = serde_json::to_value(&body)
            .map_err(|error| Error::invalid_request(error.to_string()))?;
        match client.post_json(&url, &body).await {
            Err(error) if !settled_by(&error) => Err(error),
            _ => Ok(()),
        }
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmBody<'a> {
    app_id: &'a str,
    version: String,
    platform: &'a str,
    success: bool,
    device_id: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
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
