//! `docs/lifecycle.md` names functions and tests that there are, and every test of the lifecycle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../docs/lifecycle.md");
const TABLE: &str = "| event | rule | state | tells | code | shown by |";

/// Everything in backticks in a column of the tables of events.
fn named(column: usize) -> BTreeSet<String> {
    let mut is_in_table = false;
    let mut names = BTreeSet::new();
    for line in PAGE.lines() {
        is_in_table = line == TABLE || (is_in_table && line.starts_with('|'));
        if is_in_table && line != TABLE && !line.starts_with("|---") {
            let cells: Vec<_> = line.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 6, "{line}");
            let quoted: Vec<_> = cells[column].split('`').skip(1).step_by(2).collect();
            assert!(!quoted.is_empty(), "nothing is named: {line}");
            names.extend(quoted.into_iter().map(str::to_owned));
        }
    }
    assert!(names.len() > 20);
    names
}

/// The text of a module: its name is that of a file, which several folders may have.
fn module(name: &str, folders: &[&str]) -> String {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    folders
        .iter()
        .map(|folder| sources.join(folder).join(format!("{name}.rs")))
        .filter_map(|path: PathBuf| fs::read_to_string(path).ok())
        .collect()
}

fn is_defined(name: &str, folders: &[&str]) -> bool {
    let (file, function) = name.split_once("::").expect(name);
    let text = module(file, folders);
    [format!("fn {function}("), format!("fn {function}<")]
        .iter()
        .any(|definition| text.contains(definition))
}

#[test]
fn every_function_that_is_named_exists() {
    for name in named(4) {
        assert!(is_defined(&name, &["lifecycle", "store"]), "{name}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    for name in named(5) {
        assert!(
            is_defined(&name, &["lifecycle/tests", "lifecycle", "."]),
            "{name}"
        );
    }
}

#[test]
fn every_test_of_the_lifecycle_is_named() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lifecycle/tests");
    let mut existing = BTreeSet::new();
    for entry in fs::read_dir(tests).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        existing.extend(text.split("#[test]\nfn ").skip(1).map(|rest| {
            let name = rest.split('(').next().unwrap();
            format!("{module}::{name}")
        }));
    }
    let missing: Vec<_> = existing.difference(&named(5)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}
