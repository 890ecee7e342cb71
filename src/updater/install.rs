//! From the last byte to the commit: verified, installed, and named by the state.

use std::sync::Arc;

#[cfg(feature = "capgo")]
use super::opened::OpenedZip;
use super::shared::Shared;
use super::update::describe;
use crate::archive::Limits;
use crate::bundle::{Bundle, BundleId};
use crate::download::FinishedPart;
use crate::error::Error;
use crate::lifecycle::Outcome;
use crate::release::Release;
use crate::store::install::{self, Installation};
use crate::store::storage::ReadAt;
use crate::verify::verify_bundle;

/// What is to be installed. All of it blocks.
pub(super) struct InstallJob {
    pub(super) shared: Arc<Shared>,
    pub(super) release: Release,
    pub(super) id: BundleId,
    pub(super) part: FinishedPart,
    pub(super) as_next: bool,
}

impl InstallJob {
    pub(super) fn run(self, is_cancelled: &(dyn Fn() -> bool + Sync)) -> Outcome<Bundle> {
        let storage = self.shared.storage();
        let received = storage
            .open(&self.part.path)
            .map_err(|error| Error::storage("open", &self.part.path, error))?;
        #[cfg(feature = "capgo")]
        if let Some(session) = &self.release.session {
            let opened =
                OpenedZip::decrypt(&storage, &self.part, &*received, session, is_cancelled)?;
            return self.install(opened.file(), opened.len(), is_cancelled);
        }
        let len = self.part.len;
        self.install(received, len, is_cancelled)
    }

    fn install(
        self,
        zip: Arc<dyn ReadAt>,
        len: u64,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Outcome<Bundle> {
        let storage = self.shared.storage();
        let config = &self.shared.config;
        verify_bundle(
            &*zip,
            len,
            &self.release.checksum,
            self.release.signature.as_deref(),
            &config.trust,
            &self.release.version.to_string(),
            &is_cancelled,
        )?;
        let stated = self.release.stated.as_ref();
        let stated_bytes = stated.and_then(|stated| stated.unpacked_size);
        let limits = Limits {
            max_files: config.max_files,
            max_unpacked_bytes: config
                .max_unpacked_bytes
                .min(stated_bytes.unwrap_or(u64::MAX)),
            skips_macos_files: stated.is_none(),
        };
        let description = describe(&self.release);
        let installation = Installation {
            id: &self.id,
            limits: &limits,
            description: &description,
            files_sha256: stated.map(|stated| stated.files_sha256),
        };
        install::install(&*storage, zip, &installation, is_cancelled)?;
        let mut lifecycle = self.shared.lifecycle();
        let record = description.into_record(self.id, lifecycle.now(), lifecycle.boot_id());
        lifecycle.add_bundle(record, self.as_next)
    }
}
