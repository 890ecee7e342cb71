//! The app's own version, for gates.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A native version: 1 to 4 dotted numbers.
///
/// A missing number counts as 0, and whatever follows a `-` or `+` is ignored. It isn't semver:
/// app templates ship "1.0".
#[derive(Debug, Clone)]
pub struct NativeVersion {
    numbers: [u64; 4],
    text: String,
}

impl NativeVersion {
    /// The version as semver, the fourth number left out: the builtin version where the
    /// configuration names none.
    pub(crate) fn to_semver(&self) -> semver::Version {
        semver::Version::new(self.numbers[0], self.numbers[1], self.numbers[2])
    }

    /// Whether this version lies in a range with optional ends, both included.
    pub(crate) fn is_within(&self, min: Option<&Self>, max: Option<&Self>) -> bool {
        min.is_none_or(|min| min <= self) && max.is_none_or(|max| self <= max)
    }
}

impl FromStr for NativeVersion {
    type Err = ParseNativeVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = [0; 4];
        for (index, part) in core.split('.').enumerate() {
            let is_number = !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
            let number = numbers.get_mut(index).filter(|_| is_number);
            *number.ok_or(ParseNativeVersionError)? =
                part.parse().map_err(|_| ParseNativeVersionError)?;
        }
        Ok(Self {
            numbers,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for NativeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for NativeVersion {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for NativeVersion {}

impl PartialOrd for NativeVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NativeVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

/// The text is not a native version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a native version is 1 to 4 dotted numbers")]
#[non_exhaustive]
pub struct ParseNativeVersionError;

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> NativeVersion {
        text.parse().unwrap()
    }

    #[test]
    fn missing_numbers_are_zero_and_suffixes_are_ignored() {
        assert_eq!(version("1"), version("1.0.0.0"));
        assert_eq!(version("1.2-beta.9"), version("1.2+7"));
        assert_eq!(version("1.0").to_semver(), semver::Version::new(1, 0, 0));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(version("1.10") > version("1.9"));
        assert!(version("2.0.0.1") > version("2"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "1.",
            ".1",
            "1.2.3.4.5",
            "a",
            "1.x",
            "-1",
            "99999999999999999999",
        ] {
            assert!(text.parse::<NativeVersion>().is_err(), "{text}");
        }
    }
}
