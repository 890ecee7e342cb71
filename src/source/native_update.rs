//! native-update's protocol: `GET {base}/api/v1/updates/check`.

use serde::Deserialize;
use url::Url;

use super::{Answer, Inquiry};
use crate::error::Error;
use crate::native_version::NativeVersion;
use crate::release::{MAX_VERSION_LEN, Release};
use crate::transport::client::HttpClient;
use crate::transport::rules::display_url;

/// How often a check is tried within one call.
const ATTEMPTS: u32 = 3;

/// The last answer, for `If-None-Match`.
#[derive(Debug, Clone)]
pub(crate) struct CachedAnswer {
    url: Url,
    etag: String,
    body: Vec<u8>,
}

/// Asks the server at `base`. `cache` holds the last answer and is renewed.
///
/// # Errors
///
/// Those of the network, and `protocol` where the answer is not one.
pub(crate) async fn check(
    client: &HttpClient,
    base: &Url,
    inquiry: &Inquiry,
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
    let answer = parse(&body, &response.url, base)?;
    *cache = etag.map(|etag| CachedAnswer { url, etag, body });
    Ok(answer)
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

pub(crate) fn parse(body: &[u8], url: &Url, base: &Url) -> Result<Answer, Error> {
    let answer: CheckBody = serde_json::from_slice(body)
        .map_err(|error| protocol(url, &format!("the answer is no update check: {error}")))?;
    if !answer.update_available {
        return Ok(Answer::Nothing);
    }
    release(answer, url, base)
        .map(Answer::Offer)
        .map_err(|problem| protocol(url, &problem))
}

fn release(answer: CheckBody, url: &Url, base: &Url) -> Result<Release, String> {
    let version = present(answer.version).ok_or("version is missing")?;
    if version.len() > MAX_VERSION_LEN {
        return Err(format!("version has over {MAX_VERSION_LEN} bytes"));
    }
    let version: semver::Version = version
        .parse()
        .map_err(|_| format!("version {version:?} is not a semantic version"))?;
    let checksum = present(answer.checksum)
        .ok_or("checksum is missing")?
        .parse()
        .map_err(|_| "checksum is not 64 hex digits")?;
    if answer.size == Some(0) {
        return Err("size is 0".to_owned());
    }
    let first = match present(answer.download_url) {
        Some(text) => absolute("downloadUrl", url, &text)?,
        None => endpoint(base, &format!("api/v1/bundles/{version}"))
            .map_err(|error| error.to_string())?,
    };
    let mut release = Release::new(version, first, checksum);
    for mirror in answer.mirrors.unwrap_or_default() {
        release.urls.push(absolute("a mirror", url, &mirror)?);
    }
    release.size = answer.size;
    release.signature = present(answer.signature);
    release.mandatory = answer.mandatory.unwrap_or(false);
    release.release_notes = present(answer.release_notes);
    release.min_app_version = native_version("minAppVersion", answer.min_app_version)?;
    release.max_app_version = native_version("maxAppVersion", answer.max_app_version)?;
    Ok(release)
}

/// What was sent is not told: URLs of downloads often hold a signature or a password.
fn absolute(name: &str, answered: &Url, text: &str) -> Result<Url, String> {
    answered
        .join(text)
        .map_err(|error| format!("{name} is no URL: {error}"))
}

fn native_version(name: &str, text: Option<String>) -> Result<Option<String>, String> {
    let text = present(text);
    if text
        .as_ref()
        .is_some_and(|text| text.len() > MAX_VERSION_LEN)
    {
        return Err(format!("{name} has over {MAX_VERSION_LEN} bytes"));
    }
    if let Some(text) = &text
        && text.parse::<NativeVersion>().is_err()
    {
        return Err(format!("{name} {text:?} is not a native version"));
    }
    Ok(text)
}

/// Servers write an empty text where they have none.
fn present(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn protocol(url: &Url, problem: &str) -> Error {
    Error::Protocol {
        url: display_url(url),
        problem: problem.to_owned(),
    }
}

/// The answer as it stands in the protocol; unknown fields are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckBody {
    update_available: bool,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    min_app_version: Option<String>,
    #[serde(default)]
    max_app_version: Option<String>,
    #[serde(default)]
    release_notes: Option<String>,
    #[serde(default)]
    download_url: Option<String>,
    #[serde(default)]
    mirrors: Option<Vec<String>>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    checksum: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    mandatory: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef";

    fn parsed(body: &serde_json::Value) -> Result<Answer, Error> {
        let base: Url = "https://x.y/base/".parse().unwrap();
        let url = base.join("api/v1/updates/check?appId=secret").unwrap();
        parse(body.to_string().as_bytes(), &url, &base)
    }

    fn offered(body: &serde_json::Value) -> Release {
        match parsed(body) {
            Ok(Answer::Offer(release)) => release,
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
