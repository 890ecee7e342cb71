//! Which file names all devices and their file systems take.

use std::collections::BTreeMap;

use icu_normalizer::ComposingNormalizerBorrowed;

const MAX_COMPONENT_BYTES: usize = 255;
const MAX_PATH_BYTES: usize = 700;

/// What is wrong with a path of components joined by `/`.
pub(super) fn problem(path: &str) -> Option<&'static str> {
    if path.len() > MAX_PATH_BYTES {
        return Some("the path is longer than 700 bytes");
    }
    path.split('/').find_map(component_problem)
}

fn component_problem(component: &str) -> Option<&'static str> {
    if component.is_empty() || component == "." || component == ".." {
        Some("it has an empty or relative part")
    } else if component.len() > MAX_COMPONENT_BYTES {
        Some("a name is longer than 255 bytes")
    } else if component.contains('\\') {
        Some("it has a backslash, which is a separator elsewhere")
    } else if component.contains(|character: char| character < ' ' || character == '\u{7f}') {
        Some("it has a control character")
    } else if is_drive(component) {
        Some("it starts like a drive letter")
    } else {
        None
    }
}

fn is_drive(component: &str) -> bool {
    let mut characters = component.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && characters.next() == Some(':')
}

/// Names that differ, and are the same on file systems that ignore case or normalise Unicode.
/// Folders count too: there, two of them become one.
pub(super) fn collisions<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<(&'a str, &'a str)> {
    let mut spellings: BTreeMap<String, &str> = BTreeMap::new();
    let mut collisions = Vec::new();
    for path in paths {
        let ends = path.match_indices('/').map(|(end, _)| end);
        for prefix in ends.chain([path.len()]).filter_map(|end| path.get(..end)) {
            let first = spellings.entry(fold(prefix)).or_insert(prefix);
            if *first != prefix && !collisions.contains(&(*first, prefix)) {
                collisions.push((*first, prefix));
            }
        }
    }
    collisions
}

fn fold(name: &str) -> String {
    let composer = ComposingNormalizerBorrowed::new_nfc();
    let lower = composer
        .normalize_iter(name.chars())
        .flat_map(char::to_lowercase);
    composer.normalize_iter(lower).collect()
}

/// Whether Windows takes a part of this path for a device, whatever its extension.
pub(super) fn has_device_name(path: &str) -> bool {
    path.split('/').any(|component| {
        let stem = component.split('.').next().unwrap_or_default().trim_end();
        let upper = stem.to_ascii_uppercase();
        match upper.as_str() {
            "CON" | "PRN" | "AUX" | "NUL" => true,
            other => other
                .strip_prefix("COM")
                .or_else(|| other.strip_prefix("LPT"))
                .is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9'])),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_fine() {
        for path in [
            "index.html",
            "assets/app-1a2b.js",
            "ünï/日本.png",
            "a b/c@2x..png",
        ] {
            assert_eq!(problem(path), None, "{path}");
        }
    }

    #[test]
    fn names_that_devices_refuse_are_found() {
        for path in [
            "",
            "a//b",
            "../a",
            "a\\b.js",
            "a\nb",
            "a\u{7f}",
            "c:/a",
            &"a".repeat(256),
            &"abc/".repeat(200),
        ] {
            assert!(problem(path).is_some(), "{path:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_or_normalisation_collide() {
        let collide = |paths: &[&str]| collisions(paths.iter().copied()).len();
        assert_eq!(collide(&["a.js", "b.js", "a/a.js"]), 0);
        assert_eq!(collide(&["A.js", "a.js"]), 1);
        assert_eq!(collide(&["caf\u{e9}.js", "cafe\u{301}.js"]), 1);
        assert_eq!(collide(&["Assets/a.js", "assets/b.js", "assets/c.js"]), 1);
        assert_eq!(collide(&["DATA", "data/a.js"]), 1);
    }

    #[test]
    fn device_names_are_known_with_any_extension_and_case() {
        for path in ["aux.js", "assets/NUL", "con.min.js/a", "Com1.css", "lpt9"] {
            assert!(has_device_name(path), "{path}");
        }
        for path in [
            "auxiliary.js",
            "com.js",
            "com0",
            "com10.js",
            "js/contact.js",
        ] {
            assert!(!has_device_name(path), "{path}");
        }
    }
}
