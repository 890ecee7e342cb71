//! Dates as HTTP writes them.

use std::time::{Duration, SystemTime};

use time::{Date, Month, OffsetDateTime, Time};

/// Reads an HTTP-date.
///
/// RFC 9110, section 5.6.7: a recipient must accept all three formats, that of today, that of
/// RFC 850 and that of C's `asctime`. The name of the day says nothing new and isn't looked at.
pub(super) fn parse(text: &str, now: SystemTime) -> Option<SystemTime> {
    let parts: Vec<&str> = text
        .split([' ', ',', '-'])
        .filter(|part| !part.is_empty())
        .collect();
    let (day, month, year, time) = match parts[..] {
        [_, day, month, year, time, "GMT"] => (day, month, year, time),
        [_, month, day, time, year] => (day, month, year, time),
        _ => return None,
    };
    let date = Date::from_calendar_date(parse_year(year, now)?, parse_month(month)?, digits(day)?);
    Some(date.ok()?.with_time(parse_time(time)?).assume_utc().into())
}

/// Reads a `Retry-After` (RFC 9110, section 10.2.3): seconds from now, or a date. `sent` is the
/// answer's own `Date`: a server's clock is compared with itself, not with the device's.
pub(super) fn retry_after(value: &str, sent: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let until = parse(value, now)?;
    let from = sent.and_then(|sent| parse(sent, now)).unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default())
}

/// RFC 9110, section 5.6.7: a year of two digits that seems to be over 50 years ahead is the one
/// in the past with the same digits.
fn parse_year(text: &str, now: SystemTime) -> Option<i32> {
    let year: i32 = digits(text)?;
    if text.len() != 2 {
        return Some(year);
    }
    let this_year = OffsetDateTime::from(now).year();
    let year = this_year - this_year % 100 + year;
    Some(if year > this_year + 50 {
        year - 100
    } else {
        year
    })
}

fn parse_month(text: &str) -> Option<Month> {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = NAMES.iter().position(|name| *name == text)?;
    Month::try_from(u8::try_from(index + 1).ok()?).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(digits::<u8>);
    let time = Time::from_hms(parts.next()??, parts.next()??, parts.next()??).ok()?;
    parts.next().is_none().then_some(time)
}

/// `parse` of the standard library takes a sign too.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(())?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: u64 = 784_111_777;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn seconds(text: &str) -> Option<u64> {
        let date = parse(text, now())?;
        Some(
            date.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs(),
        )
    }

    #[test]
    fn the_three_formats_of_the_specification_are_read() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(WRITTEN));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:49:37 GMT"), Some(WRITTEN));
        assert_eq!(seconds("Sun Nov  6 08:49:37 1994"), Some(WRITTEN));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "Sun, 06 Nov 1994 08:49:37 PST",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov +994 08:49:37 GMT",
            "Sun, 06 Nov 99999999999 08:49:37 GMT",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let retry_after = |value, sent| retry_after(value, sent, now());
        assert_eq!(retry_after("120", None), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("-1", None), None);
        assert_eq!(retry_after("99999999999999999999", None), None);
        assert_eq!(
            retry_after(
                "Sun, 06 Nov 1994 08:49:37 GMT",
                Some("Sun, 06 Nov 1994 08:49:30 GMT")
            ),
            Some(Duration::from_secs(7)),
            "the device's clock plays no part"
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT", None),
            Some(Duration::ZERO),
            "that moment has passed"
        );
    }
}
