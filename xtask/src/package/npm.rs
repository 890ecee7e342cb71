//! The package that app developers install.

use std::fs;
use std::path::Path;

use super::plan::{Invocation, Plan};
use super::{Result, android, ios};
use crate::workspace::Workspace;

/// Where the tarball comes to lie.
const FOLDER: &str = "target/npm";

/// Without these in the tarball, no app builds.
const FILES: [&str; 11] = [
    "package.json",
    "dist/plugin.cjs.js",
    "dist/esm/index.js",
    "dist/esm/index.d.ts",
    "capgo/package.json",
    "android/build.gradle",
    "android/native-library.gradle",
    "bindings/kotlin/io/github/liveupdater/core/live_updater.kt",
    "bindings/swift/LiveUpdaterCore.swift",
    "Package.swift",
    "CapacitorLiveUpdater.podspec",
];

/// What is for people who build this package only.
const FOREIGN: [&str; 7] = [
    "ios/Tests/",
    "src/",
    "uniffi/",
    "xtask/",
    "target/",
    "tests/",
    "node_modules/",
];

#[derive(Debug, Default, clap::Args)]
pub(super) struct Arguments {
    /// Leave the libraries for Android and iOS out; apps can't be built with the result
    #[arg(long)]
    without_native: bool,
}

pub(super) fn plan() -> Plan {
    let mut plan = Plan::default();
    for words in [
        "npm ci --ignore-scripts --no-audit --no-fund".to_owned(),
        "npm run build".to_owned(),
        format!("rm -rf {FOLDER}"),
        format!("mkdir -p {FOLDER}"),
        // What it would run has just been run.
        format!("npm pack --ignore-scripts --pack-destination {FOLDER}"),
    ] {
        plan.step(Invocation::of(&words));
    }
    plan
}

/// # Errors
///
/// A library is missing, and wasn't to be left out.
pub(super) fn check_libraries(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if arguments.without_native {
        return Ok(());
    }
    let android = android::check(workspace);
    let ios = ios::check(workspace);
    let advice = "or --without-native to try the rest";
    android.map_err(|error| format!("{error}: cargo xtask package android, {advice}"))?;
    ios.map_err(|error| format!("{error}: cargo xtask package ios, {advice}").into())
}

/// Prints what the tarball has, and holds it against what apps need.
pub(super) fn check(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let folder = workspace.root.join(FOLDER);
    let tarball = fs::read_dir(&folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or("npm has packed nothing")?;
    let files = contents(&tarball)?;
    for file in &files {
        println!("{file}");
    }
    let size = fs::metadata(&tarball)?.len();
    println!(
        "{}: {size} bytes in {} files",
        tarball.display(),
        files.len()
    );
    judge(&files, arguments)
}

fn contents(tarball: &Path) -> Result<Vec<String>> {
    let output = std::process::Command::new("tar")
        .arg("-tzf")
        .arg(tarball)
        .output()?;
    if !output.status.success() {
        return Err(format!("{} can't be read", tarball.display()).into());
    }
    let listed = String::from_utf8(output.stdout)?;
    let mut files: Vec<_> = listed
        .lines()
        .filter_map(|line| Some(line.strip_prefix("package/")?.to_owned()))
        .collect();
    files.sort_unstable();
    Ok(files)
}

fn judge(files: &[String], arguments: &Arguments) -> Result<()> {
    let has = |wanted: &str| files.iter().any(|file| file == wanted);
    let mut wanted: Vec<_> = FILES.map(String::from).into();
    if !arguments.without_native {
        let libraries = android::libraries(Path::new(android::FOLDER));
        wanted.extend(libraries.map(|(_, path)| path.display().to_string()));
        wanted.push(format!("{}/Info.plist", ios::FRAMEWORK));
    }
    let missing: Vec<_> = wanted.into_iter().filter(|file| !has(file)).collect();
    if !missing.is_empty() {
        return Err(format!("the tarball lacks {}", missing.join(", ")).into());
    }
    let is_foreign = |file: &&String| FOREIGN.iter().any(|folder| file.starts_with(folder));
    match files.iter().find(is_foreign) {
        Some(file) => Err(format!("{file} is in the tarball and of no use there").into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(more: &[&str]) -> Vec<String> {
        FILES
            .iter()
            .chain(more)
            .map(|&file| file.to_owned())
            .collect()
    }

    #[test]
    fn a_tarball_without_libraries_is_only_good_for_trying() {
        let files = files(&[]);
        judge(
            &files,
            &Arguments {
                without_native: true,
            },
        )
        .unwrap();
        let error = judge(
            &files,
            &Arguments {
                without_native: false,
            },
        );
        let error = error.unwrap_err().to_string();
        for library in ["arm64-v8a", "armeabi-v7a", "x86_64", "xcframework"] {
            assert!(error.contains(library), "{error}");
        }
    }

    #[test]
    fn a_tarball_with_all_of_it_is_good() {
        let libraries = android::libraries(Path::new(android::FOLDER));
        let libraries = libraries.map(|(_, path)| path.display().to_string());
        let framework = format!("{}/Info.plist", ios::FRAMEWORK);
        let more = [&*libraries[0], &libraries[1], &libraries[2], &framework];
        judge(
            &files(&more),
            &Arguments {
                without_native: false,
            },
        )
        .unwrap();
    }

    #[test]
    fn a_tarball_with_sources_that_apps_do_not_build_is_refused() {
        let files = files(&["src/lib.rs"]);
        let error = judge(
            &files,
            &Arguments {
                without_native: true,
            },
        );
        assert!(error.unwrap_err().to_string().contains("src/lib.rs"));
    }

    #[test]
    fn a_library_that_is_missing_is_told_before_anything_is_built() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("bindings/swift")).unwrap();
        let header = folder.path().join("bindings/swift/LiveUpdaterCoreFFI.h");
        fs::write(header, "void ffi_a(void\n);\n").unwrap();
        let workspace = Workspace {
            root: folder.path().to_owned(),
            target: folder.path().join("target"),
        };
        let error = check_libraries(
            &workspace,
            &Arguments {
                without_native: false,
            },
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains("cargo xtask package android"), "{error}");
        check_libraries(
            &workspace,
            &Arguments {
                without_native: true,
            },
        )
        .unwrap();
    }
}
