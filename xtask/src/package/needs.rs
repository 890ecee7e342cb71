//! What has to be on the machine, and how to get what isn't.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is there.
pub(super) trait Machine {
    fn has_program(&self, name: &str) -> bool;
    fn has_rust_target(&self, triple: &str) -> bool;
    fn ndk(&self) -> Option<PathBuf>;
}

/// Something that a package is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Ndk,
    CargoNdk,
    Xcode,
    Npm,
    RustTarget(&'static str),
}

impl Need {
    fn is_met(self, machine: &dyn Machine) -> bool {
        match self {
            Self::Ndk => machine.ndk().is_some(),
            Self::CargoNdk => machine.has_program("cargo-ndk"),
            Self::Xcode => ["xcodebuild", "lipo", "strip"]
                .iter()
                .all(|program| machine.has_program(program)),
            Self::Npm => machine.has_program("npm"),
            Self::RustTarget(triple) => machine.has_rust_target(triple),
        }
    }

    /// What is missing, and what brings it.
    fn advice(self) -> String {
        match self {
            Self::Ndk => "the Android NDK, r28 or later: install it in Android Studio's SDK \
                Manager, or by `sdkmanager 'ndk;28.2.13676358'`, and set ANDROID_NDK_HOME where \
                it doesn't lie below ANDROID_HOME"
                .to_owned(),
            Self::CargoNdk => {
                "cargo-ndk, 4 or later: `cargo install --locked cargo-ndk@4.1.2`".to_owned()
            }
            Self::Xcode => "Xcode, 26 or later, on a Mac: install it from the App Store, then \
                `sudo xcode-select --switch /Applications/Xcode.app`"
                .to_owned(),
            Self::Npm => "Node.js with npm, 22 or later: https://nodejs.org".to_owned(),
            Self::RustTarget(triple) => {
                format!("Rust's standard library for {triple}: `rustup target add {triple}`")
            }
        }
    }
}

/// # Errors
///
/// Says all that is missing, a line each.
pub(super) fn check(needs: &[Need], machine: &dyn Machine) -> Result<(), String> {
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| !need.is_met(machine))
        .map(|need| format!("\n  {}", need.advice()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("this is missing:{}", missing.concat()))
}

/// The machine that this runs on.
pub(super) struct ThisMachine;

impl Machine for ThisMachine {
    fn has_program(&self, name: &str) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    }

    /// Asks the compiler where the target's libraries would lie.
    fn has_rust_target(&self, triple: &str) -> bool {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Command::new(rustc)
            .args(["--print", "target-libdir", "--target", triple])
            .output()
            .is_ok_and(|output| {
                let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                output.status.success() && Path::new(&folder).is_dir()
            })
    }

    /// Where cargo-ndk looks for it too.
    fn ndk(&self) -> Option<PathBuf> {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let is_ndk = |folder: &PathBuf| folder.join("source.properties").is_file();
        let direct = [
            "ANDROID_NDK_HOME",
            "ANDROID_NDK_ROOT",
            "ANDROID_NDK_PATH",
            "NDK_HOME",
        ];
        let below = ["ANDROID_HOME", "ANDROID_SDK_ROOT", "ANDROID_SDK_HOME"];
        let studio = folder("HOME").into_iter().flat_map(|home| {
            ["Android/Sdk/ndk", "Library/Android/sdk/ndk"].map(|place| home.join(place))
        });
        let versions = below
            .into_iter()
            .filter_map(folder)
            .map(|sdk| sdk.join("ndk"))
            .chain(studio)
            .filter_map(|ndks| ndks.read_dir().ok())
            .flat_map(|entries| entries.flatten().map(|entry| entry.path()));
        direct
            .into_iter()
            .filter_map(folder)
            .chain(versions)
            .find(is_ndk)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A machine with everything, or with nothing.
    pub(in crate::package) struct Made(pub(in crate::package) bool);

    impl Machine for Made {
        fn has_program(&self, _: &str) -> bool {
            self.0
        }

        fn has_rust_target(&self, _: &str) -> bool {
            self.0
        }

        fn ndk(&self) -> Option<PathBuf> {
            self.0.then(|| "/ndk".into())
        }
    }

    #[test]
    fn all_that_is_missing_is_told_with_what_brings_it() {
        let needs = [
            Need::Ndk,
            Need::CargoNdk,
            Need::Xcode,
            Need::Npm,
            Need::RustTarget("aarch64-linux-android"),
        ];
        assert_eq!(check(&needs, &Made(true)), Ok(()));
        let missing = check(&needs, &Made(false)).unwrap_err();
        assert_eq!(missing.lines().count(), 1 + needs.len(), "{missing}");
        for advice in [
            "ANDROID_NDK_HOME",
            "cargo install --locked cargo-ndk",
            "xcode-select",
            "nodejs.org",
            "rustup target add aarch64-linux-android",
        ] {
            assert!(missing.contains(advice), "{missing}");
        }
    }

    #[test]
    fn this_machine_has_its_own_target_and_no_invented_one() {
        assert!(ThisMachine.has_program("cargo"));
        assert!(!ThisMachine.has_program("no-such-program"));
        assert!(!ThisMachine.has_rust_target("no-such-target"));
    }
}
