use std::{
    fmt, io,
    net::{SocketAddr, TcpListener as StdListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    thread::JoinHandle,
    time::Duration,
};

use axum::{Extension, Router};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use live_updater_wire::nothing;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Confirmation, Endpoint, Fault, FaultSetting, LoggedRequest, MockServerBuilder, Release,
    WaitError,
    builder::{Pace, Settings},
    catalog::Catalog,
    log::RequestLog,
    release::Offers,
    routes,
    schedule::FaultSchedule,
    tls::Identity,
    wire::{Delivery, Socket, Wire, WireSocket},
};

/// A running update server. It ends when it's dropped.
pub struct MockServer {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the handlers and the owner of the server have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) catalog: Catalog,
    pub(crate) offers: Offers,
    pub(crate) faults: FaultSchedule,
    pub(crate) log: RequestLog,
    /// Counts how often all objects have been given another ETag.
    pub(crate) etag_generation: AtomicU64,
    pace: Mutex<Pace>,
    address: SocketAddr,
    identity: Option<Identity>,
}

impl MockServer {
    /// A server over a folder of bundles, on a free port of `127.0.0.1`.
    ///
    /// # Errors
    /// As [`MockServerBuilder::start`].
    pub async fn start(folder: impl Into<PathBuf>) -> io::Result<Self> {
        Self::builder(folder).start().await
    }

    /// A server over a folder of bundles that is to be told more before it starts.
    pub fn builder(folder: impl Into<PathBuf>) -> MockServerBuilder {
        MockServerBuilder::new(folder.into())
    }

    /// Ends the server and all its connections. Nothing listens any more when this returns.
    pub async fn shutdown(mut self) {
        if let Some(thread) = self.signal_stop() {
            // The thread's own panic, if any, has been printed.
            let _ended = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.url()
    }

    /// Where the server listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// The certificate (PEM) of the authority that a client of this server has to trust.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        Some(&self.shared.identity.as_ref()?.ca_pem)
    }

    /// The pin (`sha256/BASE64`) of the authority's key.
    #[must_use]
    pub fn ca_pin(&self) -> Option<&str> {
        Some(&self.shared.identity.as_ref()?.ca_pin)
    }

    /// The pin (`sha256/BASE64`) of the server's own key.
    #[must_use]
    pub fn certificate_pin(&self) -> Option<&str> {
        Some(&self.shared.identity.as_ref()?.certificate_pin)
    }

    /// Sets a fault for the next requests to an endpoint, behind those that are set already.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) -> FaultSetting<'_> {
        self.shared.faults.setting(endpoint, fault)
    }

    /// Sets a fault for each of the next requests to an endpoint; [`Fault::None`] lets one pass.
    pub fn fault_sequence(&self, endpoint: Endpoint, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.fault(endpoint, fault).once();
        }
    }

    /// Takes back the faults of an endpoint, and all with [`Endpoint::Any`]. An ETag that was
    /// changed stays changed.
    pub fn clear_faults(&self, endpoint: Endpoint) {
        self.shared.faults.clear(endpoint);
    }

    /// Answers every check with this, whatever the folder holds and whatever is asked: a
    /// [`Release`], or any JSON.
    pub fn offer(&self, answer: impl Into<Value>) {
        self.shared.offers.set(None, answer.into());
    }

    /// Answers the checks of one channel with this.
    pub fn offer_on(&self, channel: &str, answer: impl Into<Value>) {
        self.shared.offers.set(Some(channel), answer.into());
    }

    /// Answers every check with `{"updateAvailable": false}`.
    pub fn offer_nothing(&self) {
        self.offer(nothing());
    }

    /// Answers checks from the folder again.
    pub fn offer_folder(&self) {
        self.shared.offers.clear();
    }

    /// The release of a version as the folder has it, to be offered with changes.
    ///
    /// # Errors
    /// There is none, or its files can't be read.
    pub fn release(&self, version: &str) -> io::Result<Release> {
        let catalog = &self.shared.catalog;
        let bundle = catalog.find(version).map_err(io::Error::other)?;
        let bundle = bundle.ok_or(io::ErrorKind::NotFound)?;
        catalog
            .release(&bundle, &self.url())
            .map_err(io::Error::other)
    }

    /// The versions that the folder has now, the oldest first.
    ///
    /// # Errors
    /// The folder or a file beside a bundle can't be read.
    pub fn versions(&self) -> io::Result<Vec<String>> {
        self.shared.catalog.versions().map_err(io::Error::other)
    }

    /// The statements that the folder has now, by their sequence: a line each for people.
    ///
    /// # Errors
    /// The folder or a statement can't be read.
    pub fn statements(&self) -> io::Result<Vec<String>> {
        let described = self.shared.catalog.describe_statements();
        described.map_err(io::Error::other)
    }

    /// The requests so far, in the order in which they were answered.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.log.requests()
    }

    /// The requests for bundles among them.
    #[must_use]
    pub fn bundle_requests(&self) -> Vec<LoggedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.path.starts_with("/api/v1/bundles/"));
        requests
    }

    /// Waits until there is a request of which `predicate` holds; one that was there already
    /// counts too. It's looked at anew whenever bytes have been sent and when the answer is out.
    ///
    /// # Errors
    /// There was none within `timeout`.
    pub async fn wait_for_request(
        &self,
        predicate: impl Fn(&LoggedRequest) -> bool,
        timeout: Duration,
    ) -> Result<LoggedRequest, WaitError> {
        self.shared.log.wait_for(predicate, timeout).await
    }

    /// The reports that were taken so far. One that met a fault which took the answer's place
    /// (a status, a redirect) isn't among them.
    #[must_use]
    pub fn confirmations(&self) -> Vec<Confirmation> {
        self.shared.log.confirmations()
    }

    /// Forgets the requests and reports so far.
    pub fn clear_log(&self) {
        self.shared.log.clear();
    }

    /// From the next answer on, bodies go out at this many bytes a second, or as fast as can be.
    pub fn set_rate_limit(&self, bytes_per_second: Option<u64>) {
        self.shared.lock_pace().bytes_per_second = bytes_per_second.map(|rate| rate.max(1));
    }

    /// From the next answer on, answers begin so much later.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.lock_pace().latency = latency;
    }

    fn signal_stop(&mut self) -> Option<JoinHandle<()>> {
        if let Some(stop) = self.stop.take() {
            // The thread is gone already where nobody listens.
            let _received = stop.send(());
        }
        self.thread.take()
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        if let Some(thread) = self.signal_stop() {
            // So that nothing listens any more; the thread's own panic has been printed.
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockServer")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn scheme(&self) -> &'static str {
        match self.identity {
            Some(_) => "https",
            None => "http",
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.address)
    }

    /// How an answer goes out that has no fault.
    pub(crate) fn pace(&self) -> Delivery {
        let pace = *self.lock_pace();
        Delivery {
            delay: pace.latency,
            bytes_per_second: pace.bytes_per_second,
            ..Delivery::default()
        }
    }

    fn lock_pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn start(
    folder: PathBuf,
    address: SocketAddr,
    identity: Option<Identity>,
    settings: Settings,
    pace: Pace,
) -> io::Result<MockServer> {
    must_be_folder(&folder)?;
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let shared = Arc::new(Shared {
        settings,
        catalog: Catalog::new(folder),
        offers: Offers::default(),
        faults: FaultSchedule::default(),
        log: RequestLog::new(),
        etag_generation: AtomicU64::new(0),
        pace: Mutex::new(pace),
        address: listener.local_addr()?,
        identity,
    });
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = {
        let _context = runtime.enter();
        TcpListener::from_std(listener)?
    };
    let served = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name("mock-update-server".into())
        .spawn(move || {
            runtime.block_on(serve(listener, &served, stopped));
            // A hash that is still being made isn't waited for.
            runtime.shutdown_background();
        })?;
    Ok(MockServer {
        shared,
        stop: Some(stop),
        thread: Some(thread),
    })
}

async fn serve(listener: TcpListener, shared: &Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let router = routes::router(shared);
    let acceptor = shared
        .identity
        .as_ref()
        .map(|identity| TlsAcceptor::from(Arc::clone(&identity.config)));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, acceptor.clone(), router.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection couldn't be accepted");
                    // Out of descriptors, most likely: some may be free in a moment.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let socket = match acceptor {
        None => Socket::Plain(stream),
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => Socket::Tls(Box::new(stream)),
            Err(error) => return tracing::debug!(%error, "no TLS connection"),
        },
    };
    let wire = Wire::default();
    let service = TowerToHyperService::new(router.layer(Extension(wire.clone())));
    let socket = TokioIo::new(WireSocket::new(socket, wire));
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(socket, service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A folder that isn't there would only be noticed at the first check.
fn must_be_folder(folder: &Path) -> io::Result<()> {
    std::fs::read_dir(folder).map(drop)
}
