//! The way of an update: source, policy, download, verify, install, and the state that names it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use semver::Version;
use url::{Origin, Url};

use super::answers::{DownloadRequest, SyncOutcome, SyncStatus};
use super::check::{Asked, as_reason};
use super::install::InstallJob;
use super::shared::{Shared, Transfer, lock};
use crate::bundle::{Bundle, BundleId, Problem};
use crate::digest::Sha256Digest;
use crate::download::{Downloader, FinishedPart};
use crate::error::Error;
use crate::event::Event;
use crate::lifecycle::inspect::{all_cores, hash_all, lists};
use crate::lifecycle::{Lifecycle, transition};
use crate::policy::{BlockReason, Verdict};
use crate::release::{MAX_VERSION_LEN, Release};
use crate::source::{Offer, StatedOffer, Unsigned};
use crate::store::bundles::BundleDescription;
use crate::store::state::{BundleRecord, RefusedBytes};
use crate::store::storage::Storage;
use crate::verify::Trust;
use crate::verify::statement::Envelope;

/// The least time between two `download` events.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
/// A digest that is wrong may be the network's fault once, or that of one place of several. Each
/// attempt may cost a whole bundle, so there is an end.
const MOST_DIGEST_ATTEMPTS: usize = 5;

impl Shared {
    pub(super) async fn sync(self: Arc<Self>) -> Result<SyncOutcome, Error> {
        if self.lifecycle().store.is_busy() {
            return Ok(outcome(SyncStatus::Busy, None, None));
        }
        self.lifecycle().ready_for_changes()?;
        let Some(transfer) = self.begin_transfer() else {
            return Ok(outcome(SyncStatus::Busy, None, None));
        };
        let result = self.sync_once(&transfer).await;
        self.deliver_in_background();
        result
    }

    async fn sync_once(self: &Arc<Self>, transfer: &Transfer) -> Result<SyncOutcome, Error> {
        let asked = transfer.cancel.guard(self.ask(None)).await?;
        let release = match asked {
            Ok(Asked::RateLimited) => {
                let reason = Some(BlockReason::RateLimited);
                return Ok(outcome(SyncStatus::Blocked, None, reason));
            }
            Ok(Asked::Withheld(message)) => {
                let reason = Some(BlockReason::Withheld);
                let mut outcome = outcome(SyncStatus::Blocked, None, reason);
                outcome.message = Some(message);
                return Ok(outcome);
            }
            Ok(Asked::RollbackToBuiltin) => return self.roll_back_to_builtin().await,
            Ok(Asked::Nothing) => {
                self.say_no_need();
                return Ok(outcome(SyncStatus::UpToDate, None, None));
            }
            Ok(Asked::Offer(release)) => release,
            Err(error) => {
                let reason = Some(as_reason(error)?);
                return Ok(outcome(SyncStatus::Blocked, None, reason));
            }
        };
        match self.judge(&release) {
            Verdict::UpToDate => {
                if release.stated.is_some() {
                    self.change(Lifecycle::withdraw_next).await?;
                }
                self.say_no_need();
                Ok(outcome(SyncStatus::UpToDate, None, None))
            }
            Verdict::NativeUpdateRequired => {
                Ok(outcome(SyncStatus::NativeUpdateRequired, None, None))
            }
            Verdict::Blocked(reason) => Ok(outcome(SyncStatus::Blocked, None, Some(reason))),
            Verdict::OnDisk(id) => {
                let bundle = self
                    .change(move |lifecycle| lifecycle.follow_offer(&id))
                    .await?;
                Ok(outcome(SyncStatus::Downloaded, Some(bundle), None))
            }
            Verdict::Fetch => {
                let bundle = self.obtain(&release, transfer, true).await?;
                Ok(outcome(SyncStatus::Downloaded, Some(bundle), None))
            }
        }
    }

    async fn roll_back_to_builtin(self: &Arc<Self>) -> Result<SyncOutcome, Error> {
        let left = self.change(Lifecycle::roll_back_to_builtin).await?;
        if left.is_some() {
            return Ok(outcome(SyncStatus::RolledBack, None, None));
        }
        self.say_no_need();
        Ok(outcome(SyncStatus::UpToDate, None, None))
    }

    pub(super) async fn download(
        self: Arc<Self>,
        request: DownloadRequest,
    ) -> Result<Bundle, Error> {
        self.lifecycle().ready_for_changes()?;
        let transfer = self.begin_transfer().ok_or_else(|| Error::Busy {
            what: "the updater: another download".to_owned(),
        })?;
        let release = transfer.cancel.guard(self.requested(request)).await??;
        if self.lifecycle().runs(&release) {
            return Ok(self.lifecycle().current());
        }
        match self.judge_bytes(&release) {
            Verdict::OnDisk(id) => Ok(self.lifecycle().describe(&id)),
            Verdict::UpToDate | Verdict::Fetch => self.obtain(&release, &transfer, false).await,
            Verdict::NativeUpdateRequired | Verdict::Blocked(BlockReason::NativeVersion) => {
                Err(self.wrong_native_version(&release))
            }
            Verdict::Blocked(BlockReason::Downgrade) => Err(Error::Downgrade {
                offered: release.version.to_string(),
                installed: self.lifecycle().current().version,
            }),
            Verdict::Blocked(reason) => Err(Error::Blocked {
                version: release.version.to_string(),
                reason: reason.as_str(),
            }),
        }
    }

    async fn requested(self: &Arc<Self>, request: DownloadRequest) -> Result<Release, Error> {
        match request {
            DownloadRequest::Offered => {
                let offered = lock(&self.offered).clone();
                only_a_release(match offered {
                    // Time has passed: a statement is verified anew.
                    Some(offer) => self.consider(offer).await?,
                    None => self.ask(None).await?,
                })
            }
            DownloadRequest::Stated { url, release } => {
                let offer = StatedOffer {
                    envelope: Some(Envelope::parse(&release)?),
                    channel: self.channel(&self.lifecycle()),
                    version: None,
                    unsigned: Unsigned::at(url),
                };
                only_a_release(self.consider(Offer::Stated(Arc::new(offer))).await?)
            }
            DownloadRequest::At {
                url,
                version,
                checksum,
                signature,
                size,
            } => {
                let only_origin = self.allowed_origin(&url, &version)?;
                if version.to_string().len() > MAX_VERSION_LEN {
                    let problem = format!("the version has over {MAX_VERSION_LEN} bytes");
                    return Err(Error::invalid_request(problem));
                }
                let mut release = Release::new(version, url, checksum);
                release.signature = signature.filter(|signature| !signature.trim().is_empty());
                release.size = size;
                release.only_origin = only_origin;
                Ok(release)
            }
        }
    }

    /// The only origin that a bundle may come from that the caller has named; `None` is any.
    ///
    /// Where the bundle isn't signed, a script in the page must not be able to bring in one of its
    /// own: that would be a foothold that outlives the page.
    fn allowed_origin(&self, url: &Url, version: &Version) -> Result<Option<Origin>, Error> {
        let own = self.config.update_url.as_ref().map(Url::origin);
        match &self.config.trust {
            Trust::Bundle { .. } => Ok(None),
            Trust::Unsigned if own == Some(url.origin()) => Ok(own),
            Trust::Unsigned => Err(Error::invalid_request(
                "without signatures, bundles come from updateUrl's origin only",
            )),
            trust => Err(trust.signature_missing(&version.to_string())),
        }
    }

    /// Gets a release onto the device, from what is there or from the server.
    async fn obtain(
        self: &Arc<Self>,
        release: &Release,
        transfer: &Transfer,
        as_next: bool,
    ) -> Result<Bundle, Error> {
        self.config.trust.check_completeness(release)?;
        if let Some(bundle) = self.adopt(release, as_next).await {
            return Ok(bundle);
        }
        let id = BundleId::random();
        let bundle = self.preview(release, &id);
        self.emit(vec![Event::UpdateAvailable {
            bundle: bundle.clone(),
        }]);
        let result = self.fetch(release, &id, transfer, as_next).await;
        match result {
            Ok(bundle) => {
                self.emit(vec![Event::DownloadComplete {
                    bundle: bundle.clone(),
                }]);
                Ok(bundle)
            }
            Err(error) => {
                if self.is_at_home(&release.urls) {
                    self.remember_wish(&error).await;
                }
                self.emit(vec![Event::DownloadFailed {
                    bundle,
                    error: Problem::from(&error),
                }]);
                Err(error)
            }
        }
    }

    /// Whether all of `urls` are the update server's. Nobody else may keep checks away: a page's
    /// script could name such a place every day.
    fn is_at_home(&self, urls: &[Url]) -> bool {
        let home = self.config.update_url.as_ref().map(Url::origin);
        urls.iter().all(|url| Some(url.origin()) == home)
    }

    /// A bundle that a lost state knew needs no download, if every file is what it was.
    async fn adopt(self: &Arc<Self>, release: &Release, as_next: bool) -> Option<Bundle> {
        let record = self
            .lifecycle()
            .orphan(&release.version, &release.checksum)?;
        let storage = self.storage();
        let files_sha256 = release.stated.map(|stated| stated.files_sha256);
        let damaged = self
            .blocking({
                let record = record.clone();
                move || find_damage(&*storage, &record, files_sha256)
            })
            .await;
        if !matches!(damaged, Ok(Ok(damaged)) if damaged.is_empty()) {
            return None;
        }
        self.change(move |lifecycle| lifecycle.add_bundle(record, as_next))
            .await
            .ok()
    }

    async fn fetch(
        self: &Arc<Self>,
        release: &Release,
        id: &BundleId,
        transfer: &Transfer,
        as_next: bool,
    ) -> Result<Bundle, Error> {
        let downloader = self.downloader();
        let mut release = release.clone();
        let attempts = release.urls.len().clamp(2, MOST_DIGEST_ATTEMPTS);
        let mut attempt = 1;
        loop {
            let part = self.receive(&downloader, &release, id, transfer).await?;
            match self.install(&release, id, &part, transfer, as_next).await {
                Ok(bundle) => {
                    discard(&downloader, &part);
                    return Ok(bundle);
                }
                Err(error) => {
                    let is_wrong = matches!(error, Error::ChecksumMismatch { .. });
                    if is_wrong || error.condemns_bytes() {
                        discard(&downloader, &part);
                    }
                    if is_wrong && attempt < attempts {
                        tracing::warn!(%error, "fetching it once more");
                        // TUF, "malicious mirrors preventing updates": a place that sends other
                        // bytes must not keep those of the next from the device.
                        release.urls.rotate_left(1);
                        attempt += 1;
                        continue;
                    }
                    self.remember_refusal(&release, &error).await;
                    return Err(error);
                }
            }
        }
    }

    async fn receive(
        self: &Arc<Self>,
        downloader: &Downloader,
        release: &Release,
        id: &BundleId,
        transfer: &Transfer,
    ) -> Result<FinishedPart, Error> {
        let bundle = self.preview(release, id);
        let told_at: Mutex<Option<Duration>> = Mutex::new(None);
        let progress = |bytes: u64, total: Option<u64>| {
            let now = self.clock.monotonic();
            let mut told_at = lock(&told_at);
            let is_due = told_at.is_none_or(|told_at| now >= told_at + PROGRESS_INTERVAL);
            if is_due || total == Some(bytes) {
                *told_at = Some(now);
                drop(told_at);
                self.emit(vec![Event::download(bundle.clone(), bytes, total)]);
            }
        };
        downloader.fetch(release, &transfer.cancel, &progress).await
    }

    /// Verifies what was received, and makes it a bundle that the state names.
    async fn install(
        self: &Arc<Self>,
        release: &Release,
        id: &BundleId,
        part: &FinishedPart,
        transfer: &Transfer,
        as_next: bool,
    ) -> Result<Bundle, Error> {
        self.lifecycle().begin_staging(id);
        let job = InstallJob {
            shared: Arc::clone(self),
            release: release.clone(),
            id: id.clone(),
            part: part.clone(),
            as_next,
        };
        let cancel = transfer.cancel.clone();
        let installed = self
            .blocking(move || job.run(&move || cancel.is_cancelled()))
            .await;
        self.lifecycle().end_staging(id);
        let (bundle, events) = installed??;
        self.emit(events);
        Ok(bundle)
    }

    /// Bytes that can never be installed are not fetched again; bytes that were not the promised
    /// ones make automatic checks wait longer.
    async fn remember_refusal(self: &Arc<Self>, release: &Release, error: &Error) {
        let refused = error.condemns_bytes().then(|| RefusedBytes {
            bytes: release.refusal_key(),
            version: release.version.clone(),
            code: error.code().to_owned(),
        });
        let is_wrong = matches!(error, Error::ChecksumMismatch { .. });
        if refused.is_none() && !is_wrong {
            return;
        }
        let kept = self
            .change(move |lifecycle| {
                lifecycle.update(|state| {
                    state.schedule.mismatches += u32::from(is_wrong);
                    if let Some(refused) = refused {
                        transition::refuse(state, refused);
                    }
                })?;
                Ok(((), Vec::new()))
            })
            .await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the refusal is not kept");
        }
    }

    pub(super) fn downloader(&self) -> Downloader {
        Downloader::new(
            self.client.clone(),
            self.storage(),
            self.config.max_bundle_bytes,
        )
    }

    fn wrong_native_version(&self, release: &Release) -> Error {
        let min = release.min_app_version.as_deref().unwrap_or("…");
        let max = release.max_app_version.as_deref().unwrap_or("…");
        Error::NativeVersion {
            needed: format!("{min} to {max}"),
            found: self.lifecycle().rules.native_version.to_string(),
        }
    }
}

impl Lifecycle {
    /// Whether what runs has exactly the bytes of `release`.
    fn runs(&self, release: &Release) -> bool {
        self.state()
            .bundle(self.current_id())
            .is_some_and(|record: &BundleRecord| record.checksum == release.checksum)
    }
}

pub(super) fn describe(release: &Release) -> BundleDescription {
    BundleDescription {
        version: release.version.clone(),
        checksum: release.checksum,
        min_app_version: release.min_app_version.clone(),
        max_app_version: release.max_app_version.clone(),
    }
}

/// Hashes what a lost state has left. What its files have to be, a statement tells better than the
/// list beside them.
fn find_damage(
    storage: &dyn Storage,
    record: &BundleRecord,
    files_sha256: Option<Sha256Digest>,
) -> Result<Vec<String>, Error> {
    if let Some(expected) = files_sha256
        && !lists(storage, record, &expected)?
    {
        return Ok(vec!["files".to_owned()]);
    }
    hash_all(storage, record, all_cores(), &|| false)
}

fn only_a_release(asked: Asked) -> Result<Release, Error> {
    match asked {
        Asked::Offer(release) => Ok(release),
        Asked::Nothing | Asked::RollbackToBuiltin => Err(Error::invalid_request(
            "the server offers nothing to download",
        )),
        Asked::RateLimited => Err(Error::RateLimited { retry_after: None }),
        Asked::Withheld(message) => Err(Error::invalid_request(format!(
            "the server offers nothing to this device: {message}"
        ))),
    }
}

/// A part that stays behind costs space until the next download, and nothing else.
fn discard(downloader: &Downloader, part: &FinishedPart) {
    if let Err(error) = downloader.discard(&part.key) {
        tracing::warn!(%error, "a finished part stays behind");
    }
}

fn outcome(status: SyncStatus, bundle: Option<Bundle>, reason: Option<BlockReason>) -> SyncOutcome {
    SyncOutcome {
        status,
        bundle,
        reason,
        message: None,
    }
}
