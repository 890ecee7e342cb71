//! What all calls of one updater share, and how they get to work on it.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, Semaphore, oneshot};

use super::Updater;
use super::builder::Listener;
use super::turns::{Turn, Turns};
use crate::bundle::Launch;
use crate::clock::{BoxFuture, Clock};
use crate::config::Config;
use crate::download::cancel::CancelToken;
use crate::error::Error;
use crate::event::Event;
use crate::lifecycle::{Lifecycle, Outcome};
use crate::report::Reporter;
use crate::source::{Offer, Source};
use crate::store::state::State;
use crate::store::storage::Storage;
use crate::transport::client::HttpClient;

/// A change of the state, of one kind for each answer.
type Change<T> = Box<dyn FnOnce(&mut Lifecycle) -> Outcome<T> + Send>;

/// One for timers, one for the network; the blocking pool does the rest.
const WORKERS: usize = 2;

pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) client: HttpClient,
    /// The protocol that the server speaks.
    pub(super) source: Box<dyn Source>,
    pub(super) reporter: Box<dyn Reporter>,
    pub(super) clock: Arc<dyn Clock>,
    lifecycle: Mutex<Lifecycle>,
    turns: Arc<Turns>,
    listener: Listener,
    runtime: Mutex<Option<Runtime>>,
    pub(super) handle: Handle,
    /// The running download: one at a time.
    transfer: Mutex<Option<CancelToken>>,
    /// What was offered last.
    pub(super) offered: Mutex<Option<Offer>>,
    /// Reports are delivered by one at a time.
    pub(super) delivering: Semaphore,
    /// Whether a delivery in the background waits for its turn.
    pub(super) delivery_waits: AtomicBool,
    /// Something happened that the watchdog should know of.
    pub(super) watchdog: Notify,
    /// Something happened that automatic checks should know of.
    pub(super) automatic: Notify,
}

impl Shared {
    pub(super) fn new(
        config: Config,
        lifecycle: Lifecycle,
        client: HttpClient,
        protocol: (Box<dyn Source>, Box<dyn Reporter>),
        clock: Arc<dyn Clock>,
        listener: Listener,
    ) -> Result<Arc<Self>, Error> {
        let (source, reporter) = protocol;
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("live-updater")
            .enable_all()
            .build()
            .map_err(|error| Error::storage("start threads for", Path::new("updater"), error))?;
        Ok(Arc::new(Self {
            config,
            client,
            source,
            reporter,
            clock,
            lifecycle: Mutex::new(lifecycle),
            turns: Arc::default(),
            listener,
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
            transfer: Mutex::new(None),
            offered: Mutex::new(None),
            delivering: Semaphore::new(1),
            delivery_waits: AtomicBool::new(false),
            watchdog: Notify::new(),
            automatic: Notify::new(),
        }))
    }

    pub(super) fn launch(self: &Arc<Self>, is_active: bool) -> Launch {
        let (is_first, (launch, events, after)) = {
            let mut lifecycle = self.lifecycle();
            (!lifecycle.has_launched(), lifecycle.launch(is_active))
        };
        if is_first {
            self.after_launch(after);
        } else {
            self.wake();
            self.apply_in_background(after.apply);
        }
        self.emit(events);
        launch
    }

    /// The one place where the lifecycle is locked. What panicked while it held the lock left a
    /// state that was committed or not, so going on is safe.
    pub(super) fn lifecycle(&self) -> MutexGuard<'_, Lifecycle> {
        lock(&self.lifecycle)
    }

    pub(super) fn storage(&self) -> Arc<dyn Storage> {
        Arc::clone(&self.lifecycle().store.storage)
    }

    pub(super) fn device_id(&self, lifecycle: &Lifecycle) -> String {
        let own = || lifecycle.state().device_id.clone();
        self.config.device_id.clone().unwrap_or_else(own)
    }

    /// Tells the host, with nothing locked. A listener that panics ends neither the call nor the
    /// watchdog that told it.
    pub(super) fn emit(&self, events: Vec<Event>) {
        for event in events {
            let name = event.name();
            let told = catch_unwind(AssertUnwindSafe(|| (self.listener)(event)));
            if told.is_err() {
                tracing::error!(event = name, "the listener panicked");
            }
        }
    }

    /// What runs has changed, or whether it is seen.
    pub(super) fn wake(&self) {
        self.watchdog.notify_one();
        self.automatic.notify_one();
    }

    // Tasks are boxed before they are spawned: tokio is compiled again for every other kind.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let work: BoxFuture<'static, ()> = Box::pin(work);
        self.handle.spawn(work);
    }

    /// Runs `work` where it may block.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        self.run_blocking(Box::new(move || *lock(&slot) = Some(work())))
            .await?;
        lock(&answer).take().ok_or(Error::Cancelled)
    }

    fn run_blocking(
        &self,
        work: Box<dyn FnOnce() + Send>,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let running = self.handle.spawn_blocking(work);
        Box::pin(async move { running.await.map_err(|_| Error::Cancelled) })
    }

    /// Runs `work`, which waits for the lifecycle, where it may block, and when it is its turn.
    pub(super) async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(Turn) -> (T, Option<Turn>) + Send + 'static,
    ) -> Result<T, Error> {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let (done, is_done) = oneshot::channel::<()>();
        let work = Box::new(move |turn| {
            let (answer, turn) = work(turn);
            *lock(&slot) = Some(answer);
            // Perhaps nobody waits for it any longer.
            let _ = done.send(());
            turn
        });
        self.turns.wait(&self.handle, work);
        let _ = is_done.await;
        lock(&answer).take().ok_or(Error::Cancelled)
    }

    /// Changes the state off this thread, then tells the host.
    pub(super) fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Lifecycle) -> Outcome<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, Error>> {
        Arc::clone(self).change_by(Box::new(change))
    }

    fn change_by<T: Send + 'static>(
        self: Arc<Self>,
        change: Change<T>,
    ) -> BoxFuture<'static, Result<T, Error>> {
        let shared = Arc::clone(&self);
        // All of it where the caller's future doesn't matter: where nobody waits any longer, what
        // runs has changed all the same, and the watchdog and the host have to know.
        let work = move |turn| {
            let outcome = change(&mut shared.lifecycle());
            let (answer, events) = match outcome {
                Ok(changed) => changed,
                Err(error) => return (Err(error), Some(turn)),
            };
            shared.wake();
            // A listener may wait for another call, whose turn comes after this one's.
            drop(turn);
            shared.emit(events);
            (Ok(answer), None)
        };
        Box::pin(async move { self.in_turn(work).await.flatten() })
    }

    /// Begins a download, which lasts until the guard goes; nothing where one is running.
    pub(super) fn begin_transfer(self: &Arc<Self>) -> Option<Transfer> {
        let mut transfer = lock(&self.transfer);
        if transfer.is_some() {
            return None;
        }
        let cancel = CancelToken::new();
        *transfer = Some(cancel.clone());
        Some(Transfer {
            cancel,
            shared: Arc::clone(self),
        })
    }

    /// Deletes what downloads left long ago, unless one is running.
    pub(super) fn sweep_downloads(&self) -> Result<(), Error> {
        let transfer = lock(&self.transfer);
        if transfer.is_some() {
            return Ok(());
        }
        self.downloader().sweep()
    }

    pub(super) fn cancel(&self) {
        if let Some(cancel) = &*lock(&self.transfer) {
            cancel.cancel();
        }
    }

    /// Ends all work and gives the root up, so that it can be opened again at once.
    pub(super) fn shut_down(&self) {
        self.cancel();
        self.turns.close();
        self.lifecycle().store.close();
        if let Some(runtime) = lock(&self.runtime).take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("client", &self.client)
            .field("lifecycle", &self.lifecycle)
            .finish_non_exhaustive()
    }
}

/// The right to download.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) cancel: CancelToken,
    shared: Arc<Shared>,
}

impl Drop for Transfer {
    fn drop(&mut self) {
        *lock(&self.shared.transfer) = None;
    }
}

impl Updater {
    pub(super) fn shared(&self) -> Result<&Arc<Shared>, Error> {
        self.shared
            .as_ref()
            .map_err(super::builder::Misconfigured::error)
    }

    /// Looks at the state.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Lifecycle) -> T) -> Result<T, Error> {
        let lifecycle = self.shared()?.lifecycle();
        lifecycle.store.writable()?;
        Ok(read(&lifecycle))
    }

    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Lifecycle) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared()?.change(change).await
    }

    pub(super) async fn update(
        &self,
        change: impl FnOnce(&mut State) + Send + 'static,
    ) -> Result<(), Error> {
        self.change(|lifecycle| lifecycle.update(change).map(|()| ((), Vec::new())))
            .await
    }

    /// Runs asynchronous work on the updater's own threads.
    pub(super) async fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Shared>) -> BoxFuture<'static, Result<T, Error>>,
    ) -> Result<T, Error> {
        let shared = Arc::clone(self.shared()?);
        let handle = shared.handle.clone();
        handle
            .spawn(work(shared))
            .await
            .unwrap_or(Err(Error::Cancelled))
    }
}

/// What panicked while it held a lock is told by its own call; the data is whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
