//! The crate as the languages see it.

mod arguments;
mod json;
mod opening;
mod panicking;
