//! Conditional and range requests, as RFC 9110 has them.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method, header};

/// What a client can compare its own copy with.
#[derive(Clone, Debug)]
pub struct Representation {
    /// Strong, quotes included.
    pub etag: String,
    /// When it was changed last.
    pub last_modified: Option<SystemTime>,
    /// Bytes.
    pub length: u64,
}

/// What a request is to be given of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of it.
    Whole,
    /// From `start` to before `end`.
    Part {
        /// The first byte.
        start: u64,
        /// The byte behind the last one.
        end: u64,
    },
    /// The range begins behind its end: 416.
    Unsatisfiable,
    /// The client has it: 304.
    NotModified,
    /// The client wants another one: 412.
    PreconditionFailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByteRange {
    From { first: u64, last: Option<u64> },
    Suffix(u64),
}

/// Which bytes a request is to be given.
///
/// Evaluates the preconditions, then the range, in the order of RFC 9110 section 13.2.2.
#[must_use]
pub fn select(
    method: &Method,
    headers: &HeaderMap,
    representation: &Representation,
    now: SystemTime,
) -> Selection {
    if let Some(failed) = precondition(headers, representation) {
        return failed;
    }
    // Section 14.2: a Range field in another method than GET is ignored.
    let Some(range) = requested_range(headers).filter(|_| *method == Method::GET) else {
        return Selection::Whole;
    };
    // Section 13.1.5: where the validator doesn't match, the Range field is ignored.
    if !if_range_holds(headers, representation, now) {
        return Selection::Whole;
    }
    resolve(range, representation.length)
}

/// Where the range that a request asks for begins; nothing for a suffix, or none.
#[must_use]
pub fn requested_start(headers: &HeaderMap) -> Option<u64> {
    match requested_range(headers)? {
        ByteRange::From { first, .. } => Some(first),
        ByteRange::Suffix(_) => None,
    }
}

/// Whether `If-None-Match` names `etag`.
#[must_use]
pub fn none_match_names(headers: &HeaderMap, etag: &str) -> bool {
    let mut fields = headers.get_all(header::IF_NONE_MATCH).iter();
    // Section 13.1.2: the comparison is weak.
    fields.any(|field| field.to_str().is_ok_and(|list| names(list, etag, weak)))
}

fn precondition(headers: &HeaderMap, representation: &Representation) -> Option<Selection> {
    let modified = representation.last_modified.map(whole_seconds);
    if let Some(list) = text(headers, header::IF_MATCH) {
        // Section 13.1.1: the comparison is strong.
        if !names(list, &representation.etag, strong) {
            return Some(Selection::PreconditionFailed);
        }
    } else if let Some(date) = date(headers, header::IF_UNMODIFIED_SINCE)
        && modified.is_some_and(|modified| modified > date)
    {
        return Some(Selection::PreconditionFailed);
    }
    if headers.contains_key(header::IF_NONE_MATCH) {
        let named = none_match_names(headers, &representation.etag);
        return named.then_some(Selection::NotModified);
    }
    // Section 13.1.3: only looked at where there is no If-None-Match.
    let date = date(headers, header::IF_MODIFIED_SINCE)?;
    (modified? <= date).then_some(Selection::NotModified)
}

fn if_range_holds(headers: &HeaderMap, representation: &Representation, now: SystemTime) -> bool {
    if !headers.contains_key(header::IF_RANGE) {
        return true;
    }
    let Some(validator) = text(headers, header::IF_RANGE).map(str::trim) else {
        return false;
    };
    if validator.starts_with('"') || validator.starts_with("W/") {
        return strong(validator, &representation.etag);
    }
    let (Ok(date), Some(modified)) = (
        httpdate::parse_http_date(validator),
        representation.last_modified.map(whole_seconds),
    ) else {
        return false;
    };
    // Section 8.8.2.2: a date is a strong validator only once its second has passed.
    let strong = now
        .duration_since(modified)
        .is_ok_and(|age| age >= Duration::from_secs(1));
    strong && date == modified
}

/// The one range of the request. Several, another unit or a broken field count as none, which
/// section 14.2 allows.
fn requested_range(headers: &HeaderMap) -> Option<ByteRange> {
    let (unit, set) = text(headers, header::RANGE)?.trim().split_once('=')?;
    // Section 14.1: range units are case-insensitive.
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    if first.is_empty() {
        return position(last).map(ByteRange::Suffix);
    }
    let first = position(first)?;
    let last = match last {
        "" => None,
        last => Some(position(last)?),
    };
    // Section 14.1.1: a range whose end lies before its start is invalid.
    (last.is_none_or(|last| last >= first)).then_some(ByteRange::From { first, last })
}

fn resolve(range: ByteRange, length: u64) -> Selection {
    let (start, end) = match range {
        ByteRange::From { first, last } => {
            let end = last.map_or(length, |last| last.saturating_add(1).min(length));
            (first, end)
        }
        // Section 14.1.2: a suffix longer than the representation is all of it.
        ByteRange::Suffix(count) => (length.saturating_sub(count), length),
    };
    if start < end {
        Selection::Part { start, end }
    } else {
        Selection::Unsatisfiable
    }
}

fn position(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number beyond any length is still a number.
    Some(digits.parse().unwrap_or(u64::MAX))
}

fn names(list: &str, etag: &str, same: fn(&str, &str) -> bool) -> bool {
    list.trim() == "*" || list.split(',').any(|one| same(one.trim(), etag))
}

fn strong(one: &str, other: &str) -> bool {
    one == other && !one.starts_with("W/")
}

fn weak(one: &str, other: &str) -> bool {
    one.strip_prefix("W/").unwrap_or(one) == other.strip_prefix("W/").unwrap_or(other)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn date(headers: &HeaderMap, name: header::HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, name)?).ok()
}

/// An HTTP date has no fractions.
fn whole_seconds(time: SystemTime) -> SystemTime {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs()),
        Err(_) => SystemTime::UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: SystemTime = SystemTime::UNIX_EPOCH;

    fn selected(fields: &[(header::HeaderName, &str)]) -> Selection {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        let representation = Representation {
            etag: "\"a\"".into(),
            last_modified: Some(MODIFIED + Duration::from_millis(500)),
            length: 100,
        };
        let now = MODIFIED + Duration::from_secs(60);
        select(&Method::GET, &headers, &representation, now)
    }

    fn part(start: u64, end: u64) -> Selection {
        Selection::Part { start, end }
    }

    #[test]
    fn one_range_is_a_part_and_what_is_no_range_is_everything() {
        for (range, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=10-", part(10, 100)),
            ("BYTES=10-19", part(10, 20)),
            ("bytes=90-1000", part(90, 100)),
            ("bytes=90-99999999999999999999999", part(90, 100)),
            ("bytes=-10", part(90, 100)),
            ("bytes=-1000", part(0, 100)),
            ("bytes=-0", Selection::Unsatisfiable),
            ("bytes=100-", Selection::Unsatisfiable),
            ("bytes=99999999999999999999999-", Selection::Unsatisfiable),
            ("bytes=20-10", Selection::Whole),
            ("bytes=+1-5", Selection::Whole),
            ("bytes=0-1,4-5", Selection::Whole),
            ("bytes=", Selection::Whole),
            ("bytes=-", Selection::Whole),
            ("items=0-1", Selection::Whole),
        ] {
            assert_eq!(selected(&[(header::RANGE, range)]), expected, "{range}");
        }
    }

    #[test]
    fn a_range_counts_only_where_if_range_holds() {
        let date = httpdate::fmt_http_date(MODIFIED);
        for (validator, expected) in [
            ("\"a\"", part(10, 100)),
            ("\"b\"", Selection::Whole),
            ("W/\"a\"", Selection::Whole),
            (date.as_str(), part(10, 100)),
            ("Thu, 01 Jan 1970 00:00:01 GMT", Selection::Whole),
            ("nonsense", Selection::Whole),
        ] {
            let fields = [(header::RANGE, "bytes=10-"), (header::IF_RANGE, validator)];
            assert_eq!(selected(&fields), expected, "{validator}");
        }
    }

    #[test]
    fn a_matching_copy_is_not_sent_again() {
        for (name, value, expected) in [
            (header::IF_NONE_MATCH, "\"a\"", Selection::NotModified),
            (
                header::IF_NONE_MATCH,
                "W/\"x\", W/\"a\"",
                Selection::NotModified,
            ),
            (header::IF_NONE_MATCH, "*", Selection::NotModified),
            (header::IF_NONE_MATCH, "\"b\"", Selection::Whole),
            (
                header::IF_MODIFIED_SINCE,
                "Thu, 01 Jan 1970 00:00:00 GMT",
                Selection::NotModified,
            ),
            (header::IF_MATCH, "\"b\"", Selection::PreconditionFailed),
            (header::IF_MATCH, "W/\"a\"", Selection::PreconditionFailed),
            (header::IF_MATCH, "\"b\", \"a\"", Selection::Whole),
        ] {
            assert_eq!(selected(&[(name, value)]), expected, "{value}");
        }
    }
}
