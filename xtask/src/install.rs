//! Installs what tests need: programs and libraries by `apt-get`, and packages of npm and PyPI.

mod npm;
mod python;

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) use npm::NpmPackages;
pub(crate) use python::PythonPackages;

/// Something that has to be on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tool {
    /// A program's name, or an absolute path of a file.
    pub(crate) what: &'static str,
    /// Debian's package that has it.
    pub(crate) package: &'static str,
    is_optional: bool,
}

impl Tool {
    pub(crate) const fn new(what: &'static str, package: &'static str) -> Self {
        Self {
            what,
            package,
            is_optional: false,
        }
    }

    /// What single tests need, which skip themselves without it.
    pub(crate) const fn optional(what: &'static str, package: &'static str) -> Self {
        Self {
            is_optional: true,
            ..Self::new(what, package)
        }
    }

    /// Whether nothing can run for want of it.
    pub(crate) fn is_missed(self) -> bool {
        !self.is_optional && !self.is_installed()
    }

    pub(crate) fn is_installed(self) -> bool {
        if Path::new(self.what).is_absolute() {
            return Path::new(self.what).is_file();
        }
        is_program(self.what)
    }
}

/// Installs those that are missing, where this is root on Debian.
pub(crate) fn install_tools(tools: &[Tool]) -> Result<(), Box<dyn Error>> {
    let missing = || tools.iter().filter(|tool| !tool.is_installed());
    if missing().next().is_none() {
        return Ok(());
    }
    let mut packages: Vec<_> = missing().map(|tool| tool.package).collect();
    packages.sort_unstable();
    packages.dedup();
    if !is_program("apt-get") || !is_root()? {
        let names: Vec<_> = missing().map(|tool| tool.what).collect();
        return Err(format!(
            "please install {} (as root on Debian: apt-get install {})",
            names.join(", "),
            packages.join(" ")
        )
        .into());
    }
    println!("installing {}", packages.join(", "));
    apt_get(&["update", "--quiet"])?;
    let options = ["install", "--quiet", "--yes", "--no-install-recommends"];
    apt_get(&[&options, &packages[..]].concat())?;
    match missing().next() {
        Some(tool) => Err(format!("{} has brought no {}", tool.package, tool.what).into()),
        None => Ok(()),
    }
}

fn apt_get(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new("apt-get");
    command
        .args(["--option", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    succeed(&mut command)
}

/// Runs a program without input, and fails where it fails.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    if !status.success() {
        return Err(format!("{program} failed ({status})").into());
    }
    Ok(())
}

fn is_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers lie where people who aren't root may not look.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .any(|folder| Path::is_file(&folder.join(name)))
}

fn is_root() -> io::Result<bool> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_a_program_on_the_path_or_a_file() {
        assert!(Tool::new("sh", "dash").is_installed());
        assert!(Tool::new("/proc/self/exe", "none").is_installed());
        assert!(!Tool::new("no-such-program", "none").is_installed());
        assert!(!Tool::new("/no/such/file.jar", "none").is_installed());
    }
}
