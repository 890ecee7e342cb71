//! Names of files in a bundle.

use std::borrow::Cow;
use std::fmt;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::fields::shown;
use crate::error::Error;

const MAX_PATH_LEN: usize = 700;
const MAX_COMPONENT_LEN: usize = 255;

/// The path of a file or folder in a bundle: relative, with `/` between components, and one
/// that stays inside of the bundle on every system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BundlePath(String);

impl BundlePath {
    /// Takes a name as it is, or refuses it. Nothing is repaired.
    pub(crate) fn parse(name: &[u8]) -> Result<Self, Error> {
        match check(name) {
            Ok(path) => Ok(Self(path.to_owned())),
            Err(problem) => Err(Error::UnsafePath {
                path: shown(name),
                problem: problem.to_owned(),
            }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The path below its first component; `None` where it has only one.
    pub(super) fn without_first(&self) -> Option<Self> {
        self.0
            .split_once('/')
            .map(|(_, rest)| Self(rest.to_owned()))
    }
}

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a component is on volumes that take case and Unicode form for nothing: two components
/// are the same file there where this is equal.
///
/// It is Unicode's full case folding, put together from the mappings that std has: through upper
/// case first, so that `ſ` meets `s`, `ς` meets `σ` and `ß` meets `ss`, and then composed, so
/// that both forms of `é` meet. No system merges more than that; some merge less, and refusing
/// such a pair there costs nobody anything.
pub(super) fn fold(component: &str) -> Cow<'_, str> {
    if component.is_ascii() {
        if component.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return component.to_ascii_lowercase().into();
        }
        return component.into();
    }
    let folded = DecomposingNormalizerBorrowed::new_nfd()
        .normalize_iter(component.chars())
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    ComposingNormalizerBorrowed::new_nfc()
        .normalize_iter(folded)
        .collect::<String>()
        .into()
}

fn check(name: &[u8]) -> Result<&str, &'static str> {
    let path = str::from_utf8(name).map_err(|_| "it is not UTF-8")?;
    if path.is_empty() {
        return Err("it is empty");
    }
    if path.starts_with('/') {
        return Err("it is absolute");
    }
    if path.len() > MAX_PATH_LEN {
        return Err("it has over 700 bytes");
    }
    if path.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("it has a control character");
    }
    if path.contains('\\') {
        return Err("it has a backslash");
    }
    path.split('/').try_for_each(check_component)?;
    Ok(path)
}

fn check_component(component: &str) -> Result<(), &'static str> {
    match component.as_bytes() {
        b"" => Err("it has an empty component"),
        b"." => Err("it has a component that stands for the folder itself"),
        b".." => Err("it climbs to the parent folder"),
        // In every component, because the first one may be stripped.
        [letter, b':', ..] if letter.is_ascii_alphabetic() => Err("it names a drive"),
        bytes if bytes.len() > MAX_COMPONENT_LEN => Err("it has a component of over 255 bytes"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &[u8]) -> String {
        match BundlePath::parse(name) {
            Err(Error::UnsafePath { problem, .. }) => problem,
            other => panic!("{name:?} gave {other:?}"),
        }
    }

    #[test]
    fn a_plain_path_is_taken_as_it_is() {
        for name in [
            "index.html",
            "a/b/c.js",
            "...",
            ".well-known/x",
            "a b",
            "ü/日本.css",
            "chunk:1.js",
            "con/aux.js",
        ] {
            assert_eq!(BundlePath::parse(name.as_bytes()).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_path_that_leaves_the_bundle_is_refused() {
        for name in ["/etc/passwd", "/"] {
            assert_eq!(problem(name.as_bytes()), "it is absolute");
        }
        for name in ["..", "../x", "a/../b", "a/.."] {
            assert_eq!(problem(name.as_bytes()), "it climbs to the parent folder");
        }
        for name in ["C:/x", "c:", "a/C:x"] {
            assert_eq!(problem(name.as_bytes()), "it names a drive");
        }
        assert_eq!(problem(b"a\\b"), "it has a backslash");
    }

    #[test]
    fn a_path_that_systems_read_in_different_ways_is_refused() {
        for byte in (0..0x20).chain([0x7f]) {
            assert_eq!(problem(&[b'a', byte]), "it has a control character");
        }
        for name in ["a//b", "a/"] {
            assert_eq!(problem(name.as_bytes()), "it has an empty component");
        }
        for name in [".", "./a", "a/./b"] {
            assert!(problem(name.as_bytes()).contains("the folder itself"));
        }
        assert_eq!(problem(b""), "it is empty");
        assert_eq!(problem(b"caf\xe9.html"), "it is not UTF-8");
    }

    #[test]
    fn the_longest_path_and_component_are_taken_and_one_byte_more_is_not() {
        let component = "c".repeat(255);
        let path = format!("{component}/{component}/{}", "d".repeat(700 - 512));
        assert_eq!(path.len(), 700);
        BundlePath::parse(path.as_bytes()).unwrap();
        assert_eq!(
            problem(format!("{path}d").as_bytes()),
            "it has over 700 bytes"
        );
        assert_eq!(
            problem(format!("{component}c").as_bytes()),
            "it has a component of over 255 bytes"
        );
    }

    #[test]
    fn folding_merges_what_a_volume_without_case_merges() {
        for (one, other) in [
            ("README.md", "readme.MD"),
            ("\u{e9}", "e\u{301}"),
            ("\u{c9}", "e\u{301}"),
            ("straße", "STRASSE"),
            ("\u{17f}", "S"),
            ("\u{212a}", "k"),
            ("ΣΑΣ", "σας"),
            ("\u{212b}", "\u{e5}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        for (one, other) in [("a", "b"), ("e", "é"), ("ﬁ", "f")] {
            assert_ne!(fold(one), fold(other), "{one} and {other}");
        }
    }
}
