//! Fetches a bundle that is registered by its URL, as its devices will.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use live_updater::{
    Body, HttpTransport, Method, ParseRootError, Request, Response, RootCertificates,
    Transport as _,
};
use url::{Host, Url};

use crate::error::ApiError;
use crate::files::{Received, UploadLimits, Uploads};
use crate::settings::Settings;

const MAX_REDIRECTS: usize = 5;
/// How long a fetch may take in all.
const TIME: Duration = Duration::from_secs(300);

/// Fetches over HTTPS, from hosts that anybody could ask.
#[derive(Debug)]
pub(super) struct Fetcher {
    transport: HttpTransport,
    limits: UploadLimits,
    allows_loopback: bool,
}

impl Fetcher {
    pub(super) fn new(settings: &Settings) -> Result<Self, ParseRootError> {
        let mut builder = HttpTransport::builder();
        if let Some(pem) = &settings.root_certificates {
            builder = builder.root_certificates(RootCertificates::from_pem(pem)?);
        }
        Ok(Self {
            transport: builder.build(),
            limits: settings.upload_limits(),
            allows_loopback: settings.allows_loopback_urls,
        })
    }

    /// The URL of a bundle: HTTPS, or on this machine.
    pub(super) fn parse(&self, url: &str) -> Result<Url, ApiError> {
        let parsed = Url::parse(url)
            .map_err(|error| ApiError::invalid("invalid_url", format!("Invalid URL: {error}")))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            let message = "A URL with a user's name or password is for nobody else";
            return Err(ApiError::invalid("invalid_url", message));
        }
        let is_here = self.allows_loopback && is_loopback(&parsed);
        match parsed.scheme() {
            "https" => Ok(parsed),
            "http" if is_here => Ok(parsed),
            _ => Err(ApiError::invalid(
                "invalid_protocol",
                "external_url must be a publicly accessible HTTPS URL",
            )),
        }
    }

    /// Fetches what a URL leads to.
    pub(super) async fn fetch(&self, url: &Url, uploads: &Uploads) -> Result<Received, ApiError> {
        let fetched = tokio::time::timeout(TIME, async {
            let response = self.ask(url).await?;
            if let Some(length) = response.header("content-length")
                && length
                    .parse::<u64>()
                    .is_ok_and(|length| length > self.limits.bytes)
            {
                let limit = self.limits.bytes;
                return Err(ApiError::TooLarge { limit });
            }
            uploads
                .receive(Box::pin(pieces(response.body)), self.limits)
                .await
        });
        let ran_out = |_| not_fetched("it took longer than 300 s");
        fetched.await.map_err(ran_out)?
    }

    async fn ask(&self, url: &Url) -> Result<Response, ApiError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            self.must_be_public(&url).await?;
            let request =
                Request::new(Method::Get, url.clone()).header("accept-encoding", "identity");
            let response = self.transport.send(request).await;
            let response = response.map_err(|error| not_fetched(&error.to_string()))?;
            match (response.status, response.header("location")) {
                (200, _) => return Ok(response),
                (301 | 302 | 303 | 307 | 308, Some(location)) => {
                    let next = url
                        .join(location)
                        .map_err(|error| not_fetched(&error.to_string()))?;
                    url = self.parse(next.as_str())?;
                }
                (status, _) => return Err(not_fetched(&format!("it answers {status}"))),
            }
        }
        Err(not_fetched("it redirects too often"))
    }

    /// Nobody may have this service ask what only its own network can see.
    async fn must_be_public(&self, url: &Url) -> Result<(), ApiError> {
        if self.allows_loopback && is_loopback(url) {
            return Ok(());
        }
        let host = url
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let found = tokio::net::lookup_host((host, port)).await;
        let found = found.map_err(|error| not_fetched(&error.to_string()))?;
        for address in found {
            if !is_public(address.ip()) {
                return Err(not_fetched("its host isn't a public one"));
            }
        }
        Ok(())
    }
}

fn pieces(
    body: Box<dyn Body>,
) -> impl futures_util::Stream<Item = Result<Bytes, live_updater::TransportError>> {
    stream::try_unfold(body, |mut body| async move {
        let piece = body.chunk().await?;
        Ok(piece.map(|piece| (piece, body)))
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || is_shared
                || first == 0
                || first >= 240)
        }
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            // RFC 4291: global unicast addresses begin with 001. RFC 3056 and 4380: what begins so
            // holds an IPv4 address, which may be anybody's own.
            let is_tunnel = first == 0x2002 || [first, second] == [0x2001, 0];
            first & 0xe000 == 0x2000 && !is_tunnel
        }
    }
}

fn not_fetched(reason: &str) -> ApiError {
    let message = format!("The bundle can't be fetched from external_url: {reason}");
    ApiError::invalid("cannot_fetch_bundle", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_anybody_can_reach_are_public() {
        for address in ["8.8.8.8", "2600::1", "172.32.0.1", "100.128.0.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
