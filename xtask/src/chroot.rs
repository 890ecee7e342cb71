//! A Debian in a folder: the next release has toolchains that this machine's needn't have.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace::Workspace;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const RELEASE: &str = "trixie";
const UNFINISHED: &str = "unfinished";

/// Where a command in it finds the folder that it works on.
pub(crate) const PLACE: &str = "/project";

/// What a chroot is for.
pub(crate) struct Toolchain {
    /// What people know it by.
    pub(crate) name: &'static str,
    /// Its folder in the target folder.
    pub(crate) folder: &'static str,
    /// Names another folder to keep it in.
    pub(crate) variable: &'static str,
    /// Says whose folder it is, and once it is complete, what is in it.
    pub(crate) stamp: &'static str,
    /// Debian's packages.
    pub(crate) packages: &'static [&'static str],
    /// What making it takes.
    pub(crate) cost: &'static str,
    /// What makes it.
    pub(crate) command: &'static str,
}

pub(crate) struct Chroot {
    toolchain: &'static Toolchain,
    root: PathBuf,
}

impl Chroot {
    pub(crate) fn new(workspace: &Workspace, toolchain: &'static Toolchain) -> Self {
        let root = std::env::var_os(toolchain.variable).map(PathBuf::from);
        Self {
            toolchain,
            root: root.unwrap_or_else(|| workspace.target.join(toolchain.folder)),
        }
    }

    /// Whether commands can be run in it; if not, why.
    pub(crate) fn is_usable(&self) -> std::result::Result<(), String> {
        if !is_root() {
            return Err("a chroot needs root".to_owned());
        }
        if !self.is_complete() {
            let Toolchain { command, name, .. } = self.toolchain;
            return Err(format!("{command} makes a chroot with {name}"));
        }
        Ok(())
    }

    /// Makes it, unless it is there; starts over where it was left half made.
    ///
    /// # Errors
    ///
    /// This isn't root on Debian, the folder isn't this program's, or Debian's programs fail.
    pub(crate) fn make(&self) -> Result<()> {
        if !is_root() {
            let name = self.toolchain.name;
            return Err(format!(
                "the chroot with {name} can only be made and used by root on Debian"
            )
            .into());
        }
        if self.is_complete() {
            return Ok(());
        }
        let started = Instant::now();
        self.clear()?;
        fs::create_dir_all(&self.root)?;
        fs::write(self.root.join(self.toolchain.stamp), UNFINISHED)?;
        println!(
            "making a Debian {RELEASE} with {} in {} ({})",
            self.toolchain.name,
            self.root.display(),
            self.toolchain.cost
        );
        let mut bootstrap = Command::new("unshare");
        // What it mounts goes with it.
        bootstrap
            .args(["--mount", "debootstrap", "--variant=minbase"])
            .args(["--include=ca-certificates", RELEASE])
            .arg(&self.root)
            .arg(mirror()?);
        self.work("Debian", &mut bootstrap)?;
        fs::write(self.root.join("etc/apt/apt.conf.d/80host"), apt_settings()?)?;
        let mut install = self.command(
            &self.root.join("mnt"),
            &format!(
                "apt-get install --yes --no-install-recommends {} && apt-get clean",
                self.toolchain.packages.join(" ")
            ),
        );
        install.env("DEBIAN_FRONTEND", "noninteractive");
        self.work(self.toolchain.name, &mut install)?;
        fs::write(self.root.join(self.toolchain.stamp), self.contents())?;
        println!("made in {} s", started.elapsed().as_secs());
        Ok(())
    }

    /// A shell command in it, with `folder` as [`PLACE`], where it starts. It sees the network and the
    /// processes of this machine, and of its environment what is set on the command.
    pub(crate) fn command(&self, folder: &Path, script: &str) -> Command {
        self.command_with(folder, script, &[])
    }

    /// As [`command`](Self::command), with further folders: where they lie, and as what they are
    /// seen there.
    pub(crate) fn command_with(
        &self,
        folder: &Path,
        script: &str,
        places: &[(&Path, &str)],
    ) -> Command {
        // In a namespace of its own, so that no mount survives: deleting the chroot would then
        // delete what is mounted.
        let enter = r#"
            root=$1 place=$2 script=$3
            shift 3
            mount -t proc proc "$root/proc"
            mount --rbind /dev "$root/dev"
            while [ $# -gt 0 ]; do
                mkdir -p "$root/$2"
                mount --bind "$1" "$root/$2"
                shift 2
            done
            exec chroot "$root" /bin/bash -ec "cd $place; $script"
        "#;
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "bash", "-ec", enter, "bash"])
            .args([self.root.as_os_str(), OsStr::new(PLACE), OsStr::new(script)])
            .args([folder.as_os_str(), OsStr::new(PLACE)])
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("HOME", "/root")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        for (place, name) in places {
            command.args([place.as_os_str(), OsStr::new(name)]);
        }
        command
    }

    /// What a complete one has.
    fn contents(&self) -> String {
        format!("{RELEASE} {}\n", self.toolchain.packages.join(" "))
    }

    fn is_complete(&self) -> bool {
        fs::read_to_string(self.root.join(self.toolchain.stamp))
            .is_ok_and(|stamp| stamp == self.contents())
    }

    /// Removes what an earlier call has made.
    fn clear(&self) -> Result<()> {
        let is_empty = match fs::read_dir(&self.root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(error.into()),
        };
        if is_empty {
            return Ok(());
        }
        let root = self.root.display();
        if !self.root.join(self.toolchain.stamp).is_file() {
            return Err(format!("{root} isn't empty and no chroot of this program").into());
        }
        let real = fs::canonicalize(&self.root)?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        if mounts.lines().any(|line| is_mounted_below(line, &real)) {
            return Err(format!("something is mounted in {root}: please unmount it").into());
        }
        println!("removing a chroot that isn't complete, or has other packages");
        Ok(fs::remove_dir_all(&self.root)?)
    }

    /// Runs a long command, says every now and then where it is, and keeps what it prints.
    fn work(&self, what: &str, command: &mut Command) -> Result<()> {
        let log = self.root.with_extension("log");
        let file = File::create(&log)?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        let started = Instant::now();
        let mut told = 0;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            thread::sleep(Duration::from_millis(100));
            let seconds = started.elapsed().as_secs();
            if seconds >= told + 10 {
                told = seconds;
                println!("  {what}: {seconds} s: {}", last_lines(&log, 1));
            }
        };
        if !status.success() {
            let end = last_lines(&log, 20);
            return Err(format!("{what} could not be installed ({status}):\n{end}").into());
        }
        Ok(())
    }
}

/// The mirror of Debian that apt uses here.
fn mirror() -> Result<String> {
    let format = "$(ORIGIN) $(CODENAME) $(REPO_URI)";
    let output = Command::new("apt-get")
        .args(["indextargets", "--format", format, "Created-By: Packages"])
        .output()?;
    mirror_in(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| "apt names no mirror of Debian: apt-get update".into())
}

fn mirror_in(targets: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let (release, mirror) = line.strip_prefix("Debian ")?.split_once(' ')?;
        // Updates and fixes come from elsewhere.
        (!release.contains('-')).then(|| mirror.to_owned())
    })
}

/// How apt here reaches its mirror: proxies and the like.
fn apt_settings() -> Result<String> {
    let output = Command::new("apt-config").arg("dump").output()?;
    let settings = String::from_utf8_lossy(&output.stdout);
    let is_wanted = |line: &&str| {
        ["Acquire::http", "Acquire::https", "Acquire::Check-"]
            .iter()
            .any(|prefix| line.starts_with(prefix))
    };
    Ok(settings
        .lines()
        .filter(is_wanted)
        .map(|line| format!("{line}\n"))
        .collect())
}

/// The fifth field is where something is mounted, with spaces as `\040`.
fn is_mounted_below(line: &str, root: &Path) -> bool {
    let place = line.split(' ').nth(4).unwrap_or_default();
    Path::new(&place.replace("\\040", " ")).starts_with(root)
}

fn last_lines(log: &Path, count: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_one_of_the_release_itself() {
        let targets = "Google stable https://example.com/google/\n\
            Debian bookworm-security http://example.com/debian-security/\n\
            Debian bookworm http://example.com/debian/\n";
        let mirror = mirror_in(targets);
        assert_eq!(mirror.as_deref(), Some("http://example.com/debian/"));
        assert_eq!(mirror_in(""), None);
    }

    #[test]
    fn a_mount_in_a_chroot_is_seen() {
        let line = "36 35 98:0 / /tmp/a\\040b/proc rw,noatime master:1 - proc proc rw";
        assert!(is_mounted_below(line, Path::new("/tmp/a b")));
        assert!(!is_mounted_below(line, Path::new("/tmp/a")));
    }

    const EMPTY: Toolchain = Toolchain {
        name: "nothing",
        folder: "nothing",
        variable: "LIVE_UPDATER_NO_CHROOT",
        stamp: "live-updater-nothing",
        packages: &[],
        cost: "nothing",
        command: "nothing",
    };

    #[test]
    fn a_folder_of_someone_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        let chroot = Chroot {
            toolchain: &EMPTY,
            root: folder.path().to_owned(),
        };
        assert!(
            chroot
                .clear()
                .unwrap_err()
                .to_string()
                .contains("no chroot of this program")
        );
        assert!(folder.path().join("mine").exists());
        fs::write(folder.path().join(EMPTY.stamp), UNFINISHED).unwrap();
        chroot.clear().unwrap();
        assert!(!folder.path().exists());
    }
}
