//! `live-updater sign`: a signature over a zip's bytes, or a statement about a release.

mod add;
mod report;
mod statement;

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use clap::{Args, Subcommand};
use live_updater::{Sha256Digest, SignatureAlgorithm};
use live_updater_signing::{PrivateKey, SignedFile, Signer};
use serde::Serialize;

use crate::output::{Failure, Output};

pub(crate) use report::signers;

/// Sign a zip: the signature goes beside it as FILE.zip.sig. Or sign a release as a whole.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_value_name = "statement|add",
    subcommand_help_heading = "For apps with the trust mode `statement`",
    after_help = "\
Example:
  live-updater sign app-1.2.3.zip --key keys/live-updater.private.pem
  live-updater sign statement app-1.2.3.zip --version 1.2.3 --app-id com.example.app \\
      --key keys/live-updater.private.pem

The text in app-1.2.3.zip.sig is what the update server answers as `signature`."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    release: Option<Release>,

    #[command(flatten)]
    bundle: Bundle,
}

#[derive(Debug, Subcommand)]
enum Release {
    Statement(Box<statement::Arguments>),
    Add(add::Arguments),
}

#[derive(Debug, Args)]
struct Bundle {
    /// The bundle
    #[arg(value_name = "FILE.zip", required = true)]
    file: Option<PathBuf>,

    /// The private key: PEM with PKCS#8, PKCS#1 or SEC1
    #[arg(long, value_name = "PRIVATE.pem", required = true)]
    key: Option<PathBuf>,

    /// rsa-pss-sha256 for an RSA key that would sign with rsa-pkcs1-sha256 otherwise
    #[arg(long, value_name = "NAME")]
    algorithm: Option<SignatureAlgorithm>,

    /// Where the signature goes
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    match &arguments.release {
        Some(Release::Statement(arguments)) => statement::run(arguments, output),
        Some(Release::Add(arguments)) => add::run(arguments, output),
        None => sign_bundle(&arguments.bundle, output),
    }
}

fn sign_bundle(arguments: &Bundle, output: &Output) -> Result<(), Failure> {
    let (Some(file), Some(key)) = (&arguments.file, &arguments.key) else {
        return Err(Failure::usage("a zip and --key are needed"));
    };
    let signer = Signer::new(PrivateKey::read(key)?, arguments.algorithm)?;
    let signed = signer.sign_file(file)?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| signature_file(file));
    write_signature(&out, &signed)?;
    output.result(&Report {
        file: file.clone(),
        size: signed.bundle.size,
        sha256: signed.bundle.sha256,
        algorithm: signed.algorithm,
        key_id: signed.key_id,
        signature: signed.signature,
        signature_file: out,
    })
}

/// The file beside a bundle that holds its signature.
pub(crate) fn signature_file(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// Writes a signature as text with a line end.
pub(crate) fn write_signature(path: &Path, signed: &SignedFile) -> Result<(), Failure> {
    fs::write(path, format!("{}\n", signed.signature))
        .map_err(|error| Failure::unwritable(path, &error))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    file: PathBuf,
    size: u64,
    sha256: Sha256Digest,
    algorithm: SignatureAlgorithm,
    key_id: String,
    signature: String,
    signature_file: PathBuf,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "signed     {}", self.file.display())?;
        writeln!(f, "size       {}", self.size)?;
        writeln!(f, "sha256     {}", self.sha256)?;
        writeln!(f, "algorithm  {}", self.algorithm)?;
        writeln!(f, "key id     {}", self.key_id)?;
        writeln!(f, "signature  {}", self.signature)?;
        writeln!(f, "in         {}", self.signature_file.display())
    }
}
