//! What the manifests for Apple's systems say, as far as it can be checked without these.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::Workspace;

fn read(path: &str) -> String {
    let root = Workspace::find().unwrap().root;
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn swift_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(swift_files(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "swift" || extension == "m")
        {
            files.push(path);
        }
    }
    files
}

/// Capacitor's command line takes the first of each file below ios/ for the class of a plugin.
#[test]
fn one_class_is_named_for_objective_c() {
    let root = Workspace::find().unwrap().root;
    let mut names = Vec::new();
    for file in swift_files(&root.join("ios")) {
        let source = fs::read_to_string(&file).unwrap();
        names.extend(source.split("@objc(").skip(1).map(|rest| {
            let name = rest.split(')').next().unwrap_or_default();
            name.to_owned()
        }));
        assert!(!source.contains("CAP_PLUGIN("), "{}", file.display());
    }
    assert_eq!(names, ["LiveUpdaterPlugin"]);
}

#[test]
fn the_two_manifests_agree() {
    let package = read("Package.swift");
    let pod = read("CapacitorLiveUpdater.podspec");
    for (in_package, in_pod) in [
        (".iOS(.v15)", "s.ios.deployment_target = '15.0'"),
        (
            "name: \"CapacitorLiveUpdater\"",
            "s.name = 'CapacitorLiveUpdater'",
        ),
        (
            "ios/Frameworks/LiveUpdaterCoreFFI.xcframework",
            "ios/Frameworks/LiveUpdaterCoreFFI.xcframework",
        ),
        (
            "path: \"ios/Sources/LiveUpdaterPlugin\"",
            "ios/Sources/LiveUpdaterPlugin/*.swift",
        ),
        ("path: \"bindings/swift\"", "bindings/swift/*.swift"),
        (
            ".copy(\"PrivacyInfo.xcprivacy\")",
            "ios/Sources/LiveUpdaterPlugin/PrivacyInfo.xcprivacy",
        ),
    ] {
        assert!(
            package.contains(in_package),
            "Package.swift lacks {in_package}"
        );
        assert!(pod.contains(in_pod), "the podspec lacks {in_pod}");
    }
}

/// Capacitor's command line rewrites this very text where the app has another major version.
#[test]
fn capacitor_is_named_as_its_command_line_expects() {
    let capacitor =
        ".package(url: \"https://github.com/ionic-team/capacitor-swift-pm.git\", from: \"8.0.0\")";
    assert!(read("Package.swift").contains(capacitor));
}

#[test]
fn the_version_is_the_one_of_the_workspace() {
    let version = format!("pluginVersion = \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(read("ios/Sources/LiveUpdaterPlugin/NativeApp.swift").contains(&version));
}

#[test]
fn the_plugin_is_thin() {
    let root = Workspace::find().unwrap().root;
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let mut sum = 0;
    for file in swift_files(&root.join("ios/Sources/LiveUpdaterPlugin")) {
        let lines = fs::read_to_string(&file)
            .unwrap()
            .lines()
            .filter(is_code)
            .count();
        assert!(lines < 400, "{}: {lines} lines", file.display());
        sum += lines;
    }
    assert!(sum < 600, "{sum} lines");
}

#[test]
fn the_documentation_shows_the_example_that_is_run() {
    let example = read("ios/Tests/Example/main.swift");
    let shown = read("docs/swift.md");
    assert!(
        shown.contains(&format!("```swift\n{example}```")),
        "docs/swift.md has another example"
    );
}
