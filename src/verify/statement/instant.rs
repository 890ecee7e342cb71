//! Moments as statements write them.

use time::{Date, Month, Time};

/// Reads a moment of RFC 3339 in UTC, such as `2026-11-22T08:00:00Z`, as milliseconds since the
/// Unix epoch.
///
/// Seconds may have a fraction, of which milliseconds count. Offsets other than `Z`, lower-case
/// letters, leap seconds and years before 1970 are refused.
pub(super) fn parse(text: &str) -> Option<u64> {
    let (moment, fraction) = split_fraction(text.strip_suffix('Z')?)?;
    let bytes = moment.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_in_form = bytes.len() == 19
        && separators
            .iter()
            .all(|(position, separator)| bytes.get(*position) == Some(separator));
    if !is_in_form {
        return None;
    }
    let number = |start: usize, end: usize| digits(moment.get(start..end)?);
    let small = |start: usize| u8::try_from(number(start, start + 2)?).ok();
    let month = Month::try_from(small(5)?).ok()?;
    let year = i32::try_from(number(0, 4)?).ok()?;
    let date = Date::from_calendar_date(year, month, small(8)?).ok()?;
    let time = Time::from_hms(small(11)?, small(14)?, small(17)?).ok()?;
    let seconds = u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()?;
    Some(seconds * 1000 + fraction)
}

/// What stands before the fraction of a second, and the fraction in milliseconds.
fn split_fraction(text: &str) -> Option<(&str, u64)> {
    let Some((moment, fraction)) = text.split_once('.') else {
        return Some((text, 0));
    };
    digits(fraction)?;
    let millis: String = fraction.chars().chain("00".chars()).take(3).collect();
    Some((moment, digits(&millis)?))
}

/// A number of digits alone; `parse` takes a sign too. Longer ones than 18 are none.
fn digits(text: &str) -> Option<u64> {
    let is_digits = text.len() <= 18 && text.bytes().all(|digit| digit.is_ascii_digit());
    is_digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_moment_in_utc_is_read() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-22T08:00:00Z", 1_795_334_400_000),
            ("2024-02-29T23:59:59.5Z", 1_709_251_199_500),
            ("2024-02-29T23:59:59.0019Z", 1_709_251_199_001),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] {
            assert_eq!(parse(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "Z",
            "2026-11-22",
            "2026-11-22T08:00:00",
            "2026-11-22T08:00Z",
            "2026-11-22 08:00:00Z",
            "2026-11-22t08:00:00z",
            "2026-11-22T08:00:00+00:00",
            "2026-11-22T09:00:00+01:00",
            "2026-11-22T08:00:00.Z",
            "2026-11-22T08:00:00.-1Z",
            "2026-11-22T08:00:60Z",
            "2026-11-22T24:00:00Z",
            "2026-13-22T08:00:00Z",
            "2026-02-29T08:00:00Z",
            "2026-11-22T08:00:00ZZ",
            "1969-12-31T23:59:59Z",
            "+026-11-22T08:00:00Z",
            "2026-11-22T08:00:0éZ",
            "12026-11-22T08:00:00Z",
            " 2026-11-22T08:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
