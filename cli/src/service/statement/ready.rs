//! A statement that was signed elsewhere, and whether it is about what is released.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use live_updater::{Sha256Digest, StatementContent};
use live_updater_signing::{Envelope, Timestamp};
use semver::Version;

use super::{Place, Stated};
use crate::output::Failure;

/// A statement in a file.
pub(in super::super) struct Ready {
    file: PathBuf,
    envelope: Envelope,
}

impl Ready {
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        Ok(Self {
            file: file.to_owned(),
            envelope: Envelope::read(file)?,
        })
    }

    /// What it says.
    pub(in super::super) fn content(&self) -> &StatementContent {
        self.envelope.content()
    }

    /// The version that it installs; none where it leads back to builtin.
    pub(in super::super) fn installs(&self) -> Option<&str> {
        let content = self.content();
        content.bundle.as_ref()?;
        content.version.as_deref()
    }

    /// What is given out, where it is for this place and newer than what was.
    pub(in super::super) fn stated(&self, place: Place<'_>) -> Result<Stated, Failure> {
        self.must_be_for(place)?;
        self.must_follow(place)?;
        Stated::of(&self.envelope)
    }

    /// It is for this app and this channel, somebody has signed it, and it still holds.
    pub(in super::super) fn must_be_for(&self, place: Place<'_>) -> Result<(), Failure> {
        let content = self.content();
        if content.app_id != place.app {
            let has = format!("app {}", content.app_id);
            return Err(self.other(&has, &format!("app {}", place.app), "--app-id"));
        }
        if content.channel != place.channel {
            let has = format!("channel {}", content.channel);
            return Err(self.other(&has, &format!("channel {}", place.channel), "--channel"));
        }
        if self.envelope.key_ids().is_empty() {
            let message = format!("{} has no signature: `live-updater sign add`", self.shown());
            return Err(Failure::new("signature_missing", message));
        }
        if content.expires_at <= SystemTime::now() {
            let message = format!(
                "{} has expired at {}: sign a new one",
                self.shown(),
                Timestamp::from(content.expires_at)
            );
            return Err(Failure::new("expired", message));
        }
        Ok(())
    }

    /// It installs this very bundle, as this version.
    pub(in super::super) fn must_install(
        &self,
        version: &Version,
        size: u64,
        sha256: Sha256Digest,
    ) -> Result<(), Failure> {
        let (wanted, content) = (format!("version {version}"), self.content());
        let Some(stated) = &content.bundle else {
            return Err(self.other(
                "the way back to builtin",
                &wanted,
                "`live-updater rollback`",
            ));
        };
        let named = content.version.as_deref().unwrap_or("none");
        if named != version.to_string() {
            return Err(self.other(&format!("version {named}"), &wanted, "--version"));
        }
        if stated.sha256 != sha256 || stated.size != size {
            let has = format!("a zip with SHA-256 {}", stated.sha256);
            let wanted = format!("one with {sha256}");
            return Err(self.other(&has, &wanted, "the zip that was signed"));
        }
        Ok(())
    }

    /// Its sequence is above the channel's.
    pub(super) fn must_follow(&self, place: Place<'_>) -> Result<(), Failure> {
        let sequence = self.content().sequence;
        if sequence > place.last {
            return Ok(());
        }
        let message = format!(
            "{} has sequence {sequence}, and channel {} has given out {}: sign one with `live-updater sign statement --sequence {}`, or higher",
            self.shown(),
            place.channel,
            place.last,
            place.last.saturating_add(1)
        );
        Err(Failure::new("old_statement", message))
    }

    /// It leads where was asked for.
    pub(in super::super) fn must_lead_to(&self, wanted: &str) -> Result<(), Failure> {
        let has = self.installs().unwrap_or("builtin");
        if has == wanted {
            return Ok(());
        }
        Err(self.other(has, wanted, &format!("--to {has}")))
    }

    fn other(&self, has: &str, wanted: &str, name: &str) -> Failure {
        let shown = self.shown();
        let message = format!(
            "{shown} is about {has}, and this is {wanted}: name {name}, or sign a statement about this"
        );
        Failure::new("other_statement", message)
    }

    fn shown(&self) -> String {
        self.file.display().to_string()
    }
}
