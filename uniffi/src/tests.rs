//! The crate as the languages see it.

mod json;
mod opening;
mod panicking;
