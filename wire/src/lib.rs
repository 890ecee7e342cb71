//! What update servers for `live-updater` have in common on the wire.
//!
//! The [answer to a check](Release) and the [report of a verdict](Confirmation), as the
//! native-update protocol has them, and [which bytes](range::select) of a bundle a request asks for.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod confirmation;
pub mod range;
mod release;

pub use confirmation::Confirmation;
pub use release::{Release, nothing};
