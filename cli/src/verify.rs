//! `live-updater verify`: what a device would say about a zip's checksum and signature, or about
//! a release statement.

mod statement;

use std::path::PathBuf;
use std::{fmt, fs, io};

use clap::Args;
use live_updater::{PinnedKeys, Sha256Digest, SignatureAlgorithm, Trust, verify_file};
use live_updater_signing::read_public_key;
use serde::Serialize;

use crate::output::{Failure, Output};
use crate::sign::signature_file;
use crate::statement::is_in as is_statement;

/// Verify a zip's checksum and signature, or a release statement, as devices do.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater verify app-1.2.3.zip --key keys/live-updater.public.pem
  live-updater verify app-1.2.3.zip --checksum 2c26b46b68ffc68ff99b453c1d304134134...
  live-updater verify app-1.2.3.statement.json --bundle app-1.2.3.zip \\
      --key keys/one.public.pem --key keys/two.public.pem --threshold 2

Exit code 0: all that was asked for holds. 1: it does not. 2: it could not be looked at.")]
pub(crate) struct Arguments {
    /// The bundle, or a release statement
    #[arg(value_name = "FILE.zip|FILE.json")]
    file: PathBuf,

    /// A public key in PEM; given several times, any of them will do, or for a statement as many
    /// as --threshold says. Needed where there is no --checksum
    #[arg(
        long = "key",
        value_name = "PUBLIC.pem",
        required_unless_present = "checksum"
    )]
    keys: Vec<PathBuf>,

    /// The only algorithm that the keys accept
    #[arg(long, value_name = "NAME", requires = "keys")]
    algorithm: Option<SignatureAlgorithm>,

    /// The signature: base64, or @FILE [default: @FILE.zip.sig]
    #[arg(long, value_name = "TEXT|@FILE", requires = "keys")]
    signature: Option<String>,

    /// The SHA-256 that the zip must have, as 64 hex digits
    #[arg(long, value_name = "HEX")]
    checksum: Option<Sha256Digest>,

    #[command(flatten)]
    statement: statement::Options,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let file = &arguments.file;
    if is_statement(file).map_err(|error| Failure::unreadable(file, &error))? {
        if arguments.signature.is_some() || arguments.checksum.is_some() {
            return Err(Failure::usage(
                "--signature and --checksum are for zips: a statement has its own signatures",
            ));
        }
        return statement::verify(arguments, output);
    }
    if arguments.statement.is_used() {
        let file = file.display();
        return Err(Failure::usage(format!(
            "{file} is no statement: --bundle, --threshold, --app-id, --channel and --platform are for those"
        )));
    }
    let keys = pinned_keys(arguments)?;
    let (trust, signature) = match keys {
        Some(keys) => (Trust::Bundle { keys }, Some(signature(arguments)?)),
        None => (Trust::Unsigned, None),
    };
    let checksum = arguments.checksum.as_ref();
    let bundle = verify_file(&arguments.file, checksum, signature.as_deref(), &trust)?;
    output.result(&Report {
        file: arguments.file.clone(),
        size: bundle.size,
        sha256: bundle.sha256,
        checksum_holds: checksum.map(|_| true),
        signature_holds: bundle.key_id.as_ref().map(|_| true),
        key_id: bundle.key_id,
    })
}

/// The keys of the command line; none where there are none.
fn pinned_keys(arguments: &Arguments) -> Result<Option<PinnedKeys>, Failure> {
    let paths = arguments.keys.iter();
    let keys = paths
        .map(|path| read_public_key(path, arguments.algorithm))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(PinnedKeys::new(keys))
}

fn signature(arguments: &Arguments) -> Result<String, Failure> {
    let (path, is_default) = match arguments.signature.as_deref() {
        None => (signature_file(&arguments.file), true),
        Some(given) => match given.strip_prefix('@') {
            Some(path) => (PathBuf::from(path), false),
            None => return Ok(given.to_owned()),
        },
    };
    match fs::read(&path) {
        // Something else than text is no base64, and is refused as that.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if is_default && error.kind() == io::ErrorKind::NotFound => {
            let message = format!(
                "there is no {}: make it with `live-updater sign`, or give the signature with --signature",
                path.display()
            );
            Err(Failure::new("signature_missing", message))
        }
        Err(error) => Err(Failure::unreadable(&path, &error)),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    file: PathBuf,
    size: u64,
    sha256: Sha256Digest,
    /// `None`: not asked for.
    checksum_holds: Option<bool>,
    signature_holds: Option<bool>,
    key_id: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "file       {}", self.file.display())?;
        writeln!(f, "size       {}", self.size)?;
        writeln!(f, "sha256     {}", self.sha256)?;
        let checksum = match self.checksum_holds {
            Some(_) => "holds",
            None => "not asked for (--checksum)",
        };
        writeln!(f, "checksum   {checksum}")?;
        match &self.key_id {
            Some(key_id) => writeln!(f, "signature  holds, by key {key_id}"),
            None => writeln!(f, "signature  not asked for (--key)"),
        }
    }
}
