//! Libraries for Android.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::needs::Need;
use super::plan::{Invocation, Plan};
use super::{CRATE, FEATURES, LIBRARY, PROFILE, Result};
use crate::elf::{Library, functions_in};
use crate::workspace::Workspace;

pub(super) const FOLDER: &str = "android/src/main/jniLibs";

/// Android's name for a kind of processor, and Rust's.
pub(super) const PROCESSORS: [(&str, &str); 3] = [
    ("arm64-v8a", "aarch64-linux-android"),
    ("armeabi-v7a", "armv7-linux-androideabi"),
    ("x86_64", "x86_64-linux-android"),
];

/// The oldest Android that Capacitor 8 runs on (7.0).
const API_LEVEL: &str = "24";

const HEADER: &str = "bindings/swift/LiveUpdaterCoreFFI.h";

pub(super) fn needs() -> Vec<Need> {
    let targets = PROCESSORS.map(|(_, triple)| Need::RustTarget(triple));
    [Need::Ndk, Need::CargoNdk]
        .into_iter()
        .chain(targets)
        .collect()
}

/// What isn't optional for a library on Android is in the crate's build script.
pub(super) fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.step(Invocation::of(&format!("rm -rf {FOLDER}")));
    let mut arguments = vec!["ndk", "--platform", API_LEVEL];
    for (abi, _) in PROCESSORS {
        arguments.extend(["--target", abi]);
    }
    arguments.extend(["--output-dir", FOLDER]);
    // Only this kind of library: each one is optimised for minutes.
    arguments.extend(["rustc", "--locked", "--package", CRATE, "--lib"]);
    arguments.extend(["--features", FEATURES]);
    arguments.extend(["--crate-type", "cdylib", "--profile", PROFILE]);
    plan.step(Invocation::new("cargo", arguments));
    plan
}

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    check_in(&workspace.root.join(FOLDER), &functions(workspace)?)
}

/// Prints what each library takes.
///
/// # Errors
///
/// One is missing, or can't be loaded by every phone.
fn check_in(folder: &Path, functions: &BTreeSet<String>) -> Result<()> {
    let mut problems = Vec::new();
    println!("{:<12} {:>10} {:>10}", "", "bytes", "alignment");
    for (abi, path) in libraries(folder) {
        let library = Library::read(&path)?;
        println!("{abi:<12} {:>10} {:>#10x}", library.size, library.alignment);
        let found = library.problems(functions.iter().map(String::as_str));
        problems.extend(found.iter().map(|problem| format!("\n  {abi}: {problem}")));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("not fit for phones:{}", problems.concat()).into())
}

pub(super) fn libraries(folder: &Path) -> [(&'static str, PathBuf); 3] {
    PROCESSORS.map(|(abi, _)| (abi, folder.join(abi).join(format!("lib{LIBRARY}.so"))))
}

/// The functions that the bindings call.
pub(crate) fn functions(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let header = fs::read_to_string(workspace.root.join(HEADER))?;
    let functions: BTreeSet<_> = functions_in(&header)
        .into_iter()
        .map(String::from)
        .collect();
    if functions.is_empty() {
        return Err(format!("{HEADER} declares no function").into());
    }
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A library for this machine in place of each of them.
    fn libraries_with(options: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("a.c");
        fs::write(&source, "int ffi_a(void) { return 1; }").unwrap();
        for (_, library) in libraries(folder.path()) {
            fs::create_dir_all(library.parent().unwrap()).unwrap();
            let mut compiler = Command::new("cc");
            compiler.args(["-shared", "-fPIC", "-nostdlib", options, "-o"]);
            assert!(
                compiler
                    .args([&library, &source])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        folder
    }

    #[test]
    fn libraries_that_every_phone_loads_are_taken() {
        let folder = libraries_with("-Wl,-z,max-page-size=16384");
        let functions = BTreeSet::from(["ffi_a".to_owned()]);
        check_in(folder.path(), &functions).unwrap();
    }

    #[test]
    fn libraries_with_pages_of_4_kb_are_refused_each_by_name() {
        let folder = libraries_with("-Wl,-z,max-page-size=4096");
        let error = check_in(folder.path(), &BTreeSet::new())
            .unwrap_err()
            .to_string();
        for (abi, _) in PROCESSORS {
            assert!(error.contains(&format!("{abi}: its segments")), "{error}");
        }
    }

    #[test]
    fn a_processor_without_a_library_is_refused() {
        let folder = libraries_with("-Wl,-z,max-page-size=16384");
        fs::remove_dir_all(folder.path().join("x86_64")).unwrap();
        let error = check_in(folder.path(), &BTreeSet::new())
            .unwrap_err()
            .to_string();
        assert!(error.contains("x86_64"), "{error}");
    }

    #[test]
    fn the_bindings_call_functions() {
        let functions = functions(&Workspace::find().unwrap()).unwrap();
        let launch = "uniffi_live_updater_ffi_fn_method_updater_launch";
        assert!(functions.contains(launch), "{functions:?}");
    }
}
