use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use crate::{
    LoggedRequest, MockServer, TlsCertificate, log::RequestCallback, server, tls::Identity,
};

/// How a [`MockServer`] is to be; see [`MockServer::builder`].
#[must_use]
#[derive(Debug)]
pub struct MockServerBuilder {
    folder: PathBuf,
    address: SocketAddr,
    tls: Option<TlsCertificate>,
    tls_hosts: Vec<String>,
    appended: String,
    settings: Settings,
    pace: Pace,
}

/// What doesn't change while the server runs.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) token: Option<String>,
    pub(crate) public_bundles: bool,
    pub(crate) allow_request_faults: bool,
    pub(crate) relative_urls: bool,
    pub(crate) skip_failed: bool,
    pub(crate) on_request: Option<RequestCallback>,
}

/// How fast all answers are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    pub(crate) bytes_per_second: Option<u64>,
    pub(crate) latency: Duration,
}

impl MockServerBuilder {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            tls_hosts: Vec::new(),
            appended: String::new(),
            settings: Settings::default(),
            pace: Pace::default(),
        }
    }

    /// Starts the server.
    ///
    /// # Errors
    /// The address can't be bound, the folder isn't one, a host can't stand in a certificate, or
    /// there is no thread for the server.
    #[expect(
        clippy::unused_async,
        reason = "a start that has to wait for something stays possible"
    )]
    pub async fn start(self) -> io::Result<MockServer> {
        self.start_blocking()
    }

    /// Starts the server from code that isn't asynchronous.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_blocking(mut self) -> io::Result<MockServer> {
        let address = self.address.ip();
        if !address.is_unspecified() && !address.is_loopback() {
            self.tls_hosts.push(address.to_string());
        }
        let identity = self
            .tls
            .map(|kind| Identity::generate(kind, &self.tls_hosts, &self.appended))
            .transpose()?;
        server::start(
            self.folder,
            self.address,
            identity,
            self.settings,
            self.pace,
        )
    }

    /// Where to listen. By default on a free port of `127.0.0.1`.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Listens on this port instead of a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// HTTPS, with a certificate of an authority that is made for this server alone.
    pub fn tls(mut self, certificate: TlsCertificate) -> Self {
        self.tls = Some(certificate);
        self
    }

    /// Another name or IP address that the certificate is for: one by which clients on other
    /// machines reach this server.
    pub fn tls_host(mut self, host: impl Into<String>) -> Self {
        self.tls_hosts.push(host.into());
        self
    }

    /// Shows these certificates (PEM) too, behind the server's own, though they have nothing to
    /// do with it.
    pub fn append_to_chain(mut self, pem: &str) -> Self {
        self.appended.push_str(pem);
        self
    }

    /// Only requests with this bearer token are answered, but for `/health`.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.settings.token = Some(token.into());
        self
    }

    /// Bundles are given without the token too.
    pub fn public_bundles(mut self, public: bool) -> Self {
        self.settings.public_bundles = public;
        self
    }

    /// Requests may ask for faults, by an `x-mock-fault` header or `fault` in the query.
    pub fn allow_request_faults(mut self, allow: bool) -> Self {
        self.settings.allow_request_faults = allow;
        self
    }

    /// `downloadUrl` is relative to the check's URL instead of absolute.
    pub fn relative_urls(mut self, relative: bool) -> Self {
        self.settings.relative_urls = relative;
        self
    }

    /// Versions that a client names as `failed` aren't offered to it. Off by default, since a
    /// client has to keep away from them by itself. Doesn't apply to pinned channels.
    pub fn skip_failed(mut self, skip: bool) -> Self {
        self.settings.skip_failed = skip;
        self
    }

    /// All bodies go out at this many bytes a second.
    pub fn rate_limit(mut self, bytes_per_second: u64) -> Self {
        self.pace.bytes_per_second = Some(bytes_per_second.max(1));
        self
    }

    /// All answers begin so much later.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.pace.latency = latency;
        self
    }

    /// Is called for every request when its answer is out or its connection has ended, in the
    /// server's own thread: it mustn't block.
    pub fn on_request(mut self, callback: impl Fn(&LoggedRequest) + Send + Sync + 'static) -> Self {
        self.settings.on_request = Some(Arc::new(callback));
        self
    }
}

impl Settings {
    pub(crate) fn is_bundle_public(&self) -> bool {
        self.token.is_none() || self.public_bundles
    }
}

/// Shows no token.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("public_bundles", &self.public_bundles)
            .field("allow_request_faults", &self.allow_request_faults)
            .finish_non_exhaustive()
    }
}
