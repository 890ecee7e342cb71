//! Errors, as they cross.

use crate::signed;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum UpdaterError {
    /// The one kind; its code tells more.
    #[error("{detail}")]
    Failed {
        /// Stable, in snake_case, for programs: `network`, `checksum_mismatch` …
        code: String,
        /// What happened and what to do, for people. No secret is in it.
        detail: String,
        /// Whether the same call may succeed later.
        retryable: bool,
        /// How long to wait before that, in seconds, where the server said so.
        retry_after_seconds: Option<i64>,
    },
}

impl UpdaterError {
    /// A call that its host got wrong.
    pub(crate) fn invalid_request(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        live_updater::Error::InvalidRequest { problem }.into()
    }

    /// What a panic comes to.
    pub(crate) fn internal() -> Self {
        Self::Failed {
            code: INTERNAL.0.to_owned(),
            detail: INTERNAL.1.to_owned(),
            retryable: false,
            retry_after_seconds: None,
        }
    }
}

/// Code and message of what can't happen.
pub(crate) const INTERNAL: (&str, &str) = ("internal", "the updater panicked: this is a bug in it");

impl From<live_updater::Error> for UpdaterError {
    fn from(error: live_updater::Error) -> Self {
        Self::Failed {
            code: error.code().to_owned(),
            detail: error.to_string(),
            retryable: error.retryable(),
            retry_after_seconds: error.retry_after().map(|wait| signed(wait.as_secs())),
        }
    }
}
