//! Holds the licences of all dependencies against `deny.toml`, where cargo-deny isn't installed.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::cargo;
use crate::workspace::Workspace;

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let workspace = Workspace::find().unwrap();
    let settings = fs::read_to_string(workspace.root.join("deny.toml")).unwrap();
    let allowed = Allowed::read(&settings);
    let mut refused = Vec::new();
    for (name, license) in dependencies() {
        if !is_met(&license, &allowed.to(&name)) {
            refused.push((name, license));
        }
    }
    assert_eq!(refused, []);
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed =
        BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(String::from));
    for (expression, holds) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("ISC AND (GPL-3.0 OR MIT)", true),
        ("(GPL-3.0 OR MIT) AND BSD-3-Clause", false),
        ("MIT OR ISC AND GPL-3.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), holds, "{expression}");
    }
}

/// What `deny.toml` allows.
struct Allowed {
    licenses: BTreeSet<String>,
    /// A crate, and a licence that it alone may have.
    exceptions: Vec<(String, String)>,
}

impl Allowed {
    /// Reads the two lists as they stand in that file, an item a line.
    fn read(settings: &str) -> Self {
        let (_, section) = settings.split_once("[licenses]").unwrap();
        let (section, _) = section.split_once("\n[").unwrap();
        let quoted = |line: &str| -> Vec<String> {
            line.split('"')
                .skip(1)
                .step_by(2)
                .map(String::from)
                .collect()
        };
        let mut allowed = Self {
            licenses: BTreeSet::new(),
            exceptions: Vec::new(),
        };
        for line in section.lines().map(str::trim) {
            match &quoted(line)[..] {
                [license] if line.starts_with('"') => {
                    allowed.licenses.insert(license.clone());
                }
                [name, license] if line.starts_with('{') => {
                    allowed.exceptions.push((name.clone(), license.clone()));
                }
                _ => {}
            }
        }
        allowed
    }

    /// The licences that a crate may have.
    fn to(&self, name: &str) -> BTreeSet<String> {
        let exceptions = self.exceptions.iter().filter(|(named, _)| named == name);
        let mut licenses = self.licenses.clone();
        licenses.extend(exceptions.map(|(_, license)| license.clone()));
        licenses
    }
}

/// The packages that builds for this machine use, and their licences.
fn dependencies() -> Vec<(String, String)> {
    let version = cargo::command()
        .args(["version", "--verbose"])
        .output()
        .unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let output = cargo::command()
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", host.unwrap()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            (text("name"), text("license"))
        })
        .collect()
}

/// Whether a licence expression can be met with these licences.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    // Before SPDX, a slash stood for OR.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let holds = any(&mut words, allowed);
    holds && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut holds = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        holds |= all(words, allowed);
    }
    holds
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        holds &= one(words, allowed);
    }
    holds
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let Some(first) = words.next() else {
        return false;
    };
    if first == "(" {
        let holds = any(words, allowed);
        return holds && words.next_if_eq(&")").is_some();
    }
    let license = match words.next_if_eq(&"WITH") {
        Some(_) => format!("{first} WITH {}", words.next().unwrap_or_default()),
        None => first.to_owned(),
    };
    allowed.contains(&license)
}
