//! A cluster of PostgreSQL in a temporary folder.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::server::Server;

/// Where Debian has the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Whom the server runs as where this is root, which it refuses to run as.
const NOBODY: u32 = 65_534;
const USER: &str = "tests";
/// A socket's name has it, where nothing is listened to.
const PORT: u16 = 5_432;

/// A PostgreSQL that is asked over a socket in its folder. It ends, and its data goes, when this is
/// dropped.
#[derive(Debug)]
pub struct PostgresServer {
    cluster: Postgres,
    server: Option<Server>,
    user: Option<u32>,
    options: Vec<String>,
    folder: TempDir,
}

/// A PostgreSQL that somebody runs.
#[derive(Debug, Clone)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl PostgresServer {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    ///
    /// Where there is no PostgreSQL, or it can't be started.
    pub fn start() -> io::Result<Self> {
        Self::with(&[], |_| Ok(()))
    }

    /// Makes a cluster with further settings of the server, and starts it. `prepare` gets the
    /// cluster's folder before.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn with(
        settings: &[&str],
        prepare: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let programs = programs().ok_or(io::ErrorKind::NotFound)?;
        let folder = tempfile::Builder::new().prefix("postgres-").tempdir()?;
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        let user = is_root.then_some(NOBODY);
        chown(folder.path(), user, user)?;
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args([
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ])
            .arg(format!("--username={USER}"))
            .arg("--pgdata")
            .arg(folder.path().join("data"));
        if let Some(user) = user {
            initdb.uid(user).gid(user);
        }
        let made = initdb.current_dir(folder.path()).output()?;
        if !made.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&made.stderr)));
        }
        let data = folder.path().join("data");
        prepare(&data)?;
        for file in fs::read_dir(data)? {
            chown(file?.path(), user, user)?;
        }
        let own = ["fsync=off", "max_connections=300", "listen_addresses="];
        let options = own.iter().chain(settings);
        let mut postgres = Self {
            cluster: Postgres {
                programs,
                folder: folder.path().to_owned(),
                port: settings
                    .iter()
                    .find_map(|setting| setting.strip_prefix("port=")?.parse().ok())
                    .unwrap_or(PORT),
            },
            server: None,
            user,
            options: options.map(|setting| format!("--{setting}")).collect(),
            folder,
        };
        postgres.resume()?;
        Ok(postgres)
    }

    /// Ends the server. Its data stays.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Starts the server again.
    ///
    /// # Errors
    ///
    /// It doesn't start.
    pub fn resume(&mut self) -> io::Result<()> {
        let folder = self.folder.path();
        let mut arguments = vec![
            "-D".to_owned(),
            folder.join("data").display().to_string(),
            "-k".to_owned(),
            folder.display().to_string(),
        ];
        arguments.extend(self.options.iter().cloned());
        let log = folder.join("log");
        let program = self.cluster.programs.join("postgres");
        // SIGINT: connections are ended, and what was committed stays.
        let mut server = Server::start(&program, arguments, "INT", self.user, &log)?;
        let started = server.wait_until(|| self.cluster.psql("postgres", "SELECT 1").is_ok());
        started.map_err(|error| {
            let log = fs::read_to_string(&log).unwrap_or_default();
            io::Error::other(format!("{error}: {log}"))
        })?;
        self.server = Some(server);
        Ok(())
    }

    /// What is asked.
    pub fn cluster(&self) -> &Postgres {
        &self.cluster
    }
}

impl Postgres {
    /// Whether the programs are there.
    pub fn is_installed() -> bool {
        programs().is_some()
    }

    /// The one whose socket is in a folder.
    ///
    /// # Errors
    ///
    /// There are no programs that could ask it.
    pub fn at(folder: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self {
            programs: programs().ok_or(io::ErrorKind::NotFound)?,
            folder: folder.into(),
            port: PORT,
        })
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes an empty database, and tells how it is reached.
    ///
    /// # Errors
    ///
    /// It can't be made.
    pub fn database(&self, name: &str) -> io::Result<String> {
        self.psql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url(name))
    }

    /// How a database is reached.
    pub fn url(&self, name: &str) -> String {
        let folder = self.folder.display();
        let port = self.port;
        format!("host={folder} port={port} user={USER} dbname={name}")
    }

    /// What a statement says, a row a line.
    ///
    /// # Errors
    ///
    /// The server isn't there, or refuses it.
    pub fn psql(&self, database: &str, sql: &str) -> io::Result<String> {
        let ran = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--username", USER, "--dbname", database, "--command", sql])
            .arg("--host")
            .arg(&self.folder)
            .arg("--port")
            .arg(self.port.to_string())
            .output()?;
        match ran.status.success() {
            true => Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned()),
            false => Err(io::Error::other(String::from_utf8_lossy(&ran.stderr))),
        }
    }
}

/// The programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?;
    let programs = versions.filter_map(|version| {
        let version = version.ok()?;
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        let programs = version.path().join("bin");
        programs
            .join("initdb")
            .is_file()
            .then_some((number, programs))
    });
    programs.max().map(|(_, programs)| programs)
}
