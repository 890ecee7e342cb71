//! What the documents of other updaters show, done with the update service: each example's call,
//! with this service's address, key and ids in it.
//!
//! `docs/seeds.md` tells which sentence of which document each test stands for.

mod capgo_bundles;
mod capgo_by_hand;
mod native_update;

use std::fs;
use std::path::Path;

/// The tests that are defined in a folder, by file.
fn tests_in(folder: &Path) -> Vec<(String, Vec<String>)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let tests = files.map(|path| {
        let source = fs::read_to_string(&path).unwrap();
        let tests = source.split("#[test]\n").skip(1).map(|test| {
            let name = test.trim_start().strip_prefix("fn ").unwrap();
            name.split_once('(').unwrap().0.to_owned()
        });
        (
            path.file_stem().unwrap().to_str().unwrap().to_owned(),
            tests.collect(),
        )
    });
    tests.collect()
}

#[test]
fn the_page_names_tests_that_there_are_and_each_of_these() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/seeds.md")).unwrap();
    let own = tests_in(&root.join("cli/tests/interop/documents"));
    let others = tests_in(&root.join("server/tests/service"));
    let named: Vec<&str> = page.split('`').filter(|name| name.contains("::")).collect();
    for name in &named {
        let parts: Vec<&str> = name.split("::").collect();
        let (tests, file) = match parts[0] {
            "service" => (&others, parts[1].to_owned()),
            "native_update" => (&own, "native_update".to_owned()),
            kind => (&own, format!("capgo_{kind}")),
        };
        let found = tests.iter().find(|(stem, _)| *stem == file);
        let found = &found.unwrap_or_else(|| panic!("{name}: no such file")).1;
        let is_file = parts == ["service", &*file];
        let is_there = is_file || found.iter().any(|test| test == parts[parts.len() - 1]);
        assert!(is_there, "{name}: no such test");
    }
    for test in own
        .iter()
        .filter(|(stem, _)| stem != "mod")
        .flat_map(|(_, tests)| tests)
    {
        let ending = format!("::{test}");
        assert!(
            named.iter().any(|name| name.ends_with(&ending)),
            "{test} isn't on the page"
        );
    }
}
