//! What publishing has come to.

use std::fmt;

use serde::Serialize;

use super::super::answers::{Channel, Release};
use super::super::statement::Stated;
use super::super::table::percent;
use super::step::Step;
use crate::output::{Warning, human};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) app_id: String,
    pub(super) server: String,
    pub(super) version: String,
    pub(super) channel: String,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) files: usize,
    pub(super) unpacked_size: u64,
    pub(super) signature: Option<String>,
    pub(super) key_id: Option<String>,
    /// Whether it was sent now.
    pub(super) uploaded: bool,
    #[serde(skip)]
    pub(super) is_new: bool,
    pub(super) step: Step,
    /// The one that was given out now.
    pub(super) statement: Option<Stated>,
    /// The channel, afterwards.
    pub(super) gives: Option<Channel>,
    pub(super) dry_run: bool,
    pub(super) warnings: Vec<Warning>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = match (self.dry_run, self.is_new) {
            (true, true) => "would send",
            (false, true) => "published",
            (_, false) => "was there",
        };
        let (app, version) = (&self.app_id, &self.version);
        writeln!(f, "{done:<12}{app} {version}, to {}", self.server)?;
        let (size, unpacked) = (human(self.size), human(self.unpacked_size));
        let files = self.files;
        writeln!(
            f,
            "{:<12}{size}, {files} files, {unpacked} unpacked",
            "size"
        )?;
        writeln!(f, "{:<12}{}", "sha256", self.sha256)?;
        match (&self.signature, &self.key_id) {
            (Some(_), Some(key_id)) => writeln!(f, "{:<12}by key {key_id}", "signature")?,
            (Some(_), None) => writeln!(f, "{:<12}as it was given", "signature")?,
            (None, _) if self.is_stated() => writeln!(f, "{:<12}in the statement", "signature")?,
            (None, _) => writeln!(f, "{:<12}none (--sign)", "signature")?,
        }
        self.write_statement(f)?;
        writeln!(f, "{:<12}{}", self.channel, self.devices())
    }
}

impl Report {
    /// Whether devices get a statement about it.
    fn is_stated(&self) -> bool {
        self.statement.is_some() || self.given().is_some_and(|release| release.is_signed)
    }

    fn given(&self) -> Option<&Release> {
        let releases = &self.gives.as_ref()?.releases;
        let mut releases = releases.iter();
        releases.find(|release| release.version.as_deref() == Some(&*self.version))
    }

    fn write_statement(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.statement, self.step) {
            (Some(stated), Step::Renewal(_)) => {
                writeln!(f, "{:<12}renewed: {stated}", "statement")
            }
            (Some(stated), _) => writeln!(f, "{:<12}{stated}", "statement"),
            (None, Step::Renewal(_)) => writeln!(f, "{:<12}would be renewed", "statement"),
            (None, _) => match self.given().and_then(|release| release.statement.as_ref()) {
                Some(holding) => {
                    writeln!(f, "{:<12}until {}", "statement", holding.expires_at)
                }
                None => Ok(()),
            },
        }
    }

    /// What devices of the channel get.
    fn devices(&self) -> String {
        let version = &self.version;
        if self.dry_run {
            return match self.step {
                Step::Nothing => "would stay as it is".to_owned(),
                Step::Promote => format!("all devices would get {version}"),
                Step::Release(100.0) | Step::Renewal(100.0) => {
                    format!("all devices would get {version}")
                }
                Step::Release(share) | Step::Renewal(share) | Step::Share(share) => {
                    format!("{} of the devices would get {version}", percent(share))
                }
            };
        }
        let Some(channel) = &self.gives else {
            return "gives nothing".to_owned();
        };
        let full = channel.full().map(Release::shown_version);
        let others = full.unwrap_or("what they have");
        match channel.partial() {
            Some(partial) => {
                let paused = if partial.is_paused() { " (paused)" } else { "" };
                let (share, version) = (percent(partial.percent), partial.shown_version());
                format!("{share} of the devices get {version}{paused}, the others {others}")
            }
            None => format!("all devices get {others}"),
        }
    }
}
