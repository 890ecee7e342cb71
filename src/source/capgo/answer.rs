//! What an answer to a check comes to.

use semver::Version;
use serde_json::{Map, Value};
use url::Url;

use super::refusal::{Complaint, complaint};
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::keys::{KeyProblem, Keys};
use crate::release::Release;
use crate::source::{Answer, Offer};
use crate::transport::client::protocol;
use crate::transport::rules::display_url;
use crate::verify::CapgoKey;
use crate::verify::statement::parse_object;

/// Where a bundle's zip is said to be that has no zip, only single files.
const NO_ZIP: &str = "404.capgo.app";
/// What servers call the web files in the app's package.
const BUILTIN: &str = "builtin";

/// Reads what the server at `url` has answered. With a `key`, a release counts only where checksum
/// and session key were wrapped with it.
///
/// # Errors
///
/// `protocol` where it is no answer, or one that tells of a mistake; `signature_missing` or
/// `signature_invalid` where a release isn't the key's.
pub(crate) fn parse(body: &[u8], url: &Url, key: Option<&CapgoKey>) -> Result<Answer, Error> {
    let object = parse_object(body)
        .map_err(|error| protocol(url, &format!("the answer is no update check: {error}")))?;
    if let Some(complaint) = complaint(&object) {
        return answer_to(&complaint, url);
    }
    if object.get("version").and_then(Value::as_str) == Some(BUILTIN) {
        return Ok(Answer::Builtin);
    }
    release(object, url, key).map(|release| Answer::Offer(Offer::Release(release)))
}

/// What isn't an update has a kind. One that isn't known is a failure.
fn answer_to(complaint: &Complaint, url: &Url) -> Result<Answer, Error> {
    match complaint.kind.as_deref() {
        Some("up_to_date") => Ok(Answer::Nothing),
        Some("blocked") => Ok(Answer::Withheld(complaint.to_string())),
        _ => Err(Error::Refused {
            url: display_url(url),
            problem: complaint.to_string(),
        }),
    }
}

fn release(
    object: Map<String, Value>,
    url: &Url,
    key: Option<&CapgoKey>,
) -> Result<Release, Error> {
    let bad_key = |problem: KeyProblem| protocol(url, &problem.to_string());
    let mut keys = Keys::new("", object);
    let version: Version = keys.parsed("version").map_err(bad_key)?;
    let zip = zip_url(&mut keys, url)?;
    let checksum = keys.present_text("checksum").map_err(bad_key)?;
    let session_key = keys.present_text("session_key").map_err(bad_key)?;
    let mut release = match (key, checksum, session_key) {
        (Some(key), Some(checksum), Some(session_key)) => {
            let mut release = Release::new(version, zip, key.checksum(&checksum)?);
            release.session = Some(key.session(&session_key)?);
            release
        }
        (Some(_), checksum, _) => {
            let missing = match checksum {
                None => "checksum",
                Some(_) => "session key",
            };
            return Err(Error::EncryptionMissing {
                lack: format!("release {version} has no {missing}"),
                remedy: "encrypt it for the app's key before it is uploaded",
            });
        }
        (None, Some(checksum), None) => Release::new(version, zip, plain(&checksum, url)?),
        (None, None, None) => return Err(protocol(url, "checksum: missing")),
        (None, _, Some(_)) => {
            let problem = "the bundle is encrypted, and the configuration has no key for it (trust.mode \"capgo\")";
            return Err(protocol(url, problem));
        }
    };
    release.release_notes = keys.present_text("comment").map_err(bad_key)?;
    Ok(release)
}

fn plain(checksum: &str, url: &Url) -> Result<Sha256Digest, Error> {
    checksum
        .parse()
        .map_err(|error| protocol(url, &format!("checksum: {error}")))
}

/// Where the zip is. What was sent is not told: URLs of downloads often hold a signature.
fn zip_url(keys: &mut Keys, url: &Url) -> Result<Url, Error> {
    let text = keys
        .required_text("url")
        .map_err(|problem| protocol(url, &problem.to_string()))?;
    let zip = url
        .join(&text)
        .map_err(|error| protocol(url, &format!("url: is no URL: {error}")))?;
    if zip.host_str() == Some(NO_ZIP) {
        let problem =
            "the bundle has no zip, only single files, which is not supported: upload it as a zip";
        return Err(protocol(url, problem));
    }
    Ok(zip)
}

#[cfg(test)]
pub(super) mod testing {
    use crate::source::Inquiry;

    /// A device on its builtin files.
    pub(in crate::source::capgo) fn inquiry() -> Inquiry {
        Inquiry {
            app_id: "com.example.app".to_owned(),
            platform: "android".to_owned(),
            channel: String::new(),
            device_id: "0C2E8B1E-6A0F-4D3C-9A52-1D2F3A4B5C6D".to_owned(),
            custom_id: None,
            app_version: "2.1".to_owned(),
            current_version: "1.5.0".to_owned(),
            current_bundle: "builtin".to_owned(),
            failed_versions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SUM: &str = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef";

    fn parsed(body: &Value) -> Result<Answer, Error> {
        let url = "https://updates.example/updates".parse().unwrap();
        parse(body.to_string().as_bytes(), &url, None)
    }

    fn update() -> Value {
        json!({"version": "1.2.3", "url": "https://cdn.example/1.zip?key=secret", "checksum": SUM})
    }

    #[test]
    fn an_update_is_a_release() {
        let mut body = update();
        body["session_key"] = "".into();
        body["comment"] = "Faster".into();
        body["manifest"] = json!([{"file_name": "a", "file_hash": "b", "download_url": "c"}]);
        let Ok(Answer::Offer(Offer::Release(release))) = parsed(&body) else {
            panic!("{:?}", parsed(&body))
        };
        assert_eq!(release.version, Version::new(1, 2, 3));
        assert_eq!(release.checksum.to_string(), SUM.to_lowercase());
        assert_eq!(release.release_notes.as_deref(), Some("Faster"));
        assert!(release.session.is_none() && release.size.is_none());
    }

    #[test]
    fn a_kind_decides_what_no_update_is() {
        let answer = |kind: Value| {
            parsed(
                &json!({"error": "some_code", "message": "why", "kind": kind, "version": "builtin"}),
            )
        };
        assert!(matches!(answer("up_to_date".into()), Ok(Answer::Nothing)));
        let Ok(Answer::Withheld(word)) = answer("blocked".into()) else {
            panic!("{:?}", answer("blocked".into()))
        };
        assert_eq!(word, "some_code: why");
        for kind in [json!("failed"), json!("another"), Value::Null, json!(5)] {
            let error = answer(kind).unwrap_err();
            assert_eq!(error.code(), "protocol");
            assert!(error.to_string().contains("some_code: why"), "{error}");
        }
    }

    #[test]
    fn builtin_without_an_error_leads_back() {
        let back = parsed(&json!({"version": "builtin", "url": ""}));
        assert!(matches!(back, Ok(Answer::Builtin)));
        let kind = parsed(&json!({"version": "builtin", "kind": "up_to_date"}));
        assert!(matches!(kind, Ok(Answer::Nothing)));
    }

    #[test]
    fn what_is_no_update_breaks_the_protocol_and_shows_no_query() {
        for (field, value) in [
            ("version", json!("1.2")),
            ("version", Value::Null),
            ("checksum", json!("")),
            ("checksum", json!("12345678")),
            ("checksum", Value::Null),
            ("url", json!("")),
            ("url", json!("https://u:secret@:x/?t=secret")),
            ("url", json!("https://404.capgo.app/no.zip")),
            ("session_key", json!("AAAA:BBBB")),
        ] {
            let mut body = update();
            body[field] = value;
            let error = parsed(&body).unwrap_err();
            assert_eq!(error.code(), "protocol", "{field}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for body in [json!([]), json!(5), json!({})] {
            assert_eq!(parsed(&body).unwrap_err().code(), "protocol", "{body}");
        }
    }
}
