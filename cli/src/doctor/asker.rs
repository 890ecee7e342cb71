//! Asks as devices do: with their HTTP client, their headers, and as many redirects as they follow.

use std::time::Duration;

use live_updater::{Body, HttpTransport, Method, Request, Response, Transport as _};
use url::Url;

use super::target::Target;

/// As many as devices follow.
const MAX_REDIRECTS: usize = 10;
/// Until an answer begins, or goes on.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who asks a server.
pub(super) struct Asker<'a> {
    target: &'a Target,
    transport: HttpTransport,
}

/// An answer that came whole, or as much of it as was wanted.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether there was more than wanted.
    pub(super) is_cut: bool,
    /// Where it came from in the end.
    pub(super) url: Url,
    pub(super) redirects: usize,
}

/// An answer whose body is still to come.
pub(super) struct Coming {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    body: Box<dyn Body>,
    pub(super) url: Url,
    pub(super) redirects: usize,
}

impl<'a> Asker<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        let transport = HttpTransport::builder()
            .root_certificates(target.roots.clone())
            .pins(target.pins.clone())
            .connect_timeout(PATIENCE);
        Self {
            target,
            transport: transport.build(),
        }
    }

    /// The answer, with at most `most` bytes of its body.
    pub(super) async fn get(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        most: usize,
    ) -> Result<Answer, String> {
        let mut coming = self.begin(url, headers).await?;
        let mut body = Vec::new();
        let mut is_cut = false;
        while let Some(piece) = coming.piece().await? {
            body.extend_from_slice(&piece);
            if body.len() > most {
                body.truncate(most);
                is_cut = true;
                break;
            }
        }
        Ok(Answer {
            status: coming.status,
            headers: coming.headers,
            body,
            is_cut,
            url: coming.url,
            redirects: coming.redirects,
        })
    }

    /// The answer's head.
    pub(super) async fn begin(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
    ) -> Result<Coming, String> {
        let mut url = url.clone();
        for redirects in 0..=MAX_REDIRECTS {
            self.must_be_safe(&url)?;
            let request = self.request(&url, headers);
            let response = tokio::time::timeout(PATIENCE, self.transport.send(request)).await;
            let response = response
                .map_err(|_| "no answer within 20 s".to_owned())?
                .map_err(|error| error.to_string())?;
            match redirect(&response) {
                Some(location) => {
                    url = url
                        .join(location)
                        .map_err(|error| format!("it redirects to no URL: {error}"))?;
                }
                None => {
                    return Ok(Coming {
                        status: response.status,
                        headers: response.headers,
                        body: response.body,
                        url,
                        redirects,
                    });
                }
            }
        }
        Err("it redirects more than ten times".to_owned())
    }

    fn request(&self, url: &Url, headers: &[(&str, &str)]) -> Request {
        let mut request =
            Request::new(Method::Get, url.clone()).header("accept-encoding", "identity");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // Tokens and the like are for the server's own origin.
        if url.origin() == self.target.base.origin() {
            for (name, value) in &self.target.headers {
                request = request.header(name, value);
            }
        }
        request
    }

    fn must_be_safe(&self, url: &Url) -> Result<(), String> {
        let is_here = self.target.is_here() && crate::output::is_loopback(url);
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_here => Ok(()),
            _ => Err(format!("devices don't follow to {url}: it isn't HTTPS")),
        }
    }
}

fn redirect(response: &Response) -> Option<&str> {
    let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    response.header("location").filter(|_| is_redirect)
}

impl Coming {
    /// The next piece of the body; none at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Vec<u8>>, String> {
        let piece = tokio::time::timeout(PATIENCE, self.body.chunk()).await;
        let piece = piece
            .map_err(|_| "the body stands still for 20 s".to_owned())?
            .map_err(|error| error.to_string())?;
        Ok(piece.map(|piece| piece.to_vec()))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(header, _)| header == name);
    found.map(|(_, value)| value.as_str())
}

/// The `ETag`, where it is one that `If-Range` may have.
pub(super) fn strong(etag: Option<&str>) -> Option<&str> {
    // RFC 9110, section 8.8.3: a weak validator begins with `W/`.
    etag.filter(|etag| etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2)
}
