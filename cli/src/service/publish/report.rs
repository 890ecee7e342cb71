//! What publishing has come to.

use std::fmt;

use serde::Serialize;

use super::super::answers::Channel;
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
            (None, _) => writeln!(f, "{:<12}none (--sign)", "signature")?,
        }
        writeln!(f, "{:<12}{}", self.channel, self.devices())
    }
}

impl Report {
    /// What devices of the channel get.
    fn devices(&self) -> String {
        let version = &self.version;
        if self.dry_run {
            return match self.step {
                Step::Nothing => "would stay as it is".to_owned(),
                Step::Promote => format!("all devices would get {version}"),
                Step::Release(100.0) => format!("all devices would get {version}"),
                Step::Release(share) | Step::Share(share) => {
                    format!("{} of the devices would get {version}", percent(share))
                }
            };
        }
        let Some(channel) = &self.gives else {
            return "gives nothing".to_owned();
        };
        let full = channel
            .full()
            .map(super::super::answers::Release::shown_version);
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
