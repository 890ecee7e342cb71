//! What works, and may not be meant.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::statement::Timestamp;

/// Something about a statement that works, and may not be meant. Its `Display` is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The statement has expired.
    #[error("it has expired already: devices refuse it")]
    Expired {
        /// When.
        at: Timestamp,
    },

    /// The statement is issued over a day ahead.
    #[error(
        "it is issued in the future, {}: devices that take it refuse what expires before that, whatever their clocks say",
        at.distance_from(*now)
    )]
    IssuedAhead {
        /// When it is issued.
        at: Timestamp,
        /// What was now.
        now: SystemTime,
    },

    /// The statement allows the bundle more bytes than it has.
    #[error(
        "unpackedSize is {stated}, and {} unpacks to {found}: devices take it, since the former is only a limit",
        zip.display()
    )]
    UnpackedSize {
        /// The bundle.
        zip: PathBuf,
        /// Bytes of all files, as the statement has it.
        stated: u64,
        /// Bytes of all files, as the zip has it.
        found: u64,
    },
}

impl Warning {
    /// The stable, `snake_case` name of this warning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "expired",
            Self::IssuedAhead { .. } => "issued_ahead",
            Self::UnpackedSize { .. } => "unpacked_size",
        }
    }
}
