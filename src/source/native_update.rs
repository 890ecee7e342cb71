//! native-update's protocol: `GET {base}/api/v1/updates/check`.

use std::sync::{Arc, Mutex, PoisonError};

use semver::Version;
use url::Url;

use super::{Answer, Inquiry, Offer, Source, StatedOffer};
use crate::clock::BoxFuture;
use crate::config::Config;
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::keys::{KeyProblem, Keys};
use crate::release::Release;
use crate::transport::client::HttpClient;
use crate::transport::rules::display_url;
use crate::verify::Trust;
use crate::verify::statement::{Envelope, parse_object};

/// How often a check is tried within one call.
const ATTEMPTS: u32 = 3;

/// The most mirrors that count. Each costs tries and time, and nobody has signed the list.
const MOST_MIRRORS: usize = 8;

/// A server with native-update's three endpoints.
#[derive(Debug)]
pub(crate) struct NativeUpdate {
    base: Option<Url>,
    /// Only the release statement of an answer counts.
    wants_statement: bool,
    last_answer: Mutex<Option<CachedAnswer>>,
}

impl NativeUpdate {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            base: config.update_url.clone(),
            wants_statement: matches!(config.trust, Trust::Statement { .. }),
            last_answer: Mutex::new(None),
        }
    }

    async fn ask(&self, client: &HttpClient, inquiry: &Inquiry) -> Result<Answer, Error> {
        let base = self.base.as_ref().ok_or_else(no_server)?;
        let last_answer = || {
            self.last_answer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let mut cache = last_answer().take();
        let answer = check(client, base, inquiry, self.wants_statement, &mut cache).await;
        *last_answer() = cache;
        answer
    }
}

impl Source for NativeUpdate {
    fn check<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.ask(client, inquiry))
    }
}

/// The last answer, for `If-None-Match`.
#[derive(Debug, Clone)]
struct CachedAnswer {
    url: Url,
    etag: String,
    body: Vec<u8>,
}

/// Asks the server at `base`. With `wants_statement`, only the release statement of its answer
/// counts. `cache` holds the last answer and is renewed.
async fn check(
    client: &HttpClient,
    base: &Url,
    inquiry: &Inquiry,
    wants_statement: bool,
    cache: &mut Option<CachedAnswer>,
) -> Result<Answer, Error> {
    let url = check_url(base, inquiry)?;
    // RFC 9110, section 13.1.2. An answer belongs to one URL, so only that one may be revalidated.
    let cached = cache.take().filter(|cached| cached.url == url);
    let mut headers = vec![("accept", "application/json")];
    if let Some(cached) = &cached {
        headers.push(("if-none-match", cached.etag.as_str()));
    }
    let response = client
        .get_small_with_retries(&url, &headers, ATTEMPTS)
        .await?;
    let etag = response.header("etag").map(str::to_owned);
    let (body, etag) = match (response.status, cached) {
        (304, Some(cached)) => (cached.body, Some(cached.etag)),
        (304, None) => return Err(protocol(&url, "304 without a request that allows it")),
        _ => (response.body, etag),
    };
    let answer = parse(&body, &response.url, base, inquiry, wants_statement)?;
    *cache = etag.map(|etag| CachedAnswer { url, etag, body });
    Ok(answer)
}

pub(super) fn no_server() -> Error {
    Error::config("updateUrl", "missing: there is no server to ask")
}

fn check_url(base: &Url, inquiry: &Inquiry) -> Result<Url, Error> {
    let mut url = endpoint(base, "api/v1/updates/check")?;
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("appId", &inquiry.app_id)
            .append_pair("currentVersion", &inquiry.current_version)
            .append_pair("platform", &inquiry.platform)
            .append_pair("channel", &inquiry.channel)
            .append_pair("appVersion", &inquiry.app_version)
            .append_pair("bundleId", &inquiry.current_bundle)
            .append_pair("deviceId", &inquiry.device_id);
        if let Some(custom_id) = &inquiry.custom_id {
            query.append_pair("customId", custom_id);
        }
        if !inquiry.failed_versions.is_empty() {
            query.append_pair("failed", &inquiry.failed_versions.join(","));
        }
    }
    Ok(url)
}

fn endpoint(base: &Url, path: &str) -> Result<Url, Error> {
    base.join(path)
        .map_err(|_| Error::config("updateUrl", "can't be a base"))
}

pub(crate) fn parse(
    body: &[u8],
    url: &Url,
    base: &Url,
    inquiry: &Inquiry,
    wants_statement: bool,
) -> Result<Answer, Error> {
    let object = parse_object(body)
        .map_err(|error| protocol(url, &format!("the answer is no update check: {error}")))?;
    let bad_key = |problem: KeyProblem| protocol(url, &problem.to_string());
    let mut keys = Keys::new("", object);
    match keys.flag("updateAvailable").map_err(bad_key)? {
        Some(true) => {}
        Some(false) => return Ok(Answer::Nothing),
        None => return Err(protocol(url, "updateAvailable: missing")),
    }
    let unsigned = Unsigned::read(&mut keys, url).map_err(bad_key)?;
    Ok(Answer::Offer(if wants_statement {
        Offer::Stated(Arc::new(StatedOffer {
            envelope: Envelope::take(&mut keys)?,
            channel: inquiry.channel.clone(),
            version: keys.text("version").unwrap_or_default(),
            unsigned,
        }))
    } else {
        Offer::Release(release(keys, &unsigned, base).map_err(bad_key)?)
    }))
}

/// The release that an answer describes.
fn release(mut keys: Keys, unsigned: &Unsigned, base: &Url) -> Result<Release, KeyProblem> {
    let version = keys.parsed("version")?;
    let checksum = keys.parsed("checksum")?;
    let mut release = unsigned
        .release(version, checksum, Some(base))
        .map_err(|error| keys.problem("downloadUrl", error.to_string()))?;
    release.size = keys.number("size", 1..=u64::MAX)?;
    release.signature = keys.present_text("signature")?;
    release.min_app_version = keys.native_version("minAppVersion")?;
    release.max_app_version = keys.native_version("maxAppVersion")?;
    Ok(release)
}

/// What an answer says that no signature is about: where the zip is, and what people are told.
#[derive(Debug, Clone)]
pub(crate) struct Unsigned {
    download_url: Option<Url>,
    mirrors: Vec<Url>,
    mandatory: bool,
    release_notes: Option<String>,
}

impl Unsigned {
    /// The zip is at `url`, and that is all.
    pub(crate) fn at(url: Url) -> Self {
        Self {
            download_url: Some(url),
            mirrors: Vec::new(),
            mandatory: false,
            release_notes: None,
        }
    }

    /// Reads it from the answer that `url` has given.
    fn read(keys: &mut Keys, url: &Url) -> Result<Self, KeyProblem> {
        // What was sent is not told: URLs of downloads often hold a signature or a password.
        let absolute = |keys: &Keys, key, text: &str| {
            let joined = url.join(text);
            joined.map_err(|error| keys.problem(key, format!("is no URL: {error}")))
        };
        let mut unsigned = Self {
            download_url: None,
            mirrors: Vec::new(),
            mandatory: keys.flag("mandatory")?.unwrap_or(false),
            release_notes: keys.present_text("releaseNotes")?,
        };
        if let Some(text) = keys.present_text("downloadUrl")? {
            unsigned.download_url = Some(absolute(keys, "downloadUrl", &text)?);
        }
        for mirror in keys.texts("mirrors")?.into_iter().take(MOST_MIRRORS) {
            let mirror = absolute(keys, "mirrors", &mirror)?;
            unsigned.mirrors.push(mirror);
        }
        Ok(unsigned)
    }

    /// A release with this version and checksum. Where nothing says where its zip is, it is at the
    /// endpoint for bundles below `base`.
    pub(crate) fn release(
        &self,
        version: Version,
        checksum: Sha256Digest,
        base: Option<&Url>,
    ) -> Result<Release, Error> {
        let first = match (&self.download_url, base) {
            (Some(url), _) => url.clone(),
            (None, Some(base)) => endpoint(base, &format!("api/v1/bundles/{version}"))?,
            (None, None) => return Err(Error::config("updateUrl", "missing")),
        };
        let mut release = Release::new(version, first, checksum);
        release.urls.extend(self.mirrors.iter().cloned());
        release.mandatory = self.mandatory;
        release.release_notes.clone_from(&self.release_notes);
        Ok(release)
    }
}

fn protocol(url: &Url, problem: &str) -> Error {
    Error::Protocol {
        url: display_url(url),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef";

    fn parsed(body: &serde_json::Value) -> Result<Answer, Error> {
        parsed_as(body, false)
    }

    fn parsed_as(body: &serde_json::Value, wants_statement: bool) -> Result<Answer, Error> {
        let base: Url = "https://x.y/base/".parse().unwrap();
        let url = base.join("api/v1/updates/check?appId=secret").unwrap();
        let inquiry = Inquiry {
            app_id: String::new(),
            platform: String::new(),
            channel: "beta".to_owned(),
            device_id: String::new(),
            custom_id: None,
            app_version: String::new(),
            current_version: String::new(),
            current_bundle: String::new(),
            failed_versions: Vec::new(),
        };
        let body = body.to_string();
        parse(body.as_bytes(), &url, &base, &inquiry, wants_statement)
    }

    fn offered(body: &serde_json::Value) -> Release {
        match parsed(body) {
            Ok(Answer::Offer(Offer::Release(release))) => release,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_relative_download_url_is_relative_to_the_answer() {
        let release = offered(&serde_json::json!({
            "updateAvailable": true, "version": "1.2.3", "checksum": SUM,
            "downloadUrl": "../bundles/1.2.3.zip", "mirrors": ["https://m/1.zip"],
        }));
        assert_eq!(
            release.urls[0].as_str(),
            "https://x.y/base/api/v1/bundles/1.2.3.zip"
        );
        assert_eq!(release.urls[1].as_str(), "https://m/1.zip");
    }

    #[test]
    fn mirrors_beyond_the_eighth_do_not_count() {
        let mirrors: Vec<_> = (1..=5_000).map(|n| format!("https://m/{n}")).collect();
        let release = offered(&serde_json::json!({
            "updateAvailable": true, "version": "1.2.3", "checksum": SUM,
            "downloadUrl": "https://x.y/1.zip", "mirrors": mirrors,
        }));
        assert_eq!(release.urls.len(), 9);
        assert_eq!(release.urls[8].as_str(), "https://m/8");
    }

    #[test]
    fn without_a_download_url_the_bundle_endpoint_serves() {
        let release = offered(&serde_json::json!({
            "updateAvailable": true, "version": "1.2.3", "checksum": SUM, "downloadUrl": "",
            "signature": null, "newField": {"a": 1},
        }));
        assert_eq!(
            release.urls[0].as_str(),
            "https://x.y/base/api/v1/bundles/1.2.3"
        );
        assert_eq!(release.signature, None);
    }

    #[test]
    fn nothing_new_needs_no_other_field() {
        assert!(matches!(
            parsed(&serde_json::json!({"updateAvailable": false})),
            Ok(Answer::Nothing)
        ));
    }

    #[test]
    fn where_a_statement_counts_nothing_else_has_to_be_right() {
        let answer = serde_json::json!({
            "updateAvailable": true, "version": 1, "checksum": "abc", "size": -5,
            "minAppVersion": {}, "signature": [], "mandatory": true, "downloadUrl": "/z",
        });
        let Ok(Answer::Offer(Offer::Stated(offer))) = parsed_as(&answer, true) else {
            panic!("{:?}", parsed_as(&answer, true))
        };
        assert!(offer.envelope.is_none() && offer.version.is_none());
        assert_eq!(offer.channel, "beta");
        let url = offer.unsigned.download_url.clone().unwrap();
        assert_eq!(url.as_str(), "https://x.y/z");
        for release in [serde_json::json!("text"), serde_json::json!({})] {
            let mut answer = answer.clone();
            answer["release"] = release;
            assert_eq!(parsed_as(&answer, true).unwrap_err().code(), "protocol");
            answer["updateAvailable"] = false.into();
            assert!(matches!(parsed_as(&answer, true), Ok(Answer::Nothing)));
        }
    }

    #[test]
    fn an_answer_that_is_none_breaks_the_protocol_and_shows_no_query() {
        let good =
            serde_json::json!({"updateAvailable": true, "version": "1.2.3", "checksum": SUM});
        for (field, value) in [
            ("updateAvailable", serde_json::json!("yes")),
            ("version", serde_json::json!("1.2")),
            ("version", serde_json::Value::Null),
            ("checksum", serde_json::json!("abc")),
            ("checksum", serde_json::Value::Null),
            ("size", serde_json::json!(0)),
            ("size", serde_json::json!(-5)),
            ("minAppVersion", serde_json::json!("one")),
            ("downloadUrl", serde_json::json!("https://")),
            (
                "downloadUrl",
                serde_json::json!("https://u:secret@:x/?t=secret"),
            ),
            (
                "mirrors",
                serde_json::json!(["https://u:secret@:x/?t=secret"]),
            ),
            (
                "version",
                serde_json::json!(format!("1.2.3-{}", "a".repeat(200))),
            ),
            (
                "minAppVersion",
                serde_json::json!(format!("1.2-{}", "a".repeat(200))),
            ),
        ] {
            let mut body = good.clone();
            body[field] = value;
            let error = parsed(&body).unwrap_err();
            assert_eq!(error.code(), "protocol", "{field}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
