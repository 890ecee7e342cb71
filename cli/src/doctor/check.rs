//! The answer to a check: how it comes, and what is said about it.

use std::time::{Duration, SystemTime};

use url::Url;

use super::asker::{Answer, Asker};
use super::findings::{Area, Findings};
use super::offer::{Offer, read};
use super::target::Target;

/// The most that devices read.
const MOST: usize = 256 * 1024;
/// Clocks that differ by more than this differ by more than the way of an answer.
const SKEW: Duration = Duration::from_secs(300);

/// Asks what there is; what is offered, where there is something that can be looked at.
pub(super) async fn examine(
    target: &Target,
    asker: &Asker<'_>,
    findings: &mut Findings,
) -> Option<Offer> {
    let mut area = findings.area("check");
    let url = question(target)?;
    let answer = match asker.get(&url, &[], MOST).await {
        Ok(answer) => answer,
        Err(problem) => {
            area.problem(
                "no_answer",
                format!("a check isn't answered: {problem}"),
                "GET {updateUrl}/api/v1/updates/check has to be answered: see docs/protocol.md",
            );
            return None;
        }
    };
    clock(&answer, &mut area);
    if !head(&answer, &mut area) {
        return None;
    }
    caching(&answer, &mut area);
    revalidation(asker, &url, &answer, &mut area).await;
    read(target, &answer, findings)
}

fn question(target: &Target) -> Option<Url> {
    let mut url = target.url("api/v1/updates/check")?;
    let native = target.native_version.as_ref();
    let native = native.map_or_else(|| "1.0.0".to_owned(), ToString::to_string);
    // Without a device's id: it would be counted as one.
    url.query_pairs_mut()
        .append_pair("appId", &target.app_id)
        .append_pair("currentVersion", &target.current_version)
        .append_pair("platform", &target.platform)
        .append_pair("channel", &target.channel)
        .append_pair("appVersion", &native)
        .append_pair("bundleId", "builtin");
    Some(url)
}

/// Whether there is a body that devices would read.
fn head(answer: &Answer, area: &mut Area<'_>) -> bool {
    if answer.status != 200 {
        let fix = match answer.status {
            401 | 403 => {
                "the app's configuration needs the `token` or `headers` that the server asks for (--config)"
            }
            404 => "look at the address and the app's id; the server may not know the app",
            429 => "the server limits how often may be asked: try again later",
            _ => "a check is answered with 200",
        };
        let message = format!("a check is answered with {}", answer.status);
        area.problem("status", message, fix);
        return false;
    }
    area.ok("status", "a check is answered with 200");
    if answer.redirects > 0 {
        area.warning(
            "redirect",
            format!("a check is redirected, to {}", shown(&answer.url)),
            "let `updateUrl` name the place itself: each check takes longer, and a token isn't sent to another host",
        );
    }
    if let Some(coding) = coded(answer.header("content-encoding")) {
        area.problem(
            "content_encoding",
            format!("the answer is encoded ({coding}), though nobody asked for it"),
            "send it as it is where Accept-Encoding is identity",
        );
        return false;
    }
    match answer.header("content-type") {
        Some(kind) if kind.contains("json") => area.ok("content_type", format!("it is {kind}")),
        kind => area.warning(
            "content_type",
            format!(
                "its Content-Type is {}, and not application/json",
                kind.unwrap_or("missing")
            ),
            "send Content-Type: application/json; a login page in between looks like that, too",
        ),
    }
    if answer.is_cut {
        area.problem(
            "too_long",
            "the answer is longer than 256 KiB",
            "keep release notes short",
        );
        return false;
    }
    true
}

fn clock(answer: &Answer, area: &mut Area<'_>) {
    let Some(date) = answer.header("date") else {
        return;
    };
    let Ok(there) = httpdate::parse_http_date(date) else {
        area.warning(
            "date",
            format!("its Date can't be read: {date}"),
            "send a Date as RFC 9110, section 5.6.7 has it",
        );
        return;
    };
    let now = SystemTime::now();
    let skew = now
        .duration_since(there)
        .or_else(|_| there.duration_since(now))
        .unwrap_or_default();
    if skew > SKEW {
        area.warning(
            "clock",
            format!("its clock and this one are {} s apart", skew.as_secs()),
            "set the clocks (NTP): statements that are signed on it would be issued in the future, or expire early",
        );
    } else {
        area.ok("clock", "its clock is right");
    }
}

fn caching(answer: &Answer, area: &mut Area<'_>) {
    let Some(control) = answer.header("cache-control") else {
        area.warning(
            "cache_control",
            "nothing says whether a check may be kept",
            "send Cache-Control: private, no-cache: a proxy may keep the answer of yesterday",
        );
        return;
    };
    let control = control.to_ascii_lowercase();
    let is_fresh = ["no-store", "no-cache", "private", "max-age=0"]
        .iter()
        .any(|directive| control.contains(directive));
    match is_fresh && !control.contains("public") && !control.contains("s-maxage") {
        true => area.ok("cache_control", format!("nobody keeps it for others ({control})")),
        false => area.warning(
            "cache_control",
            format!("proxies and CDNs may keep a check ({control})"),
            "send Cache-Control: private, no-cache: devices would get the answer of another, or of yesterday",
        ),
    }
}

async fn revalidation(asker: &Asker<'_>, url: &Url, answer: &Answer, area: &mut Area<'_>) {
    let Some(etag) = answer.header("etag") else {
        area.warning(
            "etag",
            "a check has no ETag: the same answer is sent again and again",
            "send an ETag, and 304 where If-None-Match has it",
        );
        return;
    };
    match asker.get(url, &[("if-none-match", etag)], MOST).await {
        Ok(again) if again.status == 304 && again.body.is_empty() => {
            area.ok("etag", "what hasn't changed isn't sent again (304)");
        }
        Ok(again) if again.status == 200 => area.warning(
            "etag",
            "the same answer is sent again, though If-None-Match has its ETag",
            "answer 304 where If-None-Match has the ETag",
        ),
        Ok(again) => area.problem(
            "etag",
            format!(
                "a check with If-None-Match is answered with {}",
                again.status
            ),
            "answer 304 where If-None-Match has the ETag, or 200",
        ),
        Err(problem) => area.problem(
            "etag",
            format!("a check with If-None-Match isn't answered: {problem}"),
            "answer 304 where If-None-Match has the ETag, or 200",
        ),
    }
}

/// The encoding of a body, where it isn't as it is.
pub(super) fn coded(encoding: Option<&str>) -> Option<&str> {
    encoding.filter(|coding| !coding.eq_ignore_ascii_case("identity"))
}

/// A URL without its query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}
