//! The way of an update: source, policy, download, verify, install, and the state that names it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use semver::Version;
use url::Url;

use super::shared::{Shared, Transfer, lock};
use crate::archive::Limits;
use crate::bundle::{Bundle, BundleId, Problem};
use crate::digest::Sha256Digest;
use crate::download::{Downloader, FinishedPart};
use crate::error::Error;
use crate::event::Event;
use crate::lifecycle::inspect::{all_cores, hash_all};
use crate::lifecycle::{Lifecycle, transition};
use crate::policy::{self, BlockReason, Situation, Verdict};
use crate::release::Release;
use crate::source::{Answer, Inquiry, native_update};
use crate::store::bundles::BundleDescription;
use crate::store::install;
use crate::store::state::{BundleRecord, Pause, RefusedBytes};
use crate::verify::{Trust, verify_bundle};

/// The least time between two `download` events.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
/// How many failed versions a check tells of.
const MOST_FAILED_TOLD: usize = 10;
/// A digest that is wrong may be the network's fault once.
const DIGEST_ATTEMPTS: u32 = 2;

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Latest {
    /// What it comes to.
    pub status: LatestStatus,
    /// Why it is blocked, where it is.
    pub reason: Option<BlockReason>,
    /// What the server offers, whether or not it may be installed.
    pub release: Option<Release>,
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LatestStatus {
    /// Nothing is to be done.
    UpToDate,
    /// The release may be installed.
    UpdateAvailable,
    /// The release needs a newer app.
    NativeUpdateRequired,
    /// The release must not run here, or the server must not be asked now.
    Blocked,
    /// Another update is under way.
    Busy,
}

impl LatestStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "upToDate",
            Self::UpdateAvailable => "updateAvailable",
            Self::NativeUpdateRequired => "nativeUpdateRequired",
            Self::Blocked => "blocked",
            Self::Busy => "busy",
        }
    }
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncOutcome {
    /// What it comes to.
    pub status: SyncStatus,
    /// The bundle that is next now.
    pub bundle: Option<Bundle>,
    /// Why it is blocked, where it is.
    pub reason: Option<BlockReason>,
}

/// What a sync comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncStatus {
    /// The next launch tries a new bundle.
    Downloaded,
    /// Nothing is to be done.
    UpToDate,
    /// The release needs a newer app.
    NativeUpdateRequired,
    /// The release must not run here, or the server must not be asked now.
    Blocked,
    /// Another update is under way.
    Busy,
}

impl SyncStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Downloaded => "downloaded",
            Self::UpToDate => "upToDate",
            Self::NativeUpdateRequired => "nativeUpdateRequired",
            Self::Blocked => "blocked",
            Self::Busy => "busy",
        }
    }
}

/// What to download.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownloadRequest {
    /// The release that the server offered last; without one, it is asked.
    Offered,
    /// A bundle at an address that the caller knows.
    At {
        /// Where.
        url: Url,
        /// Its version.
        version: Version,
        /// SHA-256 of its zip.
        checksum: Sha256Digest,
        /// A signature over its zip.
        signature: Option<String>,
        /// Bytes of its zip.
        size: Option<u64>,
    },
}

impl Shared {
    pub(super) async fn get_latest(
        self: Arc<Self>,
        channel: Option<String>,
    ) -> Result<Latest, Error> {
        if self.lifecycle().store.is_busy() {
            return Ok(latest(LatestStatus::Busy, None, None));
        }
        self.lifecycle().ready_for_changes()?;
        let release = match self.ask(channel).await? {
            Asked::RateLimited => {
                let reason = Some(BlockReason::RateLimited);
                return Ok(latest(LatestStatus::Blocked, reason, None));
            }
            Asked::Nothing => {
                self.say_no_need();
                return Ok(latest(LatestStatus::UpToDate, None, None));
            }
            Asked::Offer(release) => release,
        };
        let verdict = self.judge(&release);
        Ok(match verdict {
            Verdict::UpToDate => {
                self.say_no_need();
                latest(LatestStatus::UpToDate, None, Some(release))
            }
            Verdict::Fetch | Verdict::OnDisk(_) => {
                let bundle = self.preview(&release, &BundleId::random());
                self.emit(vec![Event::UpdateAvailable { bundle }]);
                latest(LatestStatus::UpdateAvailable, None, Some(release))
            }
            Verdict::NativeUpdateRequired => {
                latest(LatestStatus::NativeUpdateRequired, None, Some(release))
            }
            Verdict::Blocked(reason) => latest(LatestStatus::Blocked, Some(reason), Some(release)),
        })
    }

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
        let asked = transfer.cancel.guard(self.ask(None)).await??;
        let release = match asked {
            Asked::RateLimited => {
                let reason = Some(BlockReason::RateLimited);
                return Ok(outcome(SyncStatus::Blocked, None, reason));
            }
            Asked::Nothing => {
                self.say_no_need();
                return Ok(outcome(SyncStatus::UpToDate, None, None));
            }
            Asked::Offer(release) => release,
        };
        match self.judge(&release) {
            Verdict::UpToDate => {
                self.say_no_need();
                Ok(outcome(SyncStatus::UpToDate, None, None))
            }
            Verdict::NativeUpdateRequired => {
                Ok(outcome(SyncStatus::NativeUpdateRequired, None, None))
            }
            Verdict::Blocked(reason) => Ok(outcome(SyncStatus::Blocked, None, Some(reason))),
            Verdict::OnDisk(id) => {
                let bundle = self
                    .change(move |lifecycle| lifecycle.set_next(id.as_str()))
                    .await?;
                Ok(outcome(SyncStatus::Downloaded, Some(bundle), None))
            }
            Verdict::Fetch => {
                let bundle = self.obtain(&release, transfer, true).await?;
                Ok(outcome(SyncStatus::Downloaded, Some(bundle), None))
            }
        }
    }

    pub(super) async fn download(
        self: Arc<Self>,
        request: DownloadRequest,
    ) -> Result<Bundle, Error> {
        self.lifecycle().ready_for_changes()?;
        let transfer = self.begin_transfer().ok_or_else(|| Error::Busy {
            what: "the updater: another download".to_owned(),
        })?;
        let release = self.requested(request).await?;
        match self.judge(&release) {
            Verdict::UpToDate if self.lifecycle().runs(&release) => Ok(self.lifecycle().current()),
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
                if let Some(release) = offered {
                    return Ok(release);
                }
                match self.ask(None).await? {
                    Asked::Offer(release) => Ok(release),
                    Asked::Nothing => Err(Error::invalid_request(
                        "the server offers nothing to download",
                    )),
                    Asked::RateLimited => Err(Error::RateLimited { retry_after: None }),
                }
            }
            DownloadRequest::At {
                url,
                version,
                checksum,
                signature,
                size,
            } => {
                self.may_download_from(&url)?;
                let mut release = Release::new(version, url, checksum);
                release.signature = signature;
                release.size = size;
                Ok(release)
            }
        }
    }

    /// Where nothing is signed, a script in the page must not be able to bring in a bundle of
    /// its own: that would be a foothold that outlives the page.
    fn may_download_from(&self, url: &Url) -> Result<(), Error> {
        let is_own = self
            .config
            .update_url
            .as_ref()
            .is_some_and(|base| base.origin() == url.origin());
        if matches!(self.config.trust, Trust::Unsigned) && !is_own {
            return Err(Error::invalid_request(
                "without signatures, bundles come from updateUrl's origin only",
            ));
        }
        Ok(())
    }

    /// Asks the server, unless it asked to be left alone.
    async fn ask(self: &Arc<Self>, channel: Option<String>) -> Result<Asked, Error> {
        let base = self
            .config
            .update_url
            .clone()
            .ok_or_else(|| Error::config("updateUrl", "missing: there is no server to ask"))?;
        let inquiry = {
            let lifecycle = self.lifecycle();
            let pause = lifecycle.state().rate_limit;
            if pause.is_some_and(|pause| pause.remaining(lifecycle.now()).is_some()) {
                return Ok(Asked::RateLimited);
            }
            self.inquiry(&lifecycle, channel)
        };
        let mut cache = lock(&self.cache).take();
        let answer = native_update::check(&self.client, &base, &inquiry, &mut cache).await;
        *lock(&self.cache) = cache;
        match answer {
            Ok(Answer::Nothing) => Ok(Asked::Nothing),
            Ok(Answer::Offer(release)) => {
                *lock(&self.offered) = Some(release.clone());
                Ok(Asked::Offer(release))
            }
            Err(error) => {
                self.remember_wish(&error).await;
                match error {
                    Error::RateLimited { .. } => Ok(Asked::RateLimited),
                    error => Err(error),
                }
            }
        }
    }

    fn inquiry(&self, lifecycle: &Lifecycle, channel: Option<String>) -> Inquiry {
        let state = lifecycle.state();
        let current = lifecycle.current();
        let failed = state.failed.iter().rev().take(MOST_FAILED_TOLD);
        Inquiry {
            app_id: self.config.app_id.clone(),
            platform: self.config.platform.clone(),
            channel: channel
                .or_else(|| state.channel.clone())
                .unwrap_or_else(|| self.config.channel.clone()),
            device_id: self.device_id(lifecycle),
            custom_id: state.custom_id.clone(),
            app_version: lifecycle.rules.native_version.to_string(),
            current_version: current.version,
            current_bundle: current.id.to_string(),
            failed_versions: failed.map(|failed| failed.version.to_string()).collect(),
        }
    }

    /// A server that says how long to wait is left alone for that long, across processes.
    async fn remember_wish(self: &Arc<Self>, error: &Error) {
        let Some(wait) = error.retry_after() else {
            return;
        };
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let kept = self
            .change(move |lifecycle| {
                let now = lifecycle.now();
                lifecycle.update(|state| state.rate_limit = Some(Pause::new(now, millis)))?;
                Ok(((), Vec::new()))
            })
            .await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the server's wish to wait is not kept");
        }
    }

    fn judge(&self, release: &Release) -> Verdict {
        let lifecycle = self.lifecycle();
        let situation = Situation {
            state: lifecycle.state(),
            current: lifecycle.current_id(),
            builtin_version: &lifecycle.rules.builtin_version,
            native_version: &lifecycle.rules.native_version,
            allow_downgrade: lifecycle.rules.allow_downgrade,
        };
        policy::judge(release, &situation, &|record| lifecycle.is_whole(record))
    }

    /// Gets a release onto the device, from what is there or from the server.
    async fn obtain(
        self: &Arc<Self>,
        release: &Release,
        transfer: &Transfer,
        as_next: bool,
    ) -> Result<Bundle, Error> {
        if self.config.trust.requires_signature() && release.signature.is_none() {
            return Err(Error::SignatureMissing {
                version: release.version.to_string(),
            });
        }
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
                self.remember_wish(&error).await;
                self.emit(vec![Event::DownloadFailed {
                    bundle,
                    error: Problem::from(&error),
                }]);
                Err(error)
            }
        }
    }

    /// A bundle that a lost state knew needs no download, if every file is what it was.
    async fn adopt(self: &Arc<Self>, release: &Release, as_next: bool) -> Option<Bundle> {
        let record = self
            .lifecycle()
            .orphan(&release.version, &release.checksum)?;
        let storage = self.storage();
        let damaged = self
            .blocking({
                let record = record.clone();
                move || hash_all(&*storage, &record, all_cores(), &|| false)
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
        let mut attempt = 1;
        loop {
            let part = self.receive(&downloader, release, id, transfer).await?;
            match self.install(release, id, &part, transfer, as_next).await {
                Ok(bundle) => {
                    discard(&downloader, &part);
                    return Ok(bundle);
                }
                Err(error) => {
                    let is_wrong = matches!(error, Error::ChecksumMismatch { .. });
                    if is_wrong || error.condemns_bytes() {
                        discard(&downloader, &part);
                    }
                    if is_wrong && attempt < DIGEST_ATTEMPTS {
                        tracing::warn!(%error, "fetching it once more");
                        attempt += 1;
                        continue;
                    }
                    self.remember_refusal(release, &error).await;
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
                self.emit(vec![Event::Download {
                    bundle: bundle.clone(),
                    bytes,
                    total_bytes: total,
                }]);
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

    /// The bundle that a release would become.
    fn preview(&self, release: &Release, id: &BundleId) -> Bundle {
        describe(release)
            .into_record(id.clone(), self.lifecycle().now(), None)
            .to_bundle()
    }

    fn wrong_native_version(&self, release: &Release) -> Error {
        let min = release.min_app_version.as_deref().unwrap_or("…");
        let max = release.max_app_version.as_deref().unwrap_or("…");
        Error::NativeVersion {
            needed: format!("{min} to {max}"),
            found: self.lifecycle().rules.native_version.to_string(),
        }
    }

    fn say_no_need(&self) {
        let bundle = self.lifecycle().current();
        self.emit(vec![Event::NoNeedUpdate { bundle }]);
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

/// Everything between the last byte and the commit; it blocks.
struct InstallJob {
    shared: Arc<Shared>,
    release: Release,
    id: BundleId,
    part: FinishedPart,
    as_next: bool,
}

impl InstallJob {
    fn run(self, is_cancelled: &(dyn Fn() -> bool + Sync)) -> crate::lifecycle::Outcome<Bundle> {
        let storage = self.shared.storage();
        let config = &self.shared.config;
        let zip = storage
            .open(&self.part.path)
            .map_err(|error| Error::storage("open", &self.part.path, error))?;
        verify_bundle(
            &*zip,
            self.part.len,
            &self.release.checksum,
            self.release.signature.as_deref(),
            &config.trust,
            &self.release.version.to_string(),
            &is_cancelled,
        )?;
        let limits = Limits {
            max_files: config.max_files,
            max_unpacked_bytes: config.max_unpacked_bytes,
        };
        let description = describe(&self.release);
        install::install(
            &*storage,
            zip,
            &limits,
            &self.id,
            &description,
            is_cancelled,
        )?;
        let mut lifecycle = self.shared.lifecycle();
        let record = description.into_record(self.id, lifecycle.now(), lifecycle.boot_id());
        lifecycle.add_bundle(record, self.as_next)
    }
}

fn describe(release: &Release) -> BundleDescription {
    BundleDescription {
        version: release.version.clone(),
        checksum: release.checksum,
        min_app_version: release.min_app_version.clone(),
        max_app_version: release.max_app_version.clone(),
    }
}

/// A part that stays behind costs space until the next download, and nothing else.
fn discard(downloader: &Downloader, part: &FinishedPart) {
    if let Err(error) = downloader.discard(&part.key) {
        tracing::warn!(%error, "a finished part stays behind");
    }
}

enum Asked {
    Nothing,
    Offer(Release),
    RateLimited,
}

fn latest(status: LatestStatus, reason: Option<BlockReason>, release: Option<Release>) -> Latest {
    Latest {
        status,
        reason,
        release,
    }
}

fn outcome(status: SyncStatus, bundle: Option<Bundle>, reason: Option<BlockReason>) -> SyncOutcome {
    SyncOutcome {
        status,
        bundle,
        reason,
    }
}
