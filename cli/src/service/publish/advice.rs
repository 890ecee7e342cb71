//! What to do where a bundle is there, and no release of it.

use super::super::answers::Bundle;
use crate::output::Failure;

/// The failure of a release, with what has become of the bundle, and how to go on.
pub(super) fn unreleased(failure: Failure, version: &str, channel: &str, is_new: bool) -> Failure {
    let way = match failure.code() {
        "forbidden" => {
            "say --no-release, or use a key that may release: `live-updater keys create --permission write`"
        }
        "statement_needed" => {
            "publish it again with --statement PRIVATE.pem, or a statement that was signed elsewhere"
        }
        _ => return failure,
    };
    let done = if is_new { "was sent" } else { "was there" };
    let message = format!(
        "{version} {done}, but channel {channel} doesn't give it: {failure}. To go on, {way}"
    );
    Failure::new(failure.code().to_owned(), message)
}

/// What to do about a bundle that is there without the signature that this one has.
pub(super) fn unsigned(known: &Bundle) -> String {
    let version = &known.version;
    let deletion =
        format!("`live-updater bundles delete {version}`, and publish it with --sign again");
    let way = match &*known.channels {
        [] => deletion,
        [first, ..] => format!(
            "publish it with --sign under a new version. To keep the version: have {} give another one first (`live-updater rollback --channel {first}`, or publish another), then {deletion}",
            known.channels.join(", ")
        ),
    };
    format!("{version} is there without a signature, and gets none: {way}")
}
