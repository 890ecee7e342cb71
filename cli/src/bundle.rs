//! What packing and inspecting know about a bundle's files.

mod archive;
mod names;
mod search;
mod survey;
mod tree;

pub(crate) use archive::{TreeFileError, survey_zip, write_zip};
pub(crate) use survey::{Survey, SurveyedFile};
pub(crate) use tree::Tree;

/// What every updater looks for.
pub(crate) const INDEX: &str = "index.html";

/// The defaults of the device's limits, which the app's configuration may change.
const DEFAULT_MAX_FILES: usize = 20_000;
const DEFAULT_MAX_UNPACKED_BYTES: u64 = 1024 * 1024 * 1024;

/// Rubbish that macOS leaves in folders and archives.
fn is_rubbish(component: &str) -> bool {
    matches!(component, ".DS_Store" | "__MACOSX")
}
