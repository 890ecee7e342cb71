//! Installs what the interop tests need.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::Workspace;

/// Programs, and Debian's packages that have them.
const PROGRAMS: [(&str, &str); 8] = [
    ("nginx", "nginx"),
    ("openssl", "openssl"),
    ("zip", "zip"),
    ("unzip", "unzip"),
    ("python3", "python3"),
    ("sha256sum", "coreutils"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// Installs what is missing: programs by `apt-get`, where this is root on Debian, and packages
/// of npm below the target folder.
pub(crate) fn install(workspace: &Workspace) -> Result<(), Box<dyn Error>> {
    install_programs()?;
    install_npm_packages(workspace)
}

fn install_programs() -> Result<(), Box<dyn Error>> {
    let missing: Vec<_> = PROGRAMS
        .into_iter()
        .filter(|(program, _)| !is_installed(program))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    if !is_installed("apt-get") || !is_root()? {
        let programs: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
        return Err(format!(
            "please install {} (as root on Debian: apt-get install {})",
            programs.join(", "),
            packages.join(" ")
        )
        .into());
    }
    println!("installing {}", packages.join(", "));
    apt_get(&["update", "--quiet"])?;
    let options = ["install", "--quiet", "--yes", "--no-install-recommends"];
    apt_get(&[&options, &packages[..]].concat())
}

fn apt_get(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    succeed(&mut command)
}

/// Does nothing where the very packages of the lock file are there already.
fn install_npm_packages(workspace: &Workspace) -> Result<(), Box<dyn Error>> {
    let pinned = workspace.root.join("cli/tests/interop");
    let folder = workspace.interop();
    let stamp = folder.join("installed-lock.json");
    let lock = fs::read(pinned.join("package-lock.json"))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("installing npm packages in {}", folder.display());
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(pinned.join(name), folder.join(name))?;
    }
    // Install scripts could do anything, and none of the packages needs its own.
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder);
    succeed(&mut npm)?;
    fs::write(stamp, lock)?;
    Ok(())
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdin(Stdio::null()).status()?;
    if !status.success() {
        let program = command.get_program().to_string_lossy().into_owned();
        return Err(format!("{program} failed ({status})").into());
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers lie where people who aren't root may not look.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .any(|folder| Path::is_file(&folder.join(program)))
}

fn is_root() -> io::Result<bool> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}
