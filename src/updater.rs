//! The updater: connects what the other modules do, and keeps all work off its callers' threads.

mod answers;
mod background;
mod builder;
mod channel;
mod check;
mod install;
#[cfg(feature = "capgo")]
mod opened;
mod shared;
mod turns;
mod update;

use std::path::Path;
use std::sync::Arc;

use semver::Version;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::bundle::{Bundle, CrashReason, Launch};
use crate::clock::BoxFuture;
use crate::config::AutoUpdate;
use crate::error::Error;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::inspect::all_cores;
use crate::lifecycle::transition;
use crate::source::Channel;

pub use answers::{DownloadRequest, Flushed, Latest, LatestStatus, SyncOutcome, SyncStatus};
pub use builder::UpdaterBuilder;
use shared::Shared;

/// Keeps the web part of one app up to date.
///
/// One updater owns one root folder; a second one on the same root is `busy`. Calls may come from
/// any thread and in any number: changes of the state are made one at a time, and network and
/// disk work runs on the updater's own threads. Dropping a future doesn't undo what was begun;
/// [`cancel`](Self::cancel) ends a download.
///
/// # Example
///
/// ```no_run
/// # async fn example() -> Result<(), live_updater::Error> {
/// use live_updater::{Config, Updater};
///
/// let config = Config::from_json(r#"{
///     "appId": "com.example.app",
///     "updateUrl": "http://127.0.0.1:8080",
///     "trust": {"mode": "unsigned"}
/// }"#)?;
/// let updater = Updater::builder("/data/app/updates", config)
///     .native_version("1.0.0")
///     .open();
///
/// let launch = updater.launch(true); // what the web view has to load
/// updater.notify_app_ready(&launch.launch_token).await?; // the page says that it works
/// updater.sync().await?; // the next launch tries what came
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Updater {
    shared: Result<Arc<Shared>, builder::Misconfigured>,
}

impl Updater {
    /// An updater for the app whose bundles lie in `root`, a folder of its own with an absolute
    /// path.
    pub fn builder(root: impl AsRef<Path>, config: crate::Config) -> UpdaterBuilder {
        UpdaterBuilder::new(root.as_ref(), Ok(config))
    }

    /// As [`builder`](Self::builder), with the configuration as it stands in a file. A bad one is
    /// no failure here: the app starts on its builtin files, and every call says why.
    pub fn builder_from_json(root: impl AsRef<Path>, config: &str) -> UpdaterBuilder {
        UpdaterBuilder::new(root.as_ref(), crate::Config::from_json(config))
    }

    /// Decides what this process runs. It always answers, without any network.
    ///
    /// To be called when the user interface attaches, not when the process starts; `is_active`
    /// tells whether the app is in the foreground. A second call in one process is the same
    /// launch; its `is_active` acts as [`pause`](Self::pause) or [`resume`](Self::resume).
    pub fn launch(&self, is_active: bool) -> Launch {
        match &self.shared {
            Ok(shared) => shared.launch(is_active),
            Err(misconfigured) => misconfigured.launch(),
        }
    }

    /// The page says that it works. `launch_token` is the one of the launch that it belongs to.
    ///
    /// # Errors
    ///
    /// `stale_launch` where another bundle has been activated since: nothing changes then.
    pub async fn notify_app_ready(&self, launch_token: &str) -> Result<Bundle, Error> {
        let token = launch_token.to_owned();
        self.ready(Some(token)).await
    }

    /// As [`notify_app_ready`](Self::notify_app_ready), for whatever runs now.
    ///
    /// **Danger**: a page that is being replaced vouches for its successor this way. It is meant
    /// for hosts without pages.
    pub async fn dangerous_notify_any_app_ready(&self) -> Result<Bundle, Error> {
        self.ready(None).await
    }

    /// Asks the server what there is, on `channel` or on the device's. Nothing is downloaded.
    ///
    /// # Errors
    ///
    /// Those of the network, and `protocol`. Conditions such as "nothing new" are answers.
    pub async fn get_latest(&self, channel: Option<&str>) -> Result<Latest, Error> {
        let channel = channel.map(str::to_owned);
        self.spawn(|shared| shared.boxed_get_latest(channel)).await
    }

    /// Downloads, verifies and unpacks a bundle, and leaves it at that.
    ///
    /// # Errors
    ///
    /// Whatever keeps the bundle from being installed, conditions included.
    pub async fn download(&self, request: DownloadRequest) -> Result<Bundle, Error> {
        self.spawn(|shared| shared.boxed_download(request)).await
    }

    /// Checks, downloads, and sets what came as next: the next launch tries it.
    ///
    /// # Errors
    ///
    /// Those of the network, of the disk, and what the bundle is refused for. Conditions such as
    /// "nothing new" are outcomes.
    pub async fn sync(&self) -> Result<SyncOutcome, Error> {
        self.spawn(Shared::boxed_sync).await
    }

    /// Ends the running download, if there is one. What was received is kept.
    ///
    /// # Errors
    ///
    /// As every call: `config`, `busy`, `storage`, or `invalid_request` before the launch.
    pub fn cancel(&self) -> Result<(), Error> {
        let shared = self.shared()?;
        shared.lifecycle().ready_for_changes()?;
        shared.cancel();
        Ok(())
    }

    /// Makes a bundle what the next launch tries.
    ///
    /// # Errors
    ///
    /// `unknown_bundle`, or `blocked` for one that was rolled back.
    pub async fn set_next(&self, id: &str) -> Result<Bundle, Error> {
        let id = id.to_owned();
        self.change(move |lifecycle| lifecycle.set_next(&id)).await
    }

    /// Activates a bundle now; the host has to load what this answers. `builtin` is
    /// [`reset`](Self::reset).
    ///
    /// # Errors
    ///
    /// `unknown_bundle`, `blocked` for one that was rolled back, `storage` where it can't be made
    /// durable or the bundle's files are damaged.
    pub async fn set(&self, id: &str) -> Result<Launch, Error> {
        let id = id.to_owned();
        self.change(move |lifecycle| lifecycle.set(&id)).await
    }

    /// Activates what is next; without it, the host loads the same page again.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set).
    pub async fn reload(&self) -> Result<Launch, Error> {
        self.change(Lifecycle::reload).await
    }

    /// Goes back to builtin, or to the newest bundle that was ready, and forgets what is next.
    ///
    /// # Errors
    ///
    /// `storage` where it can't be made durable.
    pub async fn reset(&self, to_last_successful: bool) -> Result<Launch, Error> {
        self.change(move |lifecycle| lifecycle.reset(to_last_successful))
            .await
    }

    /// What runs.
    ///
    /// # Errors
    ///
    /// `config`; `busy` or `storage` where the state isn't this process's to read.
    pub fn current(&self) -> Result<Bundle, Error> {
        self.read(Lifecycle::current)
    }

    /// What the next launch will try.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn next(&self) -> Result<Option<Bundle>, Error> {
        self.read(|lifecycle| {
            let next = lifecycle.state().next.as_ref();
            next.map(|id| lifecycle.describe(id))
        })
    }

    /// The bundles on this device, without builtin. Those that were rolled back stay listed.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn bundles(&self) -> Result<Vec<Bundle>, Error> {
        self.read(Lifecycle::bundles)
    }

    /// The bundle that was rolled back last.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn failed_update(&self) -> Result<Option<Bundle>, Error> {
        self.read(|lifecycle| {
            let failed = lifecycle.state().failed_update.as_ref();
            failed.map(|failed| failed.bundle.to_bundle())
        })
    }

    /// Version of the web files in the app's package.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn builtin_version(&self) -> Result<Version, Error> {
        self.read(|lifecycle| lifecycle.rules.builtin_version.clone())
    }

    /// The app's own version.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn native_version(&self) -> Result<String, Error> {
        self.read(|lifecycle| lifecycle.rules.native_version.to_string())
    }

    /// Deletes a bundle.
    ///
    /// # Errors
    ///
    /// `unknown_bundle`, or `protected_bundle` for builtin, current, next and the fallback.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let id = id.to_owned();
        self.change(move |lifecycle| lifecycle.delete(&id).map(|()| ((), Vec::new())))
            .await?;
        self.shared()?.empty_trash();
        Ok(())
    }

    /// Hashes all files of a bundle; gives the paths that are not what was installed. A damaged
    /// bundle is replaced, and fetched again.
    ///
    /// # Errors
    ///
    /// `unknown_bundle`; `storage` where the file system fails.
    pub async fn verify(&self, id: &str) -> Result<Vec<String>, Error> {
        let id = id.to_owned();
        self.spawn(|shared| shared.boxed_verify(id)).await
    }

    /// The app goes to the background: time stops for a bundle in trial.
    ///
    /// # Errors
    ///
    /// As every call: `config`, `busy`, `storage`, or `invalid_request` before the launch.
    pub fn pause(&self) -> Result<(), Error> {
        self.shared()?.lifecycle().pause()
    }

    /// The app comes back. After a long time in the background, what is next is activated, and an
    /// [`Event::Reload`](crate::Event::Reload) says so.
    ///
    /// The app counts as seen when this returns, so that a [`pause`](Self::pause) after it comes
    /// after it. What is activated is activated whether or not the future is awaited.
    ///
    /// # Errors
    ///
    /// As for [`pause`](Self::pause); the future's are those of [`set`](Self::set).
    pub fn resume(&self) -> Result<impl Future<Output = Result<(), Error>> + Send + use<>, Error> {
        let applied = self.shared()?.resume()?;
        Ok(async move { applied.await.unwrap_or(Err(Error::Cancelled)) })
    }

    /// The app or its page crashed. The reason tells which launch is meant; without one, it is the
    /// launch before until the page is ready, and this one from then on.
    ///
    /// # Errors
    ///
    /// `unknown_bundle`, or `storage`.
    pub async fn report_crash(
        &self,
        id: Option<&str>,
        reason: Option<CrashReason>,
    ) -> Result<(), Error> {
        let id = id.map(str::to_owned);
        self.change(move |lifecycle| {
            lifecycle
                .report_crash(id.as_deref(), reason)
                .map(|()| ((), Vec::new()))
        })
        .await
    }

    /// A bundle, the current one without an id, is bad: it is rolled back at once. Gives the
    /// bundle, or nothing where it was known before.
    ///
    /// # Errors
    ///
    /// `unknown_bundle`, or `protected_bundle` for builtin.
    pub async fn set_bundle_error(&self, id: Option<&str>) -> Result<Option<Bundle>, Error> {
        let id = id.map(str::to_owned);
        self.change(move |lifecycle| lifecycle.set_bundle_error(id.as_deref()))
            .await
    }

    /// Lets versions that were rolled back or refused be installed again; all without `version`.
    ///
    /// # Errors
    ///
    /// `invalid_request` for what is no version, `storage` where it can't be made durable.
    pub async fn clear_blocked(&self, version: Option<&str>) -> Result<(), Error> {
        let version = version
            .map(|version| answers::parse::<Version>("version", version))
            .transpose()?;
        self.update(move |state| transition::clear_blocked(state, version.as_ref()))
            .await
    }

    /// Chooses the channel from now on; the configuration's without `channel`. What is chosen while a
    /// bundle is on trial holds beyond it only once the bundle is ready. A server that decides on
    /// channels ([`SourceKind::Capgo`](crate::SourceKind::Capgo)) is asked first.
    ///
    /// # Errors
    ///
    /// `invalid_request` for a name that is empty or has over 512 bytes, and where the server doesn't
    /// allow it, with the server's code in the message; those of the network; `storage` where it
    /// can't be made durable.
    pub async fn set_channel(&self, channel: Option<String>) -> Result<(), Error> {
        must_be_short("channel", channel.as_deref())?;
        if channel.as_deref() == Some("") {
            let problem = "channel is empty: leave it out for the configuration's";
            return Err(Error::invalid_request(problem));
        }
        self.spawn(|shared| shared.boxed_set_channel(channel)).await
    }

    /// The channel that the device is on, as the server tells it where it decides on channels; as
    /// [`channel`](Self::channel) elsewhere.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current), and those of the network.
    pub async fn assigned_channel(&self) -> Result<String, Error> {
        self.spawn(Shared::boxed_assigned_channel).await
    }

    /// The channels that the server has for this device.
    ///
    /// # Errors
    ///
    /// `invalid_request` where the server's protocol has no such list; those of the network.
    pub async fn channels(&self) -> Result<Vec<Channel>, Error> {
        self.spawn(Shared::boxed_channels).await
    }

    /// The device's channel, as it was chosen here or configured. Empty where the server decides.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn channel(&self) -> Result<String, Error> {
        let shared = self.shared()?;
        self.read(|lifecycle| shared.channel(lifecycle))
    }

    /// The device's id, as the server knows it.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn device_id(&self) -> Result<String, Error> {
        let shared = self.shared()?;
        self.read(|lifecycle| shared.device_id(lifecycle))
    }

    /// A further id of the app's own, sent along with checks.
    ///
    /// # Errors
    ///
    /// `invalid_request` for one of over 512 bytes, `storage` where it can't be made durable.
    pub async fn set_custom_id(&self, custom_id: Option<String>) -> Result<(), Error> {
        must_be_short("customId", custom_id.as_deref())?;
        self.update(move |state| state.custom_id = custom_id).await
    }

    /// Tells the server what it doesn't know yet.
    ///
    /// # Errors
    ///
    /// As every call: `config`, `busy`, `storage`, or `invalid_request` before the launch. A
    /// server that can't be reached is none: the reports wait.
    pub async fn flush(&self) -> Result<Flushed, Error> {
        self.spawn(Shared::boxed_flush).await
    }

    /// The durable state as JSON, for people and tests. Its layout may change.
    ///
    /// # Errors
    ///
    /// As for [`current`](Self::current).
    pub fn state(&self) -> Result<Value, Error> {
        self.read(|lifecycle| {
            let mut state = lifecycle.state().to_json();
            state["running"] = json!(lifecycle.has_launched().then(|| lifecycle.current_id()));
            state
        })
    }

    /// When updates are looked for without being asked.
    ///
    /// # Errors
    ///
    /// `config`.
    pub fn auto_update(&self) -> Result<AutoUpdate, Error> {
        Ok(self.shared()?.config.auto_update)
    }

    /// Runs `work` on a thread of the updater's that may wait: for hosts whose own threads must
    /// not, not even for a commit that another call is making. It has its turn among the calls, and
    /// must not wait for another one that is asynchronous.
    ///
    /// # Errors
    ///
    /// `config`, or `cancelled` where the updater ends before it.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let shared = self.shared()?;
        shared.in_turn(|turn| (work(), Some(turn))).await
    }

    async fn ready(&self, token: Option<String>) -> Result<Bundle, Error> {
        let bundle = self
            .change(move |lifecycle| lifecycle.notify_app_ready(token.as_deref()))
            .await?;
        self.shared()?.after_ready();
        Ok(bundle)
    }
}

/// What is kept in the state and sent with each check has an end.
fn must_be_short(name: &str, text: Option<&str>) -> Result<(), Error> {
    const LONGEST: usize = 512;
    if text.is_some_and(|text| text.len() > LONGEST) {
        let problem = format!("{name} has over {LONGEST} bytes");
        return Err(Error::invalid_request(problem));
    }
    Ok(())
}

impl Drop for Updater {
    fn drop(&mut self) {
        if let Ok(shared) = &self.shared {
            shared.shut_down();
        }
    }
}

/// The work behind the calls. It is boxed here: a future that others await as it is would be
/// compiled again, with all that it awaits, in the crate that calls.
impl Shared {
    fn boxed_get_latest(
        self: Arc<Self>,
        channel: Option<String>,
    ) -> BoxFuture<'static, Result<Latest, Error>> {
        Box::pin(self.get_latest(channel))
    }

    fn boxed_download(
        self: Arc<Self>,
        request: DownloadRequest,
    ) -> BoxFuture<'static, Result<Bundle, Error>> {
        Box::pin(self.download(request))
    }

    fn boxed_sync(self: Arc<Self>) -> BoxFuture<'static, Result<SyncOutcome, Error>> {
        Box::pin(self.sync())
    }

    fn boxed_verify(self: Arc<Self>, id: String) -> BoxFuture<'static, Result<Vec<String>, Error>> {
        Box::pin(self.verify(id))
    }

    fn boxed_set_channel(
        self: Arc<Self>,
        channel: Option<String>,
    ) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(self.set_channel(channel))
    }

    fn boxed_assigned_channel(self: Arc<Self>) -> BoxFuture<'static, Result<String, Error>> {
        Box::pin(self.assigned_channel())
    }

    fn boxed_channels(self: Arc<Self>) -> BoxFuture<'static, Result<Vec<Channel>, Error>> {
        Box::pin(self.channels())
    }

    fn boxed_flush(self: Arc<Self>) -> BoxFuture<'static, Result<Flushed, Error>> {
        Box::pin(self.flush())
    }
}

impl Shared {
    async fn verify(self: Arc<Self>, id: String) -> Result<Vec<String>, Error> {
        let record = {
            let lifecycle = self.lifecycle();
            lifecycle.ready_for_changes()?;
            lifecycle.record(&id)?
        };
        match record {
            Some(record) => self.examine(record, all_cores()).await,
            None => Ok(Vec::new()),
        }
    }

    fn resume(self: &Arc<Self>) -> Result<JoinHandle<Result<(), Error>>, Error> {
        let next = self.lifecycle().resume()?;
        self.wake();
        self.deliver_in_background();
        let shared = Arc::clone(self);
        Ok(self.handle.spawn(async move {
            match next {
                Some(next) => {
                    shared
                        .change(move |lifecycle| lifecycle.apply_unasked(&next))
                        .await
                }
                None => Ok(()),
            }
        }))
    }
}
