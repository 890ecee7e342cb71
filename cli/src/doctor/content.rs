//! Whether devices take what is offered: statement, checksum, signature, and what is in the zip.

use std::time::{Duration, SystemTime};

use live_updater::{
    Error, PinnedKeys, StatementContent, Trust, list_bundle, read_statement, verify_file,
    verify_statement,
};
use live_updater_signing::Timestamp;

use super::download::Downloaded;
use super::findings::{Area, Findings};
use super::offer::Offer;
use super::target::Target;

/// A statement that expires sooner leaves little time to sign another.
const SOON: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Looks at the statement, where there is one, or should be.
pub(super) fn examine_statement(target: &Target, offer: &Offer, findings: &mut Findings) {
    let mut area = findings.area("statement");
    if target.is_mode_known && !matches!(target.trust, Some(Trust::Statement { .. })) {
        // Such an app doesn't read any.
        return;
    }
    let stated = match (&offer.statement, &target.trust) {
        (None, Some(Trust::Statement { .. })) => {
            area.problem(
                "signature_missing",
                "there is no statement, and the app asks for one",
                "sign the release: `live-updater publish --statement`, or `live-updater sign statement`",
            );
            return;
        }
        (None, _) => return,
        (Some(stated), _) => stated,
    };
    let content = match keys(target) {
        Some((keys, threshold)) => {
            let verified = verify_statement(stated, keys, threshold, SystemTime::now());
            match verified {
                Ok(verified) => {
                    let ids = verified.key_ids.join(", ");
                    area.ok("signature", format!("the statement is signed by {ids}"));
                    verified.content
                }
                Err(error) => return refused(&error, &mut area),
            }
        }
        None => match read_statement(stated) {
            Ok(content) => {
                area.warning(
                    "not_verified",
                    "nobody verified who signed the statement",
                    "name the app's key with --key, or its configuration with --config",
                );
                content
            }
            Err(error) => return refused(&error, &mut area),
        },
    };
    addressee(target, offer, &content, &mut area);
    expiry(&content, &mut area);
}

fn keys(target: &Target) -> Option<(&PinnedKeys, usize)> {
    match target.trust.as_ref()? {
        Trust::Statement { keys, threshold } => Some((keys, *threshold)),
        Trust::Bundle { keys } => Some((keys, 1)),
        _ => None,
    }
}

/// The message names code and reason, as a device would.
fn refused(error: &Error, area: &mut Area<'_>) {
    area.problem(
        error.code(),
        format!("devices refuse it: {error}"),
        "sign it with a key that the app pins, and serve what was signed",
    );
}

fn addressee(target: &Target, offer: &Offer, content: &StatementContent, area: &mut Area<'_>) {
    let is_for = content.app_id == target.app_id
        && content.channel == target.channel
        && content.platforms.contains(&target.platform);
    if !is_for {
        area.problem(
            "app_mismatch",
            format!(
                "the statement is for {}, channel {}, {}",
                content.app_id,
                content.channel,
                content.platforms.join(" and ")
            ),
            "offer statements to the app, channel and platform that they name",
        );
    }
    let Some(bundle) = &content.bundle else {
        return;
    };
    let version = offer.version.as_ref().map(ToString::to_string);
    let differs = (version.is_some() && version != content.version)
        || offer
            .checksum
            .is_some_and(|checksum| checksum != bundle.sha256)
        || offer.size.is_some_and(|size| size != bundle.size);
    if differs {
        area.warning(
            "statement_mismatch",
            "the statement is about another bundle than what stands beside it",
            "the statement wins on devices: let checksum and size say the same",
        );
    }
}

fn expiry(content: &StatementContent, area: &mut Area<'_>) {
    let now = SystemTime::now();
    let left = content.expires_at.duration_since(now).unwrap_or_default();
    let (day, moment) = (24 * 60 * 60, Timestamp::from(content.expires_at));
    match left {
        Duration::ZERO => area.problem(
            "expired",
            format!("the statement has expired at {moment}"),
            "sign it anew: `live-updater publish --statement`",
        ),
        left if left < SOON => area.warning(
            "expires",
            format!("the statement expires at {moment}"),
            "sign it anew before",
        ),
        left => area.ok(
            "expires",
            format!("the statement holds for {} days", left.as_secs() / day),
        ),
    }
}

/// Looks at the bytes, as a device does before it unpacks them, and then at what is in them.
pub(super) fn examine_bundle(
    target: &Target,
    offer: &Offer,
    bundle: &Downloaded,
    findings: &mut Findings,
) {
    let mut area = findings.area("bundle");
    let stated = offer.statement.as_deref().map(read_statement);
    let stated = stated
        .and_then(Result::ok)
        .and_then(|content| content.bundle);
    let path = bundle.file.path();
    let checksum = match &stated {
        Some(stated) => Some(&stated.sha256),
        None => offer.checksum.as_ref(),
    };
    let checked = verify_file(path, checksum, None, &Trust::Unsigned);
    if let Err(error) = checked {
        area.problem(
            error.code(),
            format!("devices refuse it: {error}"),
            "the checksum is that of the zip's bytes as they are served: publish it again",
        );
        return;
    }
    if checksum.is_some() {
        area.ok("checksum", "its SHA-256 is the one that was told");
    }
    signature(target, offer, bundle, &mut area);
    match list_bundle(path, &target.limits) {
        Ok(files) => {
            if stated.is_some_and(|stated| stated.files_sha256 != files.sha256()) {
                area.problem(
                    "checksum_mismatch",
                    "its files aren't those of the statement",
                    "sign the bundle that is served",
                );
                return;
            }
            let (count, bytes) = (files.files().len(), files.total_size());
            area.ok(
                "archive",
                format!("{count} files with index.html, {bytes} bytes unpacked"),
            );
        }
        Err(error) => area.problem(
            error.code(),
            format!("devices refuse it: {error}"),
            "make it with `live-updater pack`",
        ),
    }
}

fn signature(target: &Target, offer: &Offer, bundle: &Downloaded, area: &mut Area<'_>) {
    let (Some(signature), trust) = (offer.signature.as_deref(), target.trust.as_ref()) else {
        if offer.statement.is_none() && target.trust.is_none() {
            area.warning(
                "unsigned",
                "it isn't signed: whoever controls the server controls the app",
                "sign it (`live-updater publish --sign`), and pin the key in the app",
            );
        }
        return;
    };
    match trust {
        Some(trust @ Trust::Bundle { .. }) => {
            let path = bundle.file.path();
            match verify_file(path, None, Some(signature), trust) {
                Ok(verified) => {
                    let id = verified.key_id.unwrap_or_default();
                    area.ok("signature", format!("it is signed by {id}"));
                }
                Err(error) => refused(&error, area),
            }
        }
        Some(_) => {}
        None => area.warning(
            "not_verified",
            "nobody verified who signed it",
            "name the app's key with --key, or its configuration with --config",
        ),
    }
}
