//! HTTP as the updater speaks it: what is sent where, which redirects are followed, how long
//! things may take, and what an answer means. It is the same on top of every [`Transport`].

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use url::{Origin, Url};

#[cfg(feature = "capgo")]
use super::Exchange;
use super::response::{HttpResponse, SmallResponse};
use super::retry::{Backoff, Random, pause};
use super::rules::{NetworkRules, display_url, without_credentials};
use super::{Method, Request, Response, Transport, TransportError};
use crate::clock::{BoxFuture, Clock};
use crate::error::Error;

const USER_AGENT: &str = concat!("live-updater/", env!("CARGO_PKG_VERSION"));

/// As many as browsers and the usual clients allow, roughly.
const MAX_REDIRECTS: usize = 10;

/// Sends requests by the rules of the configuration.
///
/// Nothing but HTTPS is spoken, except where [`NetworkRules`] allow it. Credentials go to the
/// update server's origin only. Redirects are followed up to ten times, never out of HTTPS.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    rules: Arc<NetworkRules>,
    random: Random,
    /// The only origin that is asked, where there is one.
    only_origin: Option<Origin>,
}

impl HttpClient {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        rules: NetworkRules,
    ) -> Self {
        Self {
            transport,
            clock,
            rules: Arc::new(rules),
            random: Random::system(),
            only_origin: None,
        }
    }

    /// The same client, which asks no other origin than this one, wherever it is redirected to.
    #[must_use]
    pub(crate) fn confined_to(&self, only_origin: Option<Origin>) -> Self {
        Self {
            only_origin,
            ..self.clone()
        }
    }

    /// Draws the jitter of its pauses from elsewhere.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn with_random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }

    /// Asks for `url`. Any status that is no redirect is an answer; the body streams.
    pub(crate) async fn get(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
    ) -> Result<HttpResponse, Error> {
        self.follow(request(Method::Get, url, headers)).await
    }

    /// Asks for a small document and reads it whole: a success, or 304 where `headers` asked for
    /// changes only. Any other status is an error.
    pub(crate) async fn get_small(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
    ) -> Result<SmallResponse, Error> {
        self.small(request(Method::Get, url, headers)).await
    }

    /// [`get_small`](Self::get_small), tried up to `attempts` times where another try may help. A
    /// short `Retry-After` is waited for, a longer one ends it.
    pub(crate) async fn get_small_with_retries(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        attempts: u32,
    ) -> Result<SmallResponse, Error> {
        self.retried(attempts, || self.get_small(url, headers))
            .await
    }

    /// What `ask` comes to when it is tried up to `attempts` times.
    pub(crate) async fn retried<T, F: Future<Output = Result<T, Error>>>(
        &self,
        attempts: u32,
        ask: impl Fn() -> F,
    ) -> Result<T, Error> {
        let mut backoff = Backoff::default();
        for _ in 1..attempts {
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(pause) = pause(&error, &mut backoff, self.random.draw()) else {
                return Err(error);
            };
            tracing::debug!(%error, ?pause, "trying again");
            self.clock.sleep(pause).await;
        }
        ask().await
    }

    /// Sends a JSON document. Only 307 and 308 are followed: other redirects would turn the
    /// request into another one.
    pub(crate) async fn post_json(
        &self,
        url: &Url,
        body: &serde_json::Value,
    ) -> Result<SmallResponse, Error> {
        let mut request = request(Method::Post, url, &[("content-type", "application/json")]);
        request.body = Some(body.to_string().into_bytes());
        self.small(request).await
    }

    /// Sends a request, perhaps with a JSON document, and reads the answer whole, whatever its
    /// status: some protocols tell in the body what it means. Redirects are followed as those of
    /// [`get_small`](Self::get_small) and [`post_json`](Self::post_json) are.
    #[cfg(feature = "capgo")]
    pub(crate) async fn exchange(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Exchange, Error> {
        let mut request = request(method, url, headers);
        if let Some(body) = body {
            request = request.header("content-type", "application/json");
            request.body = Some(body.to_string().into_bytes());
        }
        let response = self.follow(request).await?;
        let failure = response.status_error();
        let response = response.into_small(self.rules.request_timeout).await?;
        Ok(Exchange { response, failure })
    }

    async fn small(&self, request: Request) -> Result<SmallResponse, Error> {
        let response = self.follow(request).await?;
        match response.status_error() {
            Some(error) => Err(error),
            None => response.into_small(self.rules.request_timeout).await,
        }
    }

    async fn follow(&self, mut request: Request) -> Result<HttpResponse, Error> {
        let limit = self.rules.request_timeout;
        let mut timer = self.clock.sleep(limit);
        let mut visited = vec![request.url.clone()];
        loop {
            let url = &request.url;
            self.rules
                .check(url)
                .map_err(|problem| protocol(url, problem))?;
            self.check_origin(url)?;
            // Who has been sent elsewhere once doesn't get credentials any more, not even back
            // at the update server: the place in between chose that request.
            let is_home = visited.iter().all(|before| before.origin() == url.origin());
            let response = within(
                &mut timer,
                self.transport.send(self.dress(&request, is_home)),
            )
            .await
            .map_err(|error| failed(url, &error, limit))?;
            let Some(target) = redirect(&request, &response)? else {
                check_encoding(url, &response)?;
                return Ok(HttpResponse::new(
                    request.url,
                    response,
                    Arc::clone(&self.clock),
                    self.rules.read_timeout,
                ));
            };
            if visited.len() > MAX_REDIRECTS {
                return Err(protocol(url, "redirects more than ten times"));
            }
            if visited.contains(&target) {
                return Err(protocol(url, "redirects in a circle"));
            }
            visited.push(target.clone());
            request.url = target;
        }
    }

    fn check_origin(&self, url: &Url) -> Result<(), Error> {
        match &self.only_origin {
            Some(only) if *only != url.origin() => Err(Error::invalid_request(format!(
                "{} is not at the only origin that this may come from",
                display_url(url),
            ))),
            _ => Ok(()),
        }
    }

    /// The request as it goes out.
    fn dress(&self, request: &Request, is_home: bool) -> Request {
        let mut request = request.clone();
        if is_home {
            let mut credentials = self.rules.credentials(&request.url);
            credentials.retain(|(name, _)| request.headers.iter().all(|(own, _)| own != name));
            request.headers.extend(credentials);
        }
        // Content is checked and resumed byte by byte, as it lies on the server.
        request = request.header("accept-encoding", "identity");
        if request.headers.iter().all(|(name, _)| name != "user-agent") {
            request = request.header("user-agent", USER_AGENT);
        }
        request
    }
}

/// Awaits `future`, but not after `timer`.
pub(super) async fn within<T>(
    timer: &mut BoxFuture<'static, ()>,
    future: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    tokio::select! {
        biased;
        result = future => result,
        () = timer => Err(TransportError::Timeout),
    }
}

/// What a transport's error means to the caller.
pub(super) fn failed(url: &Url, error: &TransportError, limit: Duration) -> Error {
    if matches!(error, TransportError::Timeout) {
        return Error::Timeout {
            url: display_url(url),
            after: limit,
        };
    }
    let mut problem = error.to_string();
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        problem = problem.replace(query, "…");
    }
    Error::Network {
        url: display_url(url),
        problem,
    }
}

fn request(method: Method, url: &Url, headers: &[(&str, &str)]) -> Request {
    let mut url = url.clone();
    without_credentials(&mut url);
    let mut request = Request::new(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

/// Where the answer sends the request, if it does.
fn redirect(request: &Request, response: &Response) -> Result<Option<Url>, Error> {
    // RFC 9110, section 15.4: 307 and 308 keep the method; after the others a client may turn a
    // POST into a GET, which would be another request than the one that was meant.
    let follows = match response.status {
        307 | 308 => true,
        301..=303 => request.method == Method::Get,
        _ => false,
    };
    if !follows {
        return Ok(None);
    }
    let from = &request.url;
    let location = response
        .header("location")
        .ok_or_else(|| protocol(from, "redirects without saying where to"))?;
    let mut target = from
        .join(location)
        .map_err(|_| protocol(from, "redirects to something that is no URL"))?;
    if from.scheme() == "https" && target.scheme() != "https" {
        return Err(protocol(from, "redirects from https to another scheme"));
    }
    without_credentials(&mut target);
    Ok(Some(target))
}

fn check_encoding(url: &Url, response: &Response) -> Result<(), Error> {
    let has_other = response
        .headers
        .iter()
        .filter(|(name, _)| name == "content-encoding")
        .flat_map(|(_, value)| value.split(','))
        .any(|coding| !matches!(coding.trim().to_ascii_lowercase().as_str(), "" | "identity"));
    // What an error page is packed in doesn't matter: nobody reads it.
    if has_other && (200..300).contains(&response.status) {
        return Err(protocol(
            url,
            "sends a content encoding that was not asked for",
        ));
    }
    Ok(())
}

pub(crate) fn protocol(url: &Url, problem: &str) -> Error {
    Error::Protocol {
        url: display_url(url),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests;
