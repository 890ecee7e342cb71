//! An offer of which the release statement counts.

use url::Url;

use super::native_update::Unsigned;
use crate::error::Error;
use crate::release::{Release, Stated};
use crate::verify::statement::{Envelope, StatedBundle, Statement};

/// An offer whose release is told by a statement, which is still to be verified.
#[derive(Debug, Clone)]
pub(crate) struct StatedOffer {
    pub(crate) envelope: Option<Envelope>,
    /// The channel that was asked for.
    pub(crate) channel: String,
    /// The version that the answer names, for messages.
    pub(crate) version: Option<String>,
    pub(crate) unsigned: Unsigned,
}

impl StatedOffer {
    /// The release that a verified statement names, from a server at `base`.
    pub(crate) fn release(
        &self,
        statement: &Statement,
        bundle: &StatedBundle,
        is_higher: bool,
        base: Option<&Url>,
    ) -> Result<Release, Error> {
        let mut release = self
            .unsigned
            .release(bundle.version.clone(), bundle.sha256, base)?;
        release.size = Some(bundle.size);
        release
            .min_app_version
            .clone_from(&statement.min_app_version);
        release
            .max_app_version
            .clone_from(&statement.max_app_version);
        release.sequence = Some(statement.sequence);
        release.stated = Some(Stated {
            files_sha256: bundle.files_sha256,
            unpacked_size: bundle.unpacked_size,
            is_higher,
        });
        Ok(release)
    }
}
