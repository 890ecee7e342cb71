//! The Kotlin bindings on the JVM, against the real library and a real server.

use std::path::{Path, PathBuf};

use super::jvm::{self, Jvm};
use super::{Outcome, Result, Run, Suite, Tally, run_tests};
use crate::bindings;
use crate::install::NpmPackages;
use crate::native;

pub(super) const SUITE: Suite = Suite {
    name: "kotlin",
    tools: jvm::TOOLS,
    packages: &[NpmPackages::TOOLS],
    runs_without_tools: false,
    by_default: true,
    run,
};

/// The package of all tests.
const PACKAGE: &str = "io.github.liveupdater.tests";

/// As much as a phone gives an app, and there from the start: what grows later is the library's.
const HEAP: [&str; 3] = ["-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch"];

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let native = native::build()?;
    check_bindings(run, tally)?;
    let jvm = Jvm::new(run.workspace);
    let bindings = jvm.bindings(run.workspace)?;

    let folder = run.workspace.root.join("uniffi/tests/kotlin");
    let sources = jvm::sources(&folder)?;
    let mut classpath = vec![bindings];
    classpath.extend(jvm.libraries());
    classpath.extend(jvm.test_libraries());
    let tests = jvm.compile("tests", &sources, &classpath)?;
    classpath.insert(0, tests);

    let mut java = jvm.java(&classpath, &native.folder)?;
    java.args(HEAP)
        .arg(format!("{PACKAGE}.RunnerKt"))
        .args(test_classes(&sources))
        .env("LIVE_UPDATER", native.program())
        .env("LIVE_UPDATER_PROJECT", &run.workspace.root)
        .env(
            "LIVE_UPDATER_SCRATCH",
            run.workspace.target.join("kotlin/scratch"),
        );
    run_tests(&mut java, tally)
}

/// Kotlin's and Swift's: what is checked in is what the library has.
fn check_bindings(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let outdated = bindings::outdated(run.workspace)?;
    for file in &outdated {
        println!(
            "{} is outdated: cargo xtask bindings",
            file.checked_in.display()
        );
    }
    let outcome = if outdated.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed
    };
    tally.note("bindings::are_what_the_library_has", outcome);
    Ok(())
}

/// A file `LaunchTest.kt` holds the class `LaunchTest`.
fn test_classes(sources: &[PathBuf]) -> Vec<String> {
    sources
        .iter()
        .filter_map(|source| Path::file_stem(source)?.to_str())
        .filter(|name| name.ends_with("Test"))
        .map(|name| format!("{PACKAGE}.{name}"))
        .collect()
}
