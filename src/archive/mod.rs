//! Unpacks bundles that anybody may have made.
//!
//! A zip says most things twice: in the central directory, in front of each file, and sometimes
//! behind it. Readers that believe different copies see different archives. This one reads
//! every copy and takes an archive only where they agree, so that what was checked is what any
//! other tool unpacks.
//!
//! [`Archive::open`] judges all that can be judged without inflating: nothing is written for an
//! archive that it refuses. [`unpack`] then writes the files and checks each against its header.
//! Neither is a substitute for the bundle's signature, which is verified before.

mod check;
mod end;
mod entry_reader;
mod fields;
mod file_list;
mod headers;
mod listing;
mod open;
mod parallel;
mod path;
mod records;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod unpack;

use std::collections::BinaryHeap;

pub use file_list::{DecodeFileListError, FileList, ListedFile};
pub use listing::list_bundle;
pub(crate) use open::Archive;
pub(crate) use unpack::{FileSource, unpack};

/// Sorts by a heap. The standard library's sorts are faster, and bring 4 KB of code for each type
/// that they sort; these lists are short, and sorted once a bundle.
fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    BinaryHeap::from(items).into_sorted_vec()
}

/// What a bundle may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most entries that the archive may have, folders included. Folders that are only
    /// implied by the names of files are counted apart, up to the same number.
    pub max_files: u32,
    /// The most bytes that all files may have together.
    pub max_unpacked_bytes: u64,
    /// Whether what macOS puts into archives, `__MACOSX/` and `.DS_Store`, is left out. Else such an
    /// archive is refused.
    pub skips_macos_files: bool,
}

impl Default for Limits {
    /// 20,000 entries and 1 GiB, and what macOS adds is left out.
    fn default() -> Self {
        Self {
            max_files: 20_000,
            max_unpacked_bytes: 1 << 30,
            skips_macos_files: true,
        }
    }
}
