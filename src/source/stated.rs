//! An offer of which only the release statement counts, and where the zip can be fetched.

use serde_json::{Map, Value};
use url::Url;

use super::native_update::{absolute, present};
use crate::error::Error;
use crate::keys::{KeyProblem, Keys};
use crate::release::{Release, Stated};
use crate::verify::statement::{Envelope, StatedBundle, Statement};

/// An offer whose release is told by a statement, which is still to be verified.
#[derive(Debug, Clone)]
pub(crate) struct StatedOffer {
    pub(crate) envelope: Option<Envelope>,
    /// The channel that was asked for.
    pub(crate) channel: String,
    /// What nobody has signed: the version, for messages; where the zip is; what people are told.
    pub(crate) version: Option<String>,
    pub(crate) download_url: Option<Url>,
    pub(crate) mirrors: Vec<Url>,
    pub(crate) mandatory: bool,
    pub(crate) release_notes: Option<String>,
}

/// Why an answer is no offer.
#[derive(Debug)]
pub(super) enum NotAnOffer {
    Answer(String),
    Envelope(Error),
}

impl From<KeyProblem> for NotAnOffer {
    fn from(KeyProblem { key, problem }: KeyProblem) -> Self {
        Self::Answer(format!("{key}: {problem}"))
    }
}

impl StatedOffer {
    /// Takes an offer for `channel` out of what `url` has answered; nothing where there is no
    /// update.
    pub(super) fn from_answer(
        answer: Map<String, Value>,
        channel: &str,
        url: &Url,
    ) -> Result<Option<Self>, NotAnOffer> {
        let mut keys = Keys::new("", answer);
        match keys.flag("updateAvailable")? {
            Some(true) => {}
            Some(false) => return Ok(None),
            None => return Err(keys.problem("updateAvailable", "missing").into()),
        }
        let envelope = match keys.take("release") {
            None => None,
            Some(Value::Object(object)) => {
                Some(Envelope::from_object(object).map_err(NotAnOffer::Envelope)?)
            }
            Some(_) => return Err(keys.problem("release", "must be an envelope").into()),
        };
        let absolute = |name, text: &str| absolute(name, url, text).map_err(NotAnOffer::Answer);
        let download_url = present(keys.text("downloadUrl")?);
        let mirrors = keys.texts("mirrors")?;
        Ok(Some(Self {
            envelope,
            channel: channel.to_owned(),
            version: keys.text("version").unwrap_or_default(),
            download_url: download_url
                .map(|text| absolute("downloadUrl", &text))
                .transpose()?,
            mirrors: mirrors
                .iter()
                .map(|text| absolute("a mirror", text))
                .collect::<Result<_, _>>()?,
            mandatory: keys.flag("mandatory")?.unwrap_or(false),
            release_notes: present(keys.text("releaseNotes")?),
        }))
    }

    /// The release that a verified statement names, whose zip is at `url`.
    pub(crate) fn release(
        &self,
        statement: &Statement,
        bundle: &StatedBundle,
        is_higher: bool,
        url: Url,
    ) -> Release {
        let mut release = Release::new(bundle.version.clone(), url, bundle.sha256);
        release.urls.extend(self.mirrors.iter().cloned());
        release.size = Some(bundle.size);
        release.mandatory = self.mandatory;
        release.release_notes = self.release_notes.clone();
        release.min_app_version = statement.min_app_version.clone();
        release.max_app_version = statement.max_app_version.clone();
        release.sequence = Some(statement.sequence);
        release.stated = Some(Stated {
            files_sha256: bundle.files_sha256,
            unpacked_size: bundle.unpacked_size,
            is_higher,
        });
        release
    }
}
