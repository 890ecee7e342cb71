//! Times, as the database and the answers hold them.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const DAY: i64 = 24 * 60 * 60 * SECOND;

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// As ISO 8601 has it, in UTC.
pub(crate) fn iso(millis: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    time.ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Days since 1970.
pub(crate) fn day(millis: i64) -> i64 {
    millis.div_euclid(DAY)
}
