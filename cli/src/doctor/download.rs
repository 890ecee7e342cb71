//! The bundle's bytes, and the headers that they come with.

use std::io::Write as _;

use tempfile::NamedTempFile;
use url::Url;

use super::asker::{Asker, Coming, strong};
use super::check::{coded, shown};
use super::findings::{Area, Findings};
use super::offer::Offer;
use super::target::Target;
use crate::output::{Failure, Output};

/// A bundle that was downloaded.
pub(super) struct Downloaded {
    pub(super) file: NamedTempFile,
    /// Bytes.
    pub(super) size: u64,
    pub(super) url: Url,
    /// A strong one.
    pub(super) etag: Option<String>,
}

/// Downloads what is offered; none where it isn't there, or isn't a bundle.
pub(super) async fn examine(
    target: &Target,
    asker: &Asker<'_>,
    offer: &Offer,
    findings: &mut Findings,
    output: &Output,
) -> Result<Option<Downloaded>, Failure> {
    let mut area = findings.area("download");
    let Some(url) = &offer.url else {
        return Ok(None);
    };
    let coming = match asker.begin(url, &[]).await {
        Ok(coming) => coming,
        Err(problem) => {
            no_bundle(
                &mut area,
                format!("{} isn't answered: {problem}", shown(url)),
            );
            return Ok(None);
        }
    };
    if coming.status != 200 {
        let message = format!("{} is answered with {}", shown(url), coming.status);
        no_bundle(&mut area, message);
        return Ok(None);
    }
    if !head(&coming, &mut area) {
        return Ok(None);
    }
    let etag = strong(coming.header("etag")).map(str::to_owned);
    let most = target.max_bundle_bytes.min(offer.size.unwrap_or(u64::MAX));
    let Some((file, size)) = body(coming, offer.size, most, &mut area, output).await? else {
        return Ok(None);
    };
    Ok(Some(Downloaded {
        file,
        size,
        url: url.clone(),
        etag,
    }))
}

fn no_bundle(area: &mut Area<'_>, message: String) {
    area.problem(
        "no_bundle",
        message,
        "downloadUrl has to lead to the zip, without a login",
    );
}

/// Whether the body is worth reading.
fn head(coming: &Coming, area: &mut Area<'_>) -> bool {
    if let Some(coding) = coded(coming.header("content-encoding")) {
        area.problem(
            "content_encoding",
            format!("the zip comes encoded ({coding}): devices refuse it"),
            "don't compress zips on the way: switch gzip off for them in the server, the proxy, the CDN",
        );
        return false;
    }
    let kind = coming.header("content-type").unwrap_or("missing");
    let plain = kind.split(';').next().unwrap_or_default().trim();
    if plain.eq_ignore_ascii_case("text/html") {
        area.problem(
            "content_type",
            "a page of HTML is where the zip should be",
            "downloadUrl has to lead to the zip itself, without a login",
        );
        return false;
    }
    let known = [
        "application/zip",
        "application/octet-stream",
        "application/x-zip-compressed",
    ];
    match known.iter().any(|known| plain.eq_ignore_ascii_case(known)) {
        true => area.ok("content_type", format!("it is {plain}")),
        false => area.warning(
            "content_type",
            format!("its Content-Type is {kind}"),
            "send Content-Type: application/zip: proxies compress what looks like text",
        ),
    }
    if coming.redirects > 0 {
        area.ok(
            "redirect",
            format!("it is redirected, to {}", shown(&coming.url)),
        );
    }
    etag(coming, area);
    caching(coming, area);
    true
}

fn etag(coming: &Coming, area: &mut Area<'_>) {
    let etag = coming.header("etag");
    match (strong(etag), etag) {
        (Some(_), _) => area.ok("etag", "it has a strong ETag"),
        (None, Some(weak)) => area.warning(
            "etag",
            format!("its ETag {weak} is a weak one, with which nothing can be continued safely"),
            "send a strong ETag: proxies that compress weaken it",
        ),
        (None, None) => area.warning(
            "etag",
            "it has no ETag: that it changed is only found at the end",
            "send a strong ETag",
        ),
    }
}

fn caching(coming: &Coming, area: &mut Area<'_>) {
    let control = coming.header("cache-control").unwrap_or_default();
    let control = control.to_ascii_lowercase();
    let is_kept = control.contains("immutable") || max_age(&control) >= 24 * 60 * 60;
    match is_kept && !control.contains("no-store") {
        true => area.ok("cache_control", format!("a CDN may keep it ({control})")),
        false => area.warning(
            "cache_control",
            match control.as_str() {
                "" => "nothing says how long a CDN may keep it".to_owned(),
                control => format!("a CDN doesn't keep it for long ({control})"),
            },
            "send Cache-Control: public, max-age=31536000, immutable, where the address names the content",
        ),
    }
}

fn max_age(control: &str) -> u64 {
    let mut directives = control.split(',').map(str::trim);
    let age = directives.find_map(|directive| directive.strip_prefix("max-age="));
    age.and_then(|age| age.parse().ok()).unwrap_or(0)
}

async fn body(
    mut coming: Coming,
    size: Option<u64>,
    most: u64,
    area: &mut Area<'_>,
    output: &Output,
) -> Result<Option<(NamedTempFile, u64)>, Failure> {
    let unwritable = |error| Failure::unwritable(&std::env::temp_dir(), &error);
    let mut file = NamedTempFile::new().map_err(unwritable)?;
    let bar = output.progress(size.unwrap_or_default());
    let mut received = 0;
    let problem = loop {
        match coming.piece().await {
            Ok(Some(piece)) => {
                received += piece.len() as u64;
                if received > most {
                    break Some(format!(
                        "it has more than the {most} bytes that were promised"
                    ));
                }
                file.write_all(&piece).map_err(unwritable)?;
                bar.set_position(received);
            }
            Ok(None) => break None,
            Err(problem) => break Some(format!("it broke off after {received} bytes: {problem}")),
        }
    };
    bar.finish_and_clear();
    file.flush().map_err(unwritable)?;
    let problem = problem.or_else(|| {
        let size = size.filter(|size| *size != received)?;
        Some(format!("it has {received} bytes, and not {size}"))
    });
    match problem {
        Some(problem) => {
            area.problem(
                "bytes",
                problem,
                "the zip, its Content-Length and the answer's `size` have to agree",
            );
            Ok(None)
        }
        None => {
            area.ok("bytes", format!("{received} bytes came"));
            Ok(Some((file, received)))
        }
    }
}
