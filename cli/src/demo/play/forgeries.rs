//! A server that offers what was not signed.

use std::fs;
use std::io;
use std::path::Path;

use live_updater::{Sha256Digest, Trust, verify_file};
use mock_update_server::MockServer;
use serde_json::json;

use super::host::{Host, text};
use super::watch::bundle_requests;
use super::{Cast, Stop};
use crate::demo::evidence::{Forgery, Observations};
use crate::sign::signature_file;

/// Three forgeries of the good bundle, each offered as an update to another device.
pub(super) fn act(cast: &mut Cast<'_>, seen: &mut Observations) -> Result<(), Stop> {
    cast.stage.act(
        "A hostile server",
        &["Another device, fresh from the store, is offered the good bundle with changes."],
    );
    let folder = cast.workshop.folder("hostile")?;
    let server = MockServer::builder(&folder).start_blocking()?;
    let root = cast.workshop.path("device-2");
    let mut host = cast.start_app_at(&root, &server)?;
    let running = host.launch(cast)?;
    host.show(cast, &running)?;

    let good = &cast.good;
    let mut flipped = fs::read(&good.zip)?;
    let middle = flipped.len() / 2;
    if let Some(byte) = flipped.get_mut(middle) {
        *byte ^= 1;
    }
    let path = cast.workshop.folder("scratch")?.join("flipped.zip");
    fs::write(&path, &flipped)?;
    let flipped_sha256 = verify_file(&path, None, None, &Trust::Unsigned)?.sha256;
    let strange = cast.workshop.strangers_signature(&good.zip)?;

    let mut offer = |version, zip: &Path, checksum: &Sha256Digest, signature: &str, story: &str| {
        place(&folder, version, zip, checksum, signature)?;
        let forgery = try_it(&mut host, &server, &root, version)?;
        cast.stage
            .say("forgery", format!("{story}: {}", forgery.answer));
        Ok::<_, Stop>(forgery)
    };
    let signature = &good.signature;
    seen.flipped = Some(offer(
        "2.0.1",
        &path,
        &good.sha256,
        signature,
        "one bit of the zip is another",
    )?);
    seen.adjusted = Some(offer(
        "2.0.2",
        &path,
        &flipped_sha256,
        signature,
        "and the checksum is made to match",
    )?);
    seen.strange = Some(offer(
        "2.0.3",
        &good.zip,
        &good.sha256,
        &strange,
        "the right zip, signed by a stranger",
    )?);
    Ok(host.close()?)
}

fn place(
    folder: &Path,
    version: &str,
    zip: &Path,
    checksum: &Sha256Digest,
    signature: &str,
) -> io::Result<()> {
    let target = folder.join(format!("app-{version}.zip"));
    fs::write(signature_file(&target), signature)?;
    fs::write(
        target.with_extension("json"),
        json!({"checksum": checksum.to_string()}).to_string(),
    )?;
    fs::copy(zip, &target).map(drop)
}

fn try_it(
    host: &mut Host,
    server: &MockServer,
    root: &Path,
    version: &str,
) -> Result<Forgery, Stop> {
    let answer = host.sync()?;
    let mut left = 0;
    for folder in ["bundles", "downloads", "staging", "trash"] {
        left += count_files(&root.join(folder))?;
    }
    Ok(Forgery {
        answer: answer.verdict,
        was_fetched: !bundle_requests(server, version).is_empty(),
        left,
        runs: text(&host.call("current", json!({}))?["bundle"]["version"]),
    })
}

fn count_files(folder: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut count = 0;
    for entry in entries {
        let entry = entry?;
        count += if entry.file_type()?.is_dir() {
            count_files(&entry.path())?
        } else {
            1
        };
    }
    Ok(count)
}
