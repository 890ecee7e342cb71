//! Connections: how many there are, and how long each may wait.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::{ServiceExt as _, service_fn};

use crate::descriptors;
use crate::patience::Patient;
use crate::peers::{Peers, Place};
use crate::settings::Settings;

const HANDSHAKE: Duration = Duration::from_secs(10);

/// How connections are taken and talked to.
#[derive(Clone)]
pub(crate) struct Connections {
    router: Router,
    builder: Builder<TokioExecutor>,
    /// How long a connection may live before its first request.
    first_request: Duration,
    write_timeout: Duration,
    tls: Option<TlsAcceptor>,
    turns: Arc<Semaphore>,
    peers: Peers,
}

/// A connection that was taken. It counts as long as this lives.
pub(crate) struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    _held: (OwnedSemaphorePermit, Place),
}

impl Connections {
    pub(crate) fn new(router: Router, settings: &Settings) -> Self {
        let most = descriptors::most_connections(settings.max_connections);
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(settings.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(20))
            .max_header_list_size(32 * 1024);
        Self {
            router,
            builder,
            first_request: settings.header_timeout,
            write_timeout: settings.write_timeout,
            tls: settings
                .tls
                .as_ref()
                .map(|tls| TlsAcceptor::from(Arc::clone(&tls.0))),
            turns: Arc::new(Semaphore::new(most)),
            // All may come through one proxy.
            peers: Peers::new(most.div_ceil(2)),
        }
    }

    /// Waits for a turn, and then for a connection of somebody who hasn't too many.
    pub(crate) async fn accept(&self, listener: &TcpListener) -> io::Result<Accepted> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(io::Error::other)?;
        loop {
            let (stream, peer) = listener.accept().await?;
            if let Some(place) = self.peers.enter(peer.ip()) {
                return Ok(Accepted {
                    stream,
                    peer,
                    _held: (turn, place),
                });
            }
            tracing::debug!(%peer, "an address has too many connections");
        }
    }

    /// Answers until the connection ends.
    pub(crate) async fn serve(&self, accepted: Accepted, watcher: Watcher) {
        let Accepted {
            stream,
            peer,
            _held,
        } = accepted;
        // Answers are written whole: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.write_timeout);
        match &self.tls {
            Some(tls) => match timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.talk(stream, peer, watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                Err(_) => tracing::debug!("no TLS in time"),
            },
            None => self.talk(stream, peer, watcher).await,
        }
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        watcher: Watcher,
    ) {
        let (router, begun) = (self.router.clone(), Arc::new(Notify::new()));
        // What tells HTTP/1 from HTTP/2 waits without end, and so does an HTTP/2 connection that
        // has no stream: the timeout for heads begins later, or not at all.
        let first_request = timeout(self.first_request, Arc::clone(&begun).notified_owned());
        let service = service_fn(move |mut request: Request<Incoming>| {
            begun.notify_one();
            request.extensions_mut().insert(ConnectInfo(peer));
            let router = router.clone();
            async move {
                let response = router.oneshot(request.map(axum::body::Body::new)).await;
                response.map_err(|error: Infallible| error)
            }
        });
        let service = TowerToHyperService::new(service);
        let connection = self.builder.serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            ended = watcher.watch(connection.into_owned()) => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            },
            Err(_) = first_request => tracing::debug!("no request in time"),
        }
    }
}
