//! `live-updater keygen`: a new pair of keys.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use live_updater::SignatureAlgorithm;
use live_updater_signing::{KeyKind, PrivateKey};
use serde::Serialize;
use serde_json::{Value, json};

use crate::output::{Failure, Output};

/// Make a pair of keys: one signs bundles, the other goes into the app.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater keygen --out keys
  live-updater keygen --out keys --mode statement
  live-updater keygen --algorithm rsa --bits 4096 --private ci.pem --public app.pem")]
pub(crate) struct Arguments {
    /// The kind of keys
    #[arg(long, value_enum, default_value_t = Algorithm::Ed25519)]
    algorithm: Algorithm,

    /// The folder for live-updater.private.pem and live-updater.public.pem
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with_all = ["private", "public"])]
    out: PathBuf,

    /// Where the private key goes
    #[arg(long, value_name = "FILE", requires = "public")]
    private: Option<PathBuf>,

    /// Where the public key goes
    #[arg(long, value_name = "FILE", requires = "private")]
    public: Option<PathBuf>,

    /// Bits of an RSA key
    #[arg(long, default_value_t = 3072, value_parser = clap::value_parser!(u16).range(2048..=8192))]
    bits: u16,

    /// The trust mode that the printed configuration is for
    #[arg(long, value_enum, default_value_t = TrustMode::Bundle)]
    mode: TrustMode,

    /// Replace keys that are there. Apps that pin the old public key refuse what the new one signs
    #[arg(long)]
    force: bool,
}

/// The kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Algorithm {
    /// Ed25519: small, fast, and without choices that could be wrong
    Ed25519,
    /// ECDSA on P-256
    P256,
    /// RSA, for servers that sign with nothing else
    Rsa,
}

/// What devices ask to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrustMode {
    /// The zip: `live-updater sign FILE.zip`
    Bundle,
    /// The release as a whole: `live-updater sign statement`
    Statement,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let in_folder = |name: &str| arguments.out.join(name);
    let private_path = arguments
        .private
        .clone()
        .unwrap_or_else(|| in_folder("live-updater.private.pem"));
    let public_path = arguments
        .public
        .clone()
        .unwrap_or_else(|| in_folder("live-updater.public.pem"));
    if !arguments.force {
        refuse_existing(&[&private_path, &public_path])?;
    }

    let key = PrivateKey::generate(kind(arguments))?;
    let public_key = key.to_public_pem()?;
    let algorithm = key.default_algorithm();
    let key_id = key.public_key(algorithm)?.key_id().to_owned();

    // Nobody but its owner may read the private key, not even for a moment.
    write_new(&private_path, &key.to_pem()?, 0o600)?;
    write_new(&public_path, &public_key, 0o644)?;
    output.result(&Report {
        trust: trust(arguments.mode, &public_key, algorithm),
        private_key_file: private_path,
        public_key_file: public_path,
        public_key,
        key_id,
        algorithm,
    })
}

fn kind(arguments: &Arguments) -> KeyKind {
    match arguments.algorithm {
        Algorithm::Ed25519 => KeyKind::Ed25519,
        Algorithm::P256 => KeyKind::P256,
        Algorithm::Rsa => KeyKind::Rsa {
            bits: usize::from(arguments.bits),
        },
    }
}

fn refuse_existing(paths: &[&Path]) -> Result<(), Failure> {
    let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) else {
        return Ok(());
    };
    let message = format!(
        "{} exists: name another file, or replace it with --force",
        path.display()
    );
    Err(Failure::new("exists", message))
}

/// Whatever was there is removed, since its mode would stay.
pub(crate) fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    remove(path)
        .and_then(|()| path.parent().map_or(Ok(()), fs::create_dir_all))
        .and_then(|()| {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(mode)
                .open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(|error| Failure::unwritable(path, &error))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What the app's configuration needs.
pub(crate) fn trust(mode: TrustMode, public_key: &str, algorithm: SignatureAlgorithm) -> Value {
    let mode = match mode {
        TrustMode::Bundle => "bundle",
        TrustMode::Statement => "statement",
    };
    json!({
        "mode": mode,
        "keys": [{ "key": public_key, "algorithm": algorithm }],
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    private_key_file: PathBuf,
    public_key_file: PathBuf,
    public_key: String,
    key_id: String,
    algorithm: SignatureAlgorithm,
    trust: Value,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            public_key, key_id, ..
        } = self;
        writeln!(f, "private key  {}", self.private_key_file.display())?;
        writeln!(
            f,
            "             keep it secret and keep a copy: without it no update can be signed"
        )?;
        writeln!(f, "public key   {}", self.public_key_file.display())?;
        writeln!(f, "algorithm    {}", self.algorithm)?;
        writeln!(f, "key id       {key_id}\n\n{public_key}")?;
        writeln!(f, "For the app's configuration (plugins.LiveUpdater):\n")?;
        writeln!(f, "\"trust\": {:#}", self.trust)
    }
}
