//! `Content-Range`, as a value.

/// A `Content-Range` in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// `bytes FIRST-LAST/TOTAL`, where the total may be unknown (`*`).
    Part {
        first: u64,
        last: u64,
        total: Option<u64>,
    },
    /// `bytes */TOTAL`: nothing of what was asked for exists.
    Unsatisfied { total: u64 },
}

impl ContentRange {
    /// RFC 9110, section 14.4: a unit, a space, and a range or `*` with the total behind a slash.
    /// Units are compared without case (section 14.1). A range whose last position lies before
    /// its first, or at or beyond the total, is invalid.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        if range == "*" {
            let total = number(total)?;
            return Some(Self::Unsatisfied { total });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        // A last position of u64::MAX would have no length.
        let is_valid = first <= last && last < total.unwrap_or(u64::MAX);
        is_valid.then_some(Self::Part { first, last, total })
    }
}

fn number(text: &str) -> Option<u64> {
    // `parse` takes a plus sign too.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(())?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_in_full() {
        let part = |first, last, total| Some(ContentRange::Part { first, last, total });
        for (text, parsed) in [
            ("bytes 0-99/100", part(0, 99, Some(100))),
            ("BYTES 40-99/100", part(40, 99, Some(100))),
            ("bytes 40-40/*", part(40, 40, None)),
            (
                "bytes */100",
                Some(ContentRange::Unsatisfied { total: 100 }),
            ),
            ("bytes 99-40/100", None),
            ("bytes 40-100/100", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 0-99999999999999999999/*", None),
            ("bytes */*", None),
            ("bytes=40-99/100", None),
            ("bytes 40-99", None),
            ("bytes +40-99/100", None),
            ("bytes -99/100", None),
            ("bytes 40-/100", None),
            ("items 40-99/100", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), parsed, "{text:?}");
        }
    }
}
