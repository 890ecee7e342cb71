//! What a check offers.

use live_updater::{NativeVersion, Sha256Digest, Trust, read_statement};
use semver::Version;
use serde_json::Value;
use url::Url;

use super::asker::Answer;
use super::findings::{Area, Findings, NOTHING_OFFERED};
use super::target::Target;

/// The longest version that devices take.
const LONGEST_VERSION: usize = 128;

/// What is offered, as far as it can be read.
#[derive(Default)]
pub(super) struct Offer {
    pub(super) version: Option<Version>,
    /// None where a statement leads back to the files in the app's package.
    pub(super) url: Option<Url>,
    pub(super) checksum: Option<Sha256Digest>,
    pub(super) size: Option<u64>,
    pub(super) signature: Option<String>,
    /// The envelope of a statement, as JSON.
    pub(super) statement: Option<String>,
}

/// Reads the body of a check's answer; none where there is nothing to go on with.
pub(super) fn read(target: &Target, answer: &Answer, findings: &mut Findings) -> Option<Offer> {
    let mut area = findings.area("answer");
    let body: Value = match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        _ => {
            area.problem(
                "json",
                "the answer is no JSON object",
                "answer JSON as docs/protocol.md has it; a login page of a network looks like that, too",
            );
            return None;
        }
    };
    match body.get("updateAvailable") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => {
            nothing(target, &mut area);
            return None;
        }
        _ => {
            area.problem(
                "update_available",
                "updateAvailable is neither true nor false",
                "say updateAvailable: true or false",
            );
            return None;
        }
    }
    let statement = body.get("release").filter(|release| !release.is_null());
    let is_stated = statement.is_some();
    let statement = statement.map(Value::to_string);
    if statement.as_deref().is_some_and(leads_back) {
        area.ok(
            "builtin",
            "devices are to go back to the files in the app's package",
        );
        return Some(Offer {
            statement,
            ..Offer::default()
        });
    }
    let mut fields = Fields {
        body: &body,
        area: &mut area,
        is_stated,
    };
    let offer = Offer {
        version: fields.version(target),
        checksum: fields.checksum(),
        size: fields.size(target),
        signature: fields.signature(target),
        url: fields.url(target, &answer.url),
        statement,
    };
    fields.native_range(target);
    fields.others();
    Some(offer)
}

/// Whether a statement is about no bundle, and all that stands beside it says nothing.
fn leads_back(statement: &str) -> bool {
    read_statement(statement).is_ok_and(|content| content.bundle.is_none())
}

fn nothing(target: &Target, area: &mut Area<'_>) {
    area.warning(
        NOTHING_OFFERED,
        format!(
            "nothing is offered to version {} on channel {} for {}, so no bundle could be looked at",
            target.current_version, target.channel, target.platform
        ),
        "publish something, or name another --channel or --platform; a rollout of under 100 % isn't offered to whoever has no id",
    );
}

struct Fields<'a, 'b> {
    body: &'a Value,
    area: &'a mut Area<'b>,
    /// With a statement, which wins over all others.
    is_stated: bool,
}

impl Fields<'_, '_> {
    fn text(&mut self, key: &'static str) -> Option<String> {
        match self.body.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.area.problem(
                    "type",
                    format!("{key} isn't a text"),
                    "send texts as texts: \"1.2.3\"",
                );
                None
            }
        }
    }

    fn version(&mut self, target: &Target) -> Option<Version> {
        let Some(text) = self.text("version") else {
            if !self.is_stated {
                self.area.problem(
                    "version",
                    "there is no version",
                    "say which version is offered",
                );
            }
            return None;
        };
        let version = Version::parse(&text)
            .ok()
            .filter(|_| text.len() <= LONGEST_VERSION);
        let Some(version) = version else {
            self.area.problem(
                "version",
                format!("version {text} is no semver"),
                "name versions as 1.2.3 or 1.2.3-beta.1, without a v",
            );
            return None;
        };
        let current = target.current_version.parse::<Version>();
        if !self.is_stated && current.is_ok_and(|current| current > version) {
            self.area.warning(
                "downgrade",
                format!(
                    "{version} is lower than {}, which asks",
                    target.current_version
                ),
                "devices don't take it unless allowDowngrade is set",
            );
        } else {
            self.area.ok("version", format!("{version} is offered"));
        }
        Some(version)
    }

    fn checksum(&mut self) -> Option<Sha256Digest> {
        let Some(text) = self.text("checksum") else {
            if !self.is_stated {
                self.area.problem(
                    "checksum",
                    "there is no checksum",
                    "send the zip's SHA-256, as 64 hex digits",
                );
            }
            return None;
        };
        match text.parse() {
            Ok(checksum) => {
                self.area.ok("checksum", "the checksum is a SHA-256 in hex");
                Some(checksum)
            }
            Err(_) => {
                self.area.problem(
                    "checksum",
                    "the checksum isn't 64 hex digits",
                    "send the zip's SHA-256 in hex, and not in base64",
                );
                None
            }
        }
    }

    fn size(&mut self, target: &Target) -> Option<u64> {
        match self.body.get("size") {
            None | Some(Value::Null) => {
                self.area.warning(
                    "size",
                    "there is no size: devices can't tell how much room they need, nor how far they are",
                    "send the zip's bytes as `size`",
                );
                None
            }
            Some(size) => match size.as_u64() {
                Some(0) | None => {
                    self.area.problem(
                        "size",
                        format!("the size is {size}"),
                        "send the zip's bytes as `size`, a whole number above 0",
                    );
                    None
                }
                Some(size) if size > target.max_bundle_bytes => {
                    self.area.problem(
                        "size",
                        format!("{size} bytes are more than devices fetch"),
                        "make the bundle smaller, or maxBundleBytes larger",
                    );
                    Some(size)
                }
                Some(size) => {
                    self.area.ok("size", format!("it has {size} bytes"));
                    Some(size)
                }
            },
        }
    }

    fn signature(&mut self, target: &Target) -> Option<String> {
        let signature = self.text("signature").filter(|text| !text.is_empty());
        let is_needed = target.trust.as_ref().is_some_and(Trust::requires_signature);
        let is_other_kind = self.is_stated && !target.is_mode_known;
        if signature.is_none() && is_needed && !is_other_kind {
            self.area.problem(
                "signature_missing",
                "there is no signature, and the app asks for one",
                "sign the bundle: `live-updater publish --sign`, or `live-updater sign`",
            );
        }
        signature
    }

    /// Where the zip is.
    fn url(&mut self, target: &Target, answered: &Url) -> Option<Url> {
        let url = match self.text("downloadUrl").filter(|text| !text.is_empty()) {
            Some(text) => answered.join(&text).ok(),
            None if self.body.get("version").is_none() => return None,
            None => {
                let version = self.body.get("version").and_then(Value::as_str)?;
                target.url(&format!("api/v1/bundles/{version}"))
            }
        };
        let Some(url) = url else {
            self.area.problem(
                "download_url",
                "downloadUrl is no URL",
                "send an absolute URL, or one relative to the answer's",
            );
            return None;
        };
        let is_here = target.is_here() && crate::output::is_loopback(&url);
        if url.scheme() != "https" && !is_here {
            self.area.problem(
                "download_url",
                format!("downloadUrl isn't HTTPS: {}", super::check::shown(&url)),
                "send an HTTPS URL; behind a proxy, `live-updater serve` needs --public-url",
            );
            return None;
        }
        let is_loopback = crate::output::is_loopback(&url);
        if is_loopback && !target.is_here() {
            self.area.problem(
                "download_url",
                format!(
                    "downloadUrl leads to the device itself: {}",
                    super::check::shown(&url)
                ),
                "name the server as devices reach it: --public-url, or --download-url",
            );
            return None;
        }
        Some(url)
    }

    fn native_range(&mut self, target: &Target) {
        let mut bound = |key: &'static str| {
            let text = self.text(key)?;
            match text.parse::<NativeVersion>() {
                Ok(version) => Some(version),
                Err(_) => {
                    self.area.problem(
                        "native_range",
                        format!("{key} {text} is no native version"),
                        "1 to 4 numbers with dots between",
                    );
                    None
                }
            }
        };
        let (min, max) = (bound("minAppVersion"), bound("maxAppVersion"));
        if let (Some(min), Some(max)) = (&min, &max)
            && min > max
        {
            self.area.problem(
                "native_range",
                format!("no native version is between {min} and {max}"),
                "publish it again with a range that has one",
            );
        }
        let Some(own) = &target.native_version else {
            return;
        };
        let fits =
            min.as_ref().is_none_or(|min| own >= min) && max.as_ref().is_none_or(|max| own <= max);
        match fits {
            true => self
                .area
                .ok("native_range", format!("it is for native version {own}")),
            false => self.area.warning(
                "native_range",
                format!("it isn't for native version {own}"),
                "apps of this version don't take it",
            ),
        }
    }

    fn others(&mut self) {
        if self
            .body
            .get("mandatory")
            .is_some_and(|it| !it.is_boolean())
        {
            self.area.problem(
                "type",
                "mandatory is neither true nor false",
                "send it as true or false, or leave it out",
            );
        }
        self.text("releaseNotes");
        let mirrors = self
            .body
            .get("mirrors")
            .filter(|mirrors| !mirrors.is_null());
        let is_list = mirrors.is_none_or(|mirrors| {
            let mirrors = mirrors.as_array();
            mirrors.is_some_and(|urls| urls.iter().all(Value::is_string))
        });
        if !is_list {
            self.area.problem(
                "type",
                "mirrors isn't a list of texts",
                "send a list of URLs, or leave it out",
            );
        }
    }
}
