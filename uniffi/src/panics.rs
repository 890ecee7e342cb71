//! Where panics end.
//!
//! A call that can fail carries them over the border as an error. Swift has nothing to catch them
//! with in one that can't, nor in the end of an object: the app would end, perhaps at each start.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::UpdaterError;

/// For calls that can't fail; nothing where the work panicked.
pub(crate) fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// For calls that can: hosts expect this error and no other.
pub(crate) fn or_internal<T>(
    work: impl FnOnce() -> Result<T, UpdaterError>,
) -> Result<T, UpdaterError> {
    unless_it_panics(work).unwrap_or_else(|| Err(UpdaterError::internal()))
}
