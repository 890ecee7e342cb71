//! What the tests of this module share.

mod raw_zip;
mod site;

pub(super) use raw_zip::{Descriptor, RawEntry, RawZip, Zip64End, deflate, noise, put16, put32};
pub(super) use site::{Site, open, open_within};
