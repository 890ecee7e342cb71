//! What things are called: the device by random ids, digests and versions, the model by numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use simulated_device::{Offer, Statement, checksum_of};

use crate::action::{Kind, Needs};
use crate::model::{Answer, BUILTIN, Content, Id, Release};

/// Statements are made when a test begins, and end a month later.
const ISSUED_AT: &str = "2027-01-15T08:00:00Z";
const EXPIRES_AT: &str = "2027-02-14T08:00:00Z";
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What has been called by its name so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The ids of bundles, in the order in which they came, and what they are made of.
    bundles: Vec<(String, Content)>,
    contents: BTreeMap<String, Content>,
    /// Reports that were too old to be told at some time: nobody knows when they are dropped.
    stale: BTreeSet<String>,
}

impl Names {
    pub(crate) fn published(&mut self, content: Content) {
        let checksum = checksum_of(&name_of(content));
        self.contents.insert(checksum, content);
    }

    /// Numbers bundles that weren't seen before, and notes which reports have become too old.
    pub(crate) fn learn(&mut self, state: &Value, now: Duration) {
        for bundle in list(state, "bundles") {
            let id = text(bundle, "id");
            let is_known = self.bundles.iter().any(|(known, _)| known == id);
            if let Some(content) = self.content(bundle)
                && !is_known
            {
                self.bundles.push((id.to_owned(), content));
            }
        }
        for report in list(state, "confirmations") {
            let created = Duration::from_millis(report["created"].as_u64().unwrap_or(0));
            if now.saturating_sub(created) > MONTH {
                self.stale.insert(text(report, "id").to_owned());
            }
        }
    }

    pub(crate) fn id(&self, number: Id) -> &str {
        let bundle = number
            .checked_sub(1)
            .and_then(|index| self.bundles.get(index));
        bundle.map_or("builtin", |(id, _)| id)
    }

    /// # Errors
    ///
    /// Nobody has seen it in a state.
    pub(crate) fn number(&self, id: &str) -> Result<Id, String> {
        if id == "builtin" {
            return Ok(BUILTIN);
        }
        let index = self.bundles.iter().position(|(known, _)| known == id);
        let index = index.ok_or_else(|| format!("nobody knows a bundle {id:?}"))?;
        Ok(index + 1)
    }

    /// The content that a record's checksum tells of.
    pub(crate) fn content(&self, record: &Value) -> Option<Content> {
        self.contents.get(text(record, "checksum")).copied()
    }

    /// What a bundle's files should be.
    pub(crate) fn files_of(&self, id: &str) -> Option<String> {
        let (_, content) = self.bundles.iter().find(|(known, _)| known == id)?;
        Some(name_of(*content))
    }

    pub(crate) fn is_stale(&self, report: &Value) -> bool {
        self.stale.contains(text(report, "id"))
    }

    /// An answer with numbers in place of ids.
    pub(crate) fn answer(&self, text: &str) -> Answer {
        let mut answer = text.replace("builtin", "0");
        for (index, (id, _)) in self.bundles.iter().enumerate() {
            if answer.contains(id.as_str()) {
                answer = answer.replace(id, &(index + 1).to_string());
            }
        }
        answer
    }
}

/// A release as a server offers it.
pub(crate) fn offer_of(release: &Release) -> Offer {
    let mut offer = Offer::new(&format!("{}.0.0", release.content.version));
    offer.content = name_of(release.content);
    match release.needs {
        Needs::Any => {}
        Needs::AtLeast2 => offer.min_app_version = Some("2.0".to_owned()),
        Needs::AtMost2 => offer.max_app_version = Some("2.0".to_owned()),
    }
    offer.statement = release.stated.map(|stated| Statement {
        sequence: stated.sequence,
        number: stated.number,
        issued_at: ISSUED_AT,
        expires_at: EXPIRES_AT,
        is_rollback: stated.is_rollback,
    });
    offer
}

fn name_of(content: Content) -> String {
    let kind = match content.kind {
        Kind::Fine => "",
        Kind::Other => "-other",
        Kind::Pageless => "-pageless",
    };
    format!("{}.0.0{kind}", content.version)
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
