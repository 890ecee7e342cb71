//! `live-updater sign add`: one more signature on somebody else's statement.

use std::path::PathBuf;

use clap::Args;
use live_updater::SignatureAlgorithm;
use live_updater_signing::{Envelope, Payload, Timestamp};

use super::report::{self, Report};
use crate::output::{Failure, Output, Warning};

/// Add a signature to a statement that another key holder has signed, and change nothing else.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater sign add bundles/1.2.0.statement.json --bundle bundles/1.2.0.zip \\
      --key keys/second.private.pem

Devices that ask for a threshold of 2 take the statement once two of their keys have signed it.
What is signed is printed: read it. With --bundle, the statement has to be about that very bundle.")]
pub(crate) struct Arguments {
    /// The statement
    #[arg(value_name = "FILE.json")]
    statement: PathBuf,

    /// A private key in PEM; may be given several times
    #[arg(long = "key", value_name = "PRIVATE.pem", required = true)]
    keys: Vec<PathBuf>,

    /// rsa-pss-sha256 for RSA keys that would sign with rsa-pkcs1-sha256 otherwise
    #[arg(long, value_name = "NAME")]
    algorithm: Option<SignatureAlgorithm>,

    /// The bundle that it must be about
    #[arg(long, value_name = "FILE.zip")]
    bundle: Option<PathBuf>,

    /// Where the statement goes [default: where it was]
    #[arg(long, value_name = "FILE.json|-")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let path = &arguments.statement;
    let keys = report::signers(&arguments.keys, arguments.algorithm)?;
    let mut envelope = Envelope::read(path)?;
    let payload = Payload::from(envelope.content().clone());
    if payload.expires_at <= Timestamp::now() {
        let message = format!(
            "{} has expired at {}: have a new one signed",
            path.display(),
            payload.expires_at
        );
        return Err(Failure::new("expired", message));
    }
    let warning = match (&payload.bundle, &arguments.bundle) {
        (Some(stated), Some(zip)) => stated.must_be(zip)?,
        (None, Some(_)) => return Err(Failure::usage("this statement is about no bundle")),
        (_, None) => None,
    };
    envelope.sign(&keys)?;
    let out = arguments.out.as_ref().unwrap_or(path);
    let report = Report::new(out, envelope, &keys, warning.map(Warning::from));
    report.warn(output);
    if out.as_os_str() == "-" {
        return report.print_envelope(output);
    }
    report.envelope.write(out)?;
    output.result(&report)
}
