//! Statements that are signed for a release of the service, which counts their sequences.

use std::path::PathBuf;

use clap::Args;
use live_updater::NativeVersion;
use live_updater_signing::{BundleContent, Signer, Span, StatementBuilder, Timestamp};
use semver::Version;
use serde_json::Value;

use crate::output::Failure;
use crate::sign::signers;

/// Who signs a statement, and what it says beside the release.
#[derive(Debug, Args)]
#[command(next_help_heading = "For apps with the trust mode `statement`")]
pub(super) struct StatementArguments {
    /// Sign a statement about the release with this private key; several sign together
    #[arg(id = "statement_keys", long = "statement", value_name = "PRIVATE.pem")]
    keys: Vec<PathBuf>,

    /// The platforms that the statement is for; may be given several times
    #[arg(
        id = "statement_platforms",
        long = "platform",
        value_name = "NAME",
        default_values = ["android", "ios"],
        value_parser = ["android", "ios", "web", "electron"]
    )]
    platforms: Vec<String>,

    /// How long devices take the statement: 30m, 12h, 90d, 8w
    #[arg(long, value_name = "SPAN", default_value = "90d")]
    expires_in: Span,
}

/// Those who sign.
pub(super) struct Signers<'a> {
    signers: Vec<Signer>,
    arguments: &'a StatementArguments,
}

/// The lowest and the highest native version.
pub(super) type NativeRange = (Option<NativeVersion>, Option<NativeVersion>);

impl StatementArguments {
    /// The keys, read; none where no statement is wanted.
    pub(super) fn signers(&self) -> Result<Option<Signers<'_>>, Failure> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        Ok(Some(Signers {
            signers: signers(&self.keys, None)?,
            arguments: self,
        }))
    }
}

impl Signers<'_> {
    /// A statement that installs a bundle.
    pub(super) fn install(
        &self,
        app: &str,
        channel: &str,
        sequence: u64,
        version: &Version,
        content: BundleContent,
        (min, max): NativeRange,
    ) -> Result<Value, Failure> {
        let builder = StatementBuilder::install(app, channel, version, content)
            .min_app_version(min)
            .max_app_version(max);
        self.sign(builder, sequence)
    }

    /// A statement that leads back to the files in the app's package.
    pub(super) fn rollback_to_builtin(
        &self,
        app: &str,
        channel: &str,
        sequence: u64,
    ) -> Result<Value, Failure> {
        let builder = StatementBuilder::rollback_to_builtin(app, channel);
        self.sign(builder, sequence)
    }

    fn sign(&self, builder: StatementBuilder, sequence: u64) -> Result<Value, Failure> {
        let envelope = builder
            .platforms(&self.arguments.platforms)
            .issued_at(Timestamp::now())
            .expires_in(self.arguments.expires_in)
            .sequence(sequence)
            .sign(&self.signers)?;
        serde_json::to_value(envelope).map_err(|error| Failure::new("internal", error.to_string()))
    }
}
