//! Moments and spans, as statements and command lines write them.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A moment, to the second: `2026-11-22T08:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The system clock's time.
    pub fn now() -> Self {
        Self::to_the_second(OffsetDateTime::now_utc())
    }

    /// The moment so much later; none where years end.
    pub fn after(self, span: Span) -> Option<Self> {
        self.0.checked_add(span.0).map(Self)
    }

    /// How far it is from `now`, for people: `in 89 days`, `3 hours ago`.
    pub fn distance_from(self, now: SystemTime) -> String {
        let seconds = (self.0 - OffsetDateTime::from(now)).whole_seconds();
        let distance = seconds.unsigned_abs();
        let (seconds_each, unit) = match distance {
            172_800.. => (86_400, "days"),
            7_200.. => (3_600, "hours"),
            _ => (60, "minutes"),
        };
        let count = (distance + seconds_each / 2) / seconds_each;
        if seconds < 0 {
            format!("{count} {unit} ago")
        } else {
            format!("in {count} {unit}")
        }
    }

    fn to_the_second(moment: OffsetDateTime) -> Self {
        // Nanosecond 0 is always a valid one.
        Self(moment.replace_nanosecond(0).unwrap_or(moment))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ParseTimestampError)?;
        Ok(Self::to_the_second(moment.to_offset(UtcOffset::UTC)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(moment: SystemTime) -> Self {
        Self::to_the_second(moment.into())
    }
}

impl From<Timestamp> for SystemTime {
    fn from(Timestamp(moment): Timestamp) -> Self {
        moment.into()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not a moment of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written as 2026-11-22T08:00:00Z")]
#[non_exhaustive]
pub struct ParseTimestampError;

/// A length of time: `90d`, `2w`, `12h`, `30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(Duration);

impl Span {
    /// One day.
    pub const DAY: Self = Self::days(1);

    /// So many days.
    pub const fn days(count: u32) -> Self {
        // A u32 of days in seconds is far below what an i64 holds.
        Self(Duration::days(count as i64))
    }
}

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = text.chars().last().ok_or(ParseSpanError)?;
        let minutes: i64 = match unit {
            'm' => 1,
            'h' => 60,
            'd' => 24 * 60,
            'w' => 7 * 24 * 60,
            _ => return Err(ParseSpanError),
        };
        let count: u32 = text
            .strip_suffix(unit)
            .and_then(|count| count.parse().ok())
            .filter(|count| *count > 0)
            .ok_or(ParseSpanError)?;
        // A u32 of weeks in seconds is far below what an i64 holds.
        Ok(Self(Duration::seconds(i64::from(count) * minutes * 60)))
    }
}

/// The text is not a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a span is a number with a unit: 30m, 12h, 90d or 8w")]
#[non_exhaustive]
pub struct ParseSpanError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_and_to_the_second() {
        for (text, written) in [
            ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z"),
            ("2026-11-22T08:00:00.9Z", "2026-11-22T08:00:00Z"),
            ("2026-11-22T09:30:00+01:30", "2026-11-22T08:00:00Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), written);
        }
        assert_eq!(Timestamp::now().to_string().len(), 20);
        for text in ["", "2026-11-22", "2026-11-22T08:00:00", "tomorrow"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn spans_are_added() {
        let start: Timestamp = "2026-08-24T08:00:00Z".parse().unwrap();
        for (span, end) in [
            ("90d", "2026-11-22T08:00:00Z"),
            ("1w", "2026-08-31T08:00:00Z"),
            ("36h", "2026-08-25T20:00:00Z"),
            ("5m", "2026-08-24T08:05:00Z"),
        ] {
            let end: Timestamp = end.parse().unwrap();
            assert_eq!(start.after(span.parse().unwrap()), Some(end));
        }
        for text in ["", "d", "90", "0d", "-1d", "1.5d", "90 d", "1y"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        assert_eq!(start.after("4294967295w".parse().unwrap()), None);
        assert_eq!(Ok(Span::days(14)), "2w".parse());
    }

    #[test]
    fn distances_are_told_in_the_unit_that_fits() {
        let now: Timestamp = "2026-08-24T08:00:00Z".parse().unwrap();
        for (text, distance) in [
            ("2026-11-22T08:00:00Z", "in 90 days"),
            ("2026-08-24T05:00:00Z", "3 hours ago"),
            ("2026-08-24T08:59:31Z", "in 60 minutes"),
        ] {
            let moment: Timestamp = text.parse().unwrap();
            assert_eq!(moment.distance_from(now.into()), distance);
        }
    }
}
