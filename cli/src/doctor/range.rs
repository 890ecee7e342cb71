//! Whether a download that was cut can go on where it was.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::asker::{Answer, Asker};
use super::download::Downloaded;
use super::findings::{Area, Findings};

/// How much of a part is compared.
const COMPARED: usize = 64 * 1024;
const FIX: &str =
    "answer Range with 206 and `Content-Range: bytes START-END/SIZE`, or with 200 and everything";

pub(super) async fn examine(asker: &Asker<'_>, bundle: &Downloaded, findings: &mut Findings) {
    let mut area = findings.area("resume");
    if bundle.size < 2 {
        return;
    }
    let start = bundle.size / 2;
    let range = format!("bytes={start}-");
    let mut headers = vec![("range", range.as_str())];
    if let Some(etag) = &bundle.etag {
        headers.push(("if-range", etag));
    }
    match asker.get(&bundle.url, &headers, COMPARED).await {
        Ok(answer) => part(&answer, bundle, start, &mut area),
        Err(problem) => area.problem("range", format!("Range isn't answered: {problem}"), FIX),
    }
    changed(asker, bundle, &range, &mut area).await;
    beyond(asker, bundle, &mut area).await;
}

fn part(answer: &Answer, bundle: &Downloaded, start: u64, area: &mut Area<'_>) {
    match answer.status {
        206 => {}
        200 => {
            area.warning(
                "range",
                "Range is answered with everything: a download that was cut begins anew",
                "let the server, the proxy and the CDN answer Range with 206",
            );
            return;
        }
        status => {
            area.problem("range", format!("Range is answered with {status}"), FIX);
            return;
        }
    }
    let end = bundle.size - 1;
    let expected = format!("bytes {start}-{end}/{}", bundle.size);
    let found = answer.header("content-range").unwrap_or("missing");
    // RFC 9110, section 14.4: without the total it says less, and is right.
    let is_right = found == expected || found == format!("bytes {start}-{end}/*");
    if !is_right {
        area.problem(
            "content_range",
            format!("Content-Range is {found}, and should be {expected}"),
            FIX,
        );
        return;
    }
    match same_bytes(bundle.file.as_file(), start, &answer.body) {
        Ok(true) => area.ok("range", "a download that was cut goes on (206)"),
        _ => area.problem(
            "range",
            "a part has other bytes than the whole",
            "all machines behind the address have to serve the same bytes",
        ),
    }
}

fn same_bytes(file: &File, start: u64, part: &[u8]) -> io::Result<bool> {
    let mut bytes = vec![0; part.len()];
    file.read_exact_at(&mut bytes, start)?;
    Ok(!part.is_empty() && bytes == part)
}

/// RFC 9110, section 13.1.5: a part is only sent where `If-Range` has the validator.
async fn changed(asker: &Asker<'_>, bundle: &Downloaded, range: &str, area: &mut Area<'_>) {
    if bundle.etag.is_none() {
        return;
    }
    let headers = [("range", range), ("if-range", "\"of-another-bundle\"")];
    match asker.get(&bundle.url, &headers, 0).await {
        Ok(answer) if answer.status == 200 => {
            area.ok("if_range", "a bundle that changed is sent whole (If-Range)");
        }
        Ok(answer) if answer.status == 206 => area.warning(
            "if_range",
            "If-Range is ignored: two versions of a file get mixed, which is found at the end",
            "answer 200 and everything where If-Range has another ETag",
        ),
        Ok(answer) => area.problem(
            "if_range",
            format!(
                "If-Range with another ETag is answered with {}",
                answer.status
            ),
            "answer 200 and everything where If-Range has another ETag",
        ),
        Err(problem) => area.problem(
            "if_range",
            format!("If-Range isn't answered: {problem}"),
            "answer 200 and everything where If-Range has another ETag",
        ),
    }
}

/// RFC 9110, section 15.5.17: what lies behind the end isn't there.
async fn beyond(asker: &Asker<'_>, bundle: &Downloaded, area: &mut Area<'_>) {
    let range = format!("bytes={}-", bundle.size);
    let expected = format!("bytes */{}", bundle.size);
    match asker.get(&bundle.url, &[("range", &range)], 0).await {
        Ok(answer) if answer.status == 416 => match answer.header("content-range") {
            Some(found) if found == expected => {
                area.ok("unsatisfiable", "what lies behind the end is refused (416)");
            }
            _ => area.warning(
                "unsatisfiable",
                "416 comes without the size",
                "send `Content-Range: bytes */SIZE` with 416",
            ),
        },
        Ok(answer) => area.warning(
            "unsatisfiable",
            format!("a range behind the end is answered with {}", answer.status),
            "answer 416: a download that is complete is fetched again",
        ),
        Err(problem) => area.warning(
            "unsatisfiable",
            format!("a range behind the end isn't answered: {problem}"),
            "answer 416",
        ),
    }
}
