//! Cargo, called from a program that Cargo runs.

use std::path::Path;
use std::process::Command;

/// `cargo` at the workspace's root, as a shell there would call it.
///
/// `cargo run` names its own package in the environment. Build scripts that look at those
/// variables (ring's does) would run again because of that, and everything above them would be
/// built anew whenever a person's own cargo and this one take turns.
pub(crate) fn command() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    if let Some(root) = Path::new(env!("CARGO_MANIFEST_DIR")).parent() {
        command.current_dir(root);
    }
    forget_package(&mut command);
    command
}

/// Takes what names this program's own package out of a command's environment, for programs that
/// call cargo.
pub(crate) fn forget_package(command: &mut Command) {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| is_of_package(name)) {
        command.env_remove(name);
    }
}

fn is_of_package(name: &str) -> bool {
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
        || matches!(name, "OUT_DIR" | "CARGO_PRIMARY_PACKAGE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_package_is_not_passed_on_and_what_a_person_sets_is() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "OUT_DIR"] {
            assert!(is_of_package(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_NET_OFFLINE",
            "PATH",
        ] {
            assert!(!is_of_package(name), "{name}");
        }
    }
}
