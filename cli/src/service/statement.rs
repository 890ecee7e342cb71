//! Statements about a release of the service: signed here, or ready ones of whoever keeps the keys.

mod ready;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use live_updater::NativeVersion;
use live_updater_signing::{
    BundleContent, Envelope, Payload, Signer, Span, StatementBuilder, Timestamp,
};
use semver::Version;
use serde::Serialize;
use serde_json::Value;

use crate::output::Failure;
use crate::sign::signers;
use ready::Ready;

const PLATFORMS: [&str; 2] = ["android", "ios"];
const DAYS: u32 = 90;

/// Who signs a statement, and what it says beside the release.
#[derive(Debug, Args)]
#[command(next_help_heading = "For apps with the trust mode `statement`")]
pub(super) struct StatementArguments {
    /// A private key that signs a statement about the release, of which several sign together; or
    /// a statement that was signed elsewhere
    #[arg(
        id = "statement_files",
        long = "statement",
        value_name = "PRIVATE.pem|STATEMENT.json"
    )]
    files: Vec<PathBuf>,

    /// The platforms that it is signed for; may be given several times [default: android ios]
    #[arg(
        id = "statement_platforms",
        long = "platform",
        value_name = "NAME",
        value_parser = ["android", "ios", "web", "electron"]
    )]
    platforms: Vec<String>,

    /// How long devices take it: 30m, 12h, 90d, 8w [default: 90d]
    #[arg(long, value_name = "SPAN")]
    expires_in: Option<Span>,

    /// The sequence that it is signed with, above the channel's [default: the channel's next]
    #[arg(
        id = "statement_sequence",
        long = "sequence",
        value_name = "NUMBER",
        requires = "statement_files"
    )]
    sequence: Option<u64>,
}

/// Where the statement of a release comes from.
pub(super) enum Source<'a> {
    Keys {
        signers: Vec<Signer>,
        arguments: &'a StatementArguments,
    },
    Ready(Ready),
}

/// What a statement has to be for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) app: &'a str,
    pub(super) channel: &'a str,
    /// The sequence that the channel gave out last.
    pub(super) last: u64,
}

/// What a statement installs.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) version: Version,
    pub(super) content: BundleContent,
    pub(super) range: NativeRange,
}

/// The lowest and the highest native version.
pub(super) type NativeRange = (Option<NativeVersion>, Option<NativeVersion>);

/// A statement that is given out, for people and for scripts.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stated {
    pub(super) sequence: u64,
    pub(super) key_ids: Vec<String>,
    pub(super) expires_at: Timestamp,
    #[serde(skip)]
    envelope: Value,
}

impl StatementArguments {
    /// The keys or the statement, read; none where no statement is wanted.
    pub(super) fn source(&self) -> Result<Option<Source<'_>>, Failure> {
        let ready = self.files.iter().filter(|file| is_document(file));
        match (&*ready.collect::<Vec<_>>(), &*self.files) {
            (_, []) => Ok(None),
            ([], keys) => Ok(Some(Source::Keys {
                signers: signers(keys, None)?,
                arguments: self,
            })),
            ([file], [_]) => {
                self.must_say_nothing_else(file)?;
                Ok(Some(Source::Ready(Ready::read(file)?)))
            }
            ([file, ..], _) => Err(Failure::usage(format!(
                "{} is a ready statement, which stands alone: `live-updater sign add` adds a signature to it",
                file.display()
            ))),
        }
    }

    /// How long a statement is to hold, where that was said.
    pub(super) fn wanted_life(&self) -> Option<Span> {
        self.expires_in
    }

    fn must_say_nothing_else(&self, file: &Path) -> Result<(), Failure> {
        let said = [
            ("--platform", !self.platforms.is_empty()),
            ("--expires-in", self.expires_in.is_some()),
            ("--sequence", self.sequence.is_some()),
        ];
        let said = said.into_iter().filter_map(|(name, is)| is.then_some(name));
        let said: Vec<_> = said.collect();
        if said.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{} is a ready statement: {} can't change it, and belong to `live-updater sign statement`",
            file.display(),
            said.join(", ")
        )))
    }
}

impl Source<'_> {
    /// The sequence that the statement has, where that is known beforehand.
    pub(super) fn sequence(&self) -> Option<u64> {
        match self {
            Self::Keys { arguments, .. } => arguments.sequence,
            Self::Ready(ready) => Some(ready.content().sequence),
        }
    }

    /// The statement that was signed elsewhere.
    pub(super) fn ready(&self) -> Option<&Ready> {
        match self {
            Self::Keys { .. } => None,
            Self::Ready(ready) => Some(ready),
        }
    }

    /// Its sequence is above the channel's.
    pub(super) fn must_follow(&self, place: Place<'_>) -> Result<(), Failure> {
        let next = place.last.saturating_add(1);
        match self {
            Self::Ready(ready) => ready.must_follow(place),
            Self::Keys { arguments, .. } => match arguments.sequence {
                Some(sequence) if sequence < next => {
                    let message = format!(
                        "channel {} has given out sequence {}: devices refuse {sequence}. Say --sequence {next} or higher, or nothing",
                        place.channel, place.last
                    );
                    Err(Failure::new("old_statement", message))
                }
                _ => Ok(()),
            },
        }
    }

    /// The statement that installs a bundle.
    pub(super) fn install(&self, place: Place<'_>, it: Installed) -> Result<Stated, Failure> {
        match self {
            Self::Ready(ready) => {
                ready.must_install(&it.version, it.content.size, it.content.sha256)?;
                ready.stated(place)
            }
            Self::Keys { .. } => {
                let (min, max) = it.range;
                let builder =
                    StatementBuilder::install(place.app, place.channel, &it.version, it.content)
                        .min_app_version(min)
                        .max_app_version(max);
                self.sign(builder, place)
            }
        }
    }

    /// The statement that leads back to the files in the app's package.
    pub(super) fn rollback_to_builtin(&self, place: Place<'_>) -> Result<Stated, Failure> {
        match self {
            Self::Ready(ready) => ready.stated(place),
            Self::Keys { .. } => self.sign(
                StatementBuilder::rollback_to_builtin(place.app, place.channel),
                place,
            ),
        }
    }

    fn sign(&self, builder: StatementBuilder, place: Place<'_>) -> Result<Stated, Failure> {
        let Self::Keys { signers, arguments } = self else {
            return Err(Failure::new("internal", "a ready statement isn't signed"));
        };
        self.must_follow(place)?;
        let next = place.last.saturating_add(1);
        let sequence = arguments.sequence.unwrap_or(next);
        let platforms = match &*arguments.platforms {
            [] => PLATFORMS.map(str::to_owned).to_vec(),
            named => named.to_vec(),
        };
        let envelope = builder
            .platforms(platforms)
            .issued_at(Timestamp::now())
            .expires_in(arguments.expires_in.unwrap_or(Span::days(DAYS)))
            .sequence(sequence)
            .sign(signers)?;
        Stated::of(&envelope)
    }
}

impl Stated {
    fn of(envelope: &Envelope) -> Result<Self, Failure> {
        let payload = Payload::from(envelope.content().clone());
        Ok(Self {
            sequence: payload.sequence,
            key_ids: envelope.key_ids(),
            expires_at: payload.expires_at,
            envelope: serde_json::to_value(envelope)
                .map_err(|error| Failure::new("internal", error.to_string()))?,
        })
    }

    /// What the service is sent.
    pub(super) fn envelope(&self) -> &Value {
        &self.envelope
    }
}

impl std::fmt::Display for Stated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sequence, until) = (self.sequence, self.expires_at);
        let keys = self.key_ids.join(", ");
        write!(f, "sequence {sequence}, until {until}, by key {keys}")
    }
}

/// Whether a file holds JSON rather than a key in PEM. One that can't be read is told of by whoever
/// reads it.
fn is_document(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{"))
}
