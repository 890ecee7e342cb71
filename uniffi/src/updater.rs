//! The updater and its calls.

use std::sync::Arc;

use live_updater::{AutoUpdate, DownloadRequest, UpdaterBuilder};

use crate::answer::{Channel, DownloadFrom, Flushed, Latest, SyncOutcome};
use crate::bundle::{BundleInfo, CrashReason, Launch};
use crate::error::UpdaterError;
use crate::listener::{ListenerSlot, UpdateListener};
use crate::options::OpenOptions;
use crate::panics::{or_internal, unless_it_panics};
use crate::roots;

/// Keeps the web part of one app up to date.
///
/// Calls may come from any thread and in any number. Asynchronous ones return to their caller at
/// once and run on the updater's own threads; that a caller no longer waits for one doesn't undo
/// it, and `cancel` ends a download. The others touch only memory and a small file.
#[derive(uniffi::Object)]
pub struct Updater {
    /// Nothing where opening it panicked.
    core: Option<Arc<live_updater::Updater>>,
    listener: Arc<ListenerSlot>,
}

#[uniffi::export]
impl Updater {
    /// Opens the updater of a root. It never fails: what is wrong is told by `launch`, and by every
    /// call after it.
    ///
    /// The same root opened again in a process gives the updater that is open, whatever the other
    /// options; `listener` replaces the one before.
    #[uniffi::constructor]
    #[expect(clippy::needless_pass_by_value, reason = "records cross by value")]
    pub fn open(options: OpenOptions, listener: Option<Arc<dyn UpdateListener>>) -> Arc<Self> {
        Self::open_by(&options, listener, UpdaterBuilder::open)
    }

    /// Decides what this process runs. It always answers, without any network.
    ///
    /// To be called when the user interface attaches, not when the process starts; `is_active`
    /// tells whether the app is in the foreground. A second call in one process is the same launch;
    /// its `is_active` acts as `pause` or `resume`.
    pub fn launch(&self, is_active: bool) -> Launch {
        unless_it_panics(|| Some(self.core.as_ref()?.launch(is_active).into()))
            .flatten()
            .unwrap_or_else(Launch::of_last_resort)
    }

    /// The app goes to the background: time stops for a bundle in trial.
    pub fn pause(&self) -> Result<(), UpdaterError> {
        or_internal(|| Ok(self.core()?.pause()?))
    }

    /// The app comes back. After a long time in the background, what is next is activated, and the
    /// listener is told to load it.
    pub fn resume(&self) -> Result<(), UpdaterError> {
        // The core goes on by itself, and whoever has to act on it is told.
        or_internal(|| Ok(self.core()?.resume().map(drop)?))
    }

    /// Ends the running download, if there is one. What was received is kept.
    pub fn cancel(&self) -> Result<(), UpdaterError> {
        or_internal(|| Ok(self.core()?.cancel()?))
    }

    /// Whether updates are looked for without being asked.
    pub fn is_auto_update_enabled(&self) -> Result<bool, UpdaterError> {
        or_internal(|| Ok(self.core()?.auto_update()? != AutoUpdate::Off))
    }
}

/// What may wait for the disk or the network.
#[uniffi::export]
impl Updater {
    /// The page says that it works. The token is the one of the launch that the page belongs to:
    /// `stale_launch` where another bundle has been activated since, and nothing changes then.
    pub async fn notify_app_ready(&self, launch_token: String) -> Result<BundleInfo, UpdaterError> {
        Ok(self.core()?.notify_app_ready(&launch_token).await?.into())
    }

    /// Asks the server what there is, on `channel` or on the device's. Nothing is downloaded.
    /// Conditions such as "nothing new" are answers.
    #[uniffi::method(default(channel = None))]
    pub async fn get_latest(&self, channel: Option<String>) -> Result<Latest, UpdaterError> {
        Ok(self.core()?.get_latest(channel.as_deref()).await?.into())
    }

    /// Downloads, verifies and unpacks a bundle, and leaves it at that: the release that the server
    /// offered last, or the one that `from` names.
    #[uniffi::method(default(from = None))]
    pub async fn download(&self, from: Option<DownloadFrom>) -> Result<BundleInfo, UpdaterError> {
        let request = match from {
            Some(from) => from.try_into()?,
            None => DownloadRequest::Offered,
        };
        Ok(self.core()?.download(request).await?.into())
    }

    /// Checks, downloads, and sets what came as next: the next launch tries it. Conditions such as
    /// "nothing new" are outcomes.
    pub async fn sync(&self) -> Result<SyncOutcome, UpdaterError> {
        Ok(self.core()?.sync().await?.into())
    }

    /// Makes a bundle what the next launch tries.
    pub async fn set_next(&self, id: String) -> Result<BundleInfo, UpdaterError> {
        Ok(self.core()?.set_next(&id).await?.into())
    }

    /// Activates a bundle now; the host has to load what this answers. `builtin` is `reset`.
    pub async fn set(&self, id: String) -> Result<Launch, UpdaterError> {
        Ok(self.core()?.set(&id).await?.into())
    }

    /// Activates what is next; without it, the host loads the same page again.
    pub async fn reload(&self) -> Result<Launch, UpdaterError> {
        Ok(self.core()?.reload().await?.into())
    }

    /// Goes back to builtin, or to the newest bundle that was ready, and forgets what is next.
    #[uniffi::method(default(to_last_successful = false))]
    pub async fn reset(&self, to_last_successful: bool) -> Result<Launch, UpdaterError> {
        Ok(self.core()?.reset(to_last_successful).await?.into())
    }

    /// What runs.
    pub async fn current(&self) -> Result<BundleInfo, UpdaterError> {
        self.read(|core| Ok(core.current()?.into())).await
    }

    /// What the next launch will try.
    pub async fn next(&self) -> Result<Option<BundleInfo>, UpdaterError> {
        self.read(|core| Ok(core.next()?.map(Into::into))).await
    }

    /// The bundles on this device, without builtin. Those that were rolled back stay listed.
    pub async fn bundles(&self) -> Result<Vec<BundleInfo>, UpdaterError> {
        self.read(|core| Ok(core.bundles()?.into_iter().map(Into::into).collect()))
            .await
    }

    /// The bundle that was rolled back last.
    pub async fn failed_update(&self) -> Result<Option<BundleInfo>, UpdaterError> {
        self.read(|core| Ok(core.failed_update()?.map(Into::into)))
            .await
    }

    /// Version of the web files in the app's package.
    pub async fn builtin_version(&self) -> Result<String, UpdaterError> {
        self.read(|core| Ok(core.builtin_version()?.to_string()))
            .await
    }

    /// The app's own version.
    pub async fn native_version(&self) -> Result<String, UpdaterError> {
        self.read(live_updater::Updater::native_version).await
    }

    /// Deletes a bundle.
    pub async fn delete(&self, id: String) -> Result<(), UpdaterError> {
        Ok(self.core()?.delete(&id).await?)
    }

    /// Hashes all files of a bundle; gives the paths that are not what was installed. A damaged
    /// bundle is replaced, and fetched again.
    pub async fn verify(&self, id: String) -> Result<Vec<String>, UpdaterError> {
        Ok(self.core()?.verify(&id).await?)
    }

    /// The app or its page crashed; with an id, it counts only where that bundle runs.
    #[uniffi::method(default(id = None))]
    pub async fn report_crash(
        &self,
        reason: CrashReason,
        id: Option<String>,
    ) -> Result<(), UpdaterError> {
        let reason = Some(reason.into());
        Ok(self.core()?.report_crash(id.as_deref(), reason).await?)
    }

    /// A bundle, the current one without an id, is bad: it is rolled back at once. Gives the bundle,
    /// or nothing where it was known before.
    #[uniffi::method(default(id = None))]
    pub async fn set_bundle_error(
        &self,
        id: Option<String>,
    ) -> Result<Option<BundleInfo>, UpdaterError> {
        let rolled_back = self.core()?.set_bundle_error(id.as_deref()).await?;
        Ok(rolled_back.map(Into::into))
    }

    /// Lets versions that were rolled back or refused be installed again; all without `version`.
    #[uniffi::method(default(version = None))]
    pub async fn clear_blocked(&self, version: Option<String>) -> Result<(), UpdaterError> {
        Ok(self.core()?.clear_blocked(version.as_deref()).await?)
    }

    /// Chooses the channel from now on; the configuration's without `channel`. Gives the one that the
    /// device names then, which is empty where it leaves that to the server. The server is asked
    /// whether the device may choose it, and nothing else.
    #[uniffi::method(default(channel = None))]
    pub async fn set_channel(&self, channel: Option<String>) -> Result<String, UpdaterError> {
        self.core()?.set_channel(channel).await?;
        self.read(live_updater::Updater::channel).await
    }

    /// The device's channel: the server's word for it where that decides on channels.
    pub async fn channel(&self) -> Result<String, UpdaterError> {
        Ok(self.core()?.assigned_channel().await?)
    }

    /// The channels that the server has for this device; `invalid_request` where its protocol has no
    /// such list.
    pub async fn channels(&self) -> Result<Vec<Channel>, UpdaterError> {
        let channels = self.core()?.channels().await?;
        Ok(channels.into_iter().map(Into::into).collect())
    }

    /// The device's id, as the server knows it.
    pub async fn device_id(&self) -> Result<String, UpdaterError> {
        self.read(live_updater::Updater::device_id).await
    }

    /// A further id of the app's own, sent along with checks.
    #[uniffi::method(default(custom_id = None))]
    pub async fn set_custom_id(&self, custom_id: Option<String>) -> Result<(), UpdaterError> {
        Ok(self.core()?.set_custom_id(custom_id).await?)
    }

    /// Tells the server what it doesn't know yet.
    pub async fn flush(&self) -> Result<Flushed, UpdaterError> {
        Ok(self.core()?.flush().await?.into())
    }

    /// The durable state as JSON, for people and tests. Its layout may change.
    pub async fn state(&self) -> Result<String, UpdaterError> {
        self.read(|core| Ok(core.state()?.to_string())).await
    }
}

impl Updater {
    pub(crate) fn open_by(
        options: &OpenOptions,
        listener: Option<Arc<dyn UpdateListener>>,
        open: impl FnOnce(UpdaterBuilder) -> live_updater::Updater,
    ) -> Arc<Self> {
        unless_it_panics(|| {
            let updater = roots::find_or_open(&options.root, || Self::new(options, open));
            updater.listener.replace(listener);
            updater
        })
        .unwrap_or_else(|| Arc::new(Self::of_last_resort()))
    }

    fn new(
        options: &OpenOptions,
        open: impl FnOnce(UpdaterBuilder) -> live_updater::Updater,
    ) -> Self {
        let listener = Arc::new(ListenerSlot::default());
        let told = Arc::clone(&listener);
        let mut builder =
            live_updater::Updater::builder_from_json(&options.root, &options.complete_config())
                .debuggable(options.debuggable)
                .emulator(options.emulator)
                .listener(move |event| told.tell(event));
        if let Some(version) = &options.native_version {
            builder = builder.native_version(version);
        }
        if let Some(build) = &options.native_build {
            builder = builder.native_build(build);
        }
        if let Some(boot_id) = &options.boot_id {
            builder = builder.boot_id(boot_id);
        }
        if let Some(code) = &options.version_code {
            builder = builder.version_code(code);
        }
        if let Some(version) = &options.os_version {
            builder = builder.os_version(version);
        }
        if let Some(source) = &options.install_source {
            builder = builder.install_source(source);
        }
        Self {
            core: Some(Arc::new(open(builder))),
            listener,
        }
    }

    /// The app starts on its builtin files, and every call says why.
    fn of_last_resort() -> Self {
        Self {
            core: None,
            listener: Arc::default(),
        }
    }

    fn core(&self) -> Result<&Arc<live_updater::Updater>, UpdaterError> {
        self.core.as_ref().ok_or_else(UpdaterError::internal)
    }

    /// Looks at the state where it may wait for a commit that another call is making.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&live_updater::Updater) -> Result<T, live_updater::Error> + Send + 'static,
    ) -> Result<T, UpdaterError> {
        let core = Arc::clone(self.core()?);
        Ok(self.core()?.blocking(move || read(&core)).await??)
    }
}

impl Drop for Updater {
    fn drop(&mut self) {
        let core = self.core.take();
        let _ = unless_it_panics(|| drop(core));
    }
}
