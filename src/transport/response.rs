//! What came back, after redirects.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::client::{failed, within};
use super::rules::display_url;
use super::{Response, http_date};
use crate::clock::Clock;
use crate::error::Error;

/// The most that an answer of [`HttpClient::get_small`](super::client::HttpClient::get_small) may
/// have.
pub(crate) const SMALL_LIMIT: u64 = 256 * 1024;

/// An answer whose body streams. Dropping it ends the transfer.
pub(crate) struct HttpResponse {
    url: Url,
    response: Response,
    clock: Arc<dyn Clock>,
    read_timeout: Duration,
}

impl HttpResponse {
    pub(super) fn new(
        url: Url,
        response: Response,
        clock: Arc<dyn Clock>,
        read_timeout: Duration,
    ) -> Self {
        Self {
            url,
            response,
            clock,
            read_timeout,
        }
    }

    /// Where the answer came from, after redirects.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The status code.
    pub(crate) fn status(&self) -> u16 {
        self.response.status
    }

    /// The first value of a header; `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.header(name)
    }

    /// What `Content-Length` says.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }

    /// The next piece of the body; `None` at its end. No piece may take longer than the read
    /// timeout.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let limit = self.read_timeout;
        let mut timer = self.clock.sleep(limit);
        within(&mut timer, self.response.body.chunk())
            .await
            .map_err(|error| failed(&self.url, &error, limit))
    }

    /// The status as an error, unless it is a success or, for a request that asked so, says that
    /// nothing changed.
    pub(crate) fn status_error(&self) -> Option<Error> {
        status_error(
            &self.url,
            self.status(),
            self.header("retry-after").and_then(|value| {
                http_date::retry_after(value, self.header("date"), self.clock.now())
            }),
        )
    }

    /// Reads the rest, up to [`SMALL_LIMIT`] bytes, within `limit` from now on.
    pub(super) async fn into_small(mut self, limit: Duration) -> Result<SmallResponse, Error> {
        let too_large = |url: &Url| Error::SizeExceeded {
            what: display_url(url),
            limit: SMALL_LIMIT,
        };
        if self
            .content_length()
            .is_some_and(|length| length > SMALL_LIMIT)
        {
            return Err(too_large(&self.url));
        }
        // A server that drips must not hold a check for hours, so the whole has a limit as well
        // as each piece.
        let end = self.clock.monotonic() + limit;
        let mut body = Vec::new();
        loop {
            let left = end.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return Err(Error::Timeout {
                    url: display_url(&self.url),
                    after: limit,
                });
            }
            self.read_timeout = self.read_timeout.min(left);
            let Some(chunk) = self.chunk().await? else {
                break;
            };
            if (body.len() + chunk.len()) as u64 > SMALL_LIMIT {
                return Err(too_large(&self.url));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(SmallResponse {
            status: self.response.status,
            url: self.url,
            headers: self.response.headers,
            body,
        })
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("url", &display_url(&self.url))
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// An answer of any status, whole.
#[cfg(feature = "capgo")]
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) response: SmallResponse,
    /// What the status means, where it is no success.
    pub(crate) failure: Option<Error>,
}

/// A small answer, whole.
#[derive(Debug)]
pub(crate) struct SmallResponse {
    /// The status code: a success, or 304.
    pub(crate) status: u16,
    /// Where the answer came from, after redirects. Relative URLs in the body start here.
    pub(crate) url: Url,
    /// Header names in lower case, with their values.
    pub(crate) headers: Vec<(String, String)>,
    /// At most [`SMALL_LIMIT`] bytes.
    pub(crate) body: Vec<u8>,
}

impl SmallResponse {
    /// The first value of a header; `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

fn status_error(url: &Url, status: u16, retry_after: Option<Duration>) -> Option<Error> {
    match status {
        200..=299 | 304 => None,
        404 | 410 => Some(Error::NotFound {
            url: display_url(url),
        }),
        429 => Some(Error::RateLimited { retry_after }),
        _ => Some(Error::HttpStatus {
            url: display_url(url),
            status,
            retry_after,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_becomes_the_error_that_stands_for_it() {
        let url = Url::parse("https://updates.example/check?token=1").unwrap();
        let wait = Some(Duration::from_secs(7));
        let code = |status| status_error(&url, status, wait).map(|error| error.code());
        assert_eq!(code(200), None);
        assert_eq!(code(206), None);
        assert_eq!(code(304), None);
        assert_eq!(code(404), Some("not_found"));
        assert_eq!(code(410), Some("not_found"));
        assert_eq!(code(429), Some("rate_limited"));
        for status in [300, 400, 401, 403, 500, 503] {
            assert_eq!(code(status), Some("http_status"), "{status}");
        }
        let error = status_error(&url, 503, wait).unwrap();
        assert_eq!(error.retry_after(), wait);
        assert!(!error.to_string().contains("token"), "{error}");
    }
}
