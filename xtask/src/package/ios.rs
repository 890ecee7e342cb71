//! A framework for iOS: static libraries for devices and simulators, with their C header.

use std::fs;
use std::path::Path;

use super::needs::Need;
use super::plan::{Invocation, Plan};
use super::{CRATE, FEATURES, LIBRARY, PROFILE, Result};
use crate::workspace::Workspace;

pub(super) const FRAMEWORK: &str = "ios/Frameworks/LiveUpdaterCoreFFI.xcframework";

/// Xcode copies the headers of all frameworks into one folder: a folder of its own in there keeps
/// this module map apart from any other.
const MODULE: &str = "LiveUpdaterCoreFFI";

const DEVICE: &str = "aarch64-apple-ios";
const SIMULATORS: [&str; 2] = ["aarch64-apple-ios-sim", "x86_64-apple-ios"];

/// The oldest iOS that Capacitor 8 runs on.
const OLDEST: &str = "15.0";

pub(super) fn needs() -> Vec<Need> {
    let mut needs = vec![Need::Xcode];
    needs.extend(triples().map(Need::RustTarget));
    needs
}

pub(super) fn plan(workspace: &Workspace) -> Result<Plan> {
    let target = shown(&workspace.target, &workspace.root)?;
    let work = format!("{target}/ios");
    let built = |triple: &str| format!("{target}/{triple}/{PROFILE}/lib{LIBRARY}.a");
    let (device, simulator) = (
        format!("{work}/device/lib{LIBRARY}.a"),
        format!("{work}/simulator/lib{LIBRARY}.a"),
    );
    let headers = format!("{work}/headers/{MODULE}");

    let mut plan = Plan::default();
    plan.step(Invocation::new("rm", ["-rf", FRAMEWORK, &work]));
    let folders = [
        format!("{work}/device"),
        format!("{work}/simulator"),
        headers.clone(),
    ];
    let folders = folders.iter().map(String::as_str);
    plan.step(Invocation::new("mkdir", ["-p"].into_iter().chain(folders)));
    for triple in triples() {
        let arguments = [
            "rustc",
            "--locked",
            "--package",
            CRATE,
            "--lib",
            "--features",
            FEATURES,
            "--crate-type",
        ];
        let rest = ["staticlib", "--profile", PROFILE, "--target", triple];
        let build = Invocation::new("cargo", arguments.into_iter().chain(rest));
        plan.step(build.variable("IPHONEOS_DEPLOYMENT_TARGET", OLDEST));
    }
    plan.step(Invocation::new("cp", [&built(DEVICE), &device]));
    let [arm, intel] = SIMULATORS.map(built);
    plan.step(Invocation::new(
        "lipo",
        ["-create", &arm, &intel, "-output", &simulator],
    ));
    for library in [&device, &simulator] {
        // Debugging information is most of what such a library has.
        plan.step(Invocation::new("strip", ["-S", library]));
    }
    let header = format!("bindings/swift/{MODULE}.h");
    plan.step(Invocation::new(
        "cp",
        [&header, &format!("{headers}/{MODULE}.h")],
    ));
    let map = format!("bindings/swift/{MODULE}.modulemap");
    plan.step(Invocation::new(
        "cp",
        [&map, &format!("{headers}/module.modulemap")],
    ));
    let mut arguments = vec!["-create-xcframework".to_owned()];
    for library in [device, simulator] {
        arguments.extend(["-library".to_owned(), library]);
        arguments.extend(["-headers".to_owned(), format!("{work}/headers")]);
    }
    arguments.extend(["-output".to_owned(), FRAMEWORK.to_owned()]);
    plan.step(Invocation::new("xcodebuild", arguments));
    Ok(plan)
}

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    check_framework(&workspace.root.join(FRAMEWORK))
}

/// # Errors
///
/// Libraries for devices and simulators, or their headers, aren't where Xcode looks for them.
pub(super) fn check_framework(framework: &Path) -> Result<()> {
    let missing = |path: &Path| format!("{} is missing", path.display());
    let information = framework.join("Info.plist");
    if !information.is_file() {
        return Err(missing(&information).into());
    }
    for kind in ["ios-arm64", "ios-arm64_x86_64-simulator"] {
        let slice = framework.join(kind);
        for file in [
            format!("lib{LIBRARY}.a"),
            format!("Headers/{MODULE}/{MODULE}.h"),
            format!("Headers/{MODULE}/module.modulemap"),
        ] {
            let file = slice.join(file);
            if !file.is_file() {
                return Err(missing(&file).into());
            }
        }
        let size = fs::metadata(slice.join(format!("lib{LIBRARY}.a")))?.len();
        println!("{kind:<28} {size:>10} bytes");
    }
    Ok(())
}

fn triples() -> impl Iterator<Item = &'static str> {
    [DEVICE].into_iter().chain(SIMULATORS)
}

/// A path as it is written at the project's root.
fn shown(path: &Path, root: &Path) -> Result<String> {
    let path = path.strip_prefix(root).unwrap_or(path);
    let text = path
        .to_str()
        .ok_or("the target folder's name isn't UTF-8")?;
    Ok(text.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A framework as Xcode lays it out.
    pub(in crate::package) fn lay_out(framework: &Path) {
        for file in [
            "Info.plist",
            "ios-arm64/liblive_updater_ffi.a",
            "ios-arm64/Headers/LiveUpdaterCoreFFI/LiveUpdaterCoreFFI.h",
            "ios-arm64/Headers/LiveUpdaterCoreFFI/module.modulemap",
            "ios-arm64_x86_64-simulator/liblive_updater_ffi.a",
            "ios-arm64_x86_64-simulator/Headers/LiveUpdaterCoreFFI/LiveUpdaterCoreFFI.h",
            "ios-arm64_x86_64-simulator/Headers/LiveUpdaterCoreFFI/module.modulemap",
        ] {
            let file = framework.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
    }

    #[test]
    fn a_framework_has_both_kinds_of_library_and_its_own_folder_of_headers() {
        let folder = tempfile::tempdir().unwrap();
        lay_out(folder.path());
        check_framework(folder.path()).unwrap();
        let map = "ios-arm64/Headers/LiveUpdaterCoreFFI/module.modulemap";
        let at_the_root = "ios-arm64/Headers/module.modulemap";
        fs::rename(folder.path().join(map), folder.path().join(at_the_root)).unwrap();
        let error = check_framework(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("module.modulemap is missing"), "{error}");
    }

    #[test]
    fn what_is_copied_is_there() {
        let root = Workspace::find().unwrap().root;
        for file in ["LiveUpdaterCoreFFI.h", "LiveUpdaterCoreFFI.modulemap"] {
            assert!(root.join("bindings/swift").join(file).is_file(), "{file}");
        }
    }
}
