//! HTTP to a store: TLS as everywhere in the service, and an end to each wait.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use object_store::{ClientConfigKey, ClientOptions};
use rustls::ClientConfig;
use tokio::time::timeout;

const CONNECT: Duration = Duration::from_secs(5);
/// How long a request may take to go out and its answer to begin.
const ANSWER: Duration = Duration::from_secs(60);
/// How long an answer may stand still.
const PIECE: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(20);

/// Makes clients that trust certain authorities.
#[derive(Debug, Clone)]
pub(super) struct Connector(pub(super) Arc<ClientConfig>);

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new().with_tls_config((*self.0).clone());
        let schemes = match allows_http.as_deref() {
            Some("true") => tls.https_or_http(),
            _ => tls.https_only(),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(schemes.enable_http1().wrap_connector(tcp));
        Ok(HttpClient::new(Service(client)))
    }
}

#[derive(Debug)]
struct Service(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answered = timeout(ANSWER, self.0.request(request)).await;
        let response = answered.map_err(|_| ran_out("no answer"))?;
        let response = response.map_err(|error| HttpError::new(kind(&error), error))?;
        Ok(response.map(|body| HttpResponseBody::new(with_patience(body))))
    }
}

/// A body that ends with an error where nothing comes for too long.
fn with_patience(
    body: Incoming,
) -> impl hyper::body::Body<Data = Bytes, Error = HttpError> + Send + Sync + 'static {
    let frames = futures_util::stream::try_unfold(body, |mut body| async move {
        let next = timeout(PIECE, body.frame()).await;
        match next.map_err(|_| ran_out("the answer stands still"))? {
            Some(Ok(frame)) => Ok(Some((Frame::from(frame), body))),
            Some(Err(error)) => Err(HttpError::new(HttpErrorKind::Interrupted, error)),
            None => Ok(None),
        }
    });
    StreamBody::new(frames)
}

fn ran_out(what: &'static str) -> HttpError {
    let error = io::Error::new(io::ErrorKind::TimedOut, what);
    HttpError::new(HttpErrorKind::Timeout, error)
}

/// What a request has come to, which decides whether it is made again.
fn kind(error: &Error) -> HttpErrorKind {
    if error.is_connect() {
        return HttpErrorKind::Connect;
    }
    let mut source = error.source();
    while let Some(found) = source {
        if let Some(found) = found.downcast_ref::<hyper::Error>()
            && (found.is_closed() || found.is_incomplete_message() || found.is_body_write_aborted())
        {
            return HttpErrorKind::Request;
        }
        if found.is::<io::Error>() {
            return HttpErrorKind::Interrupted;
        }
        source = found.source();
    }
    HttpErrorKind::Unknown
}
