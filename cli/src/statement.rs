//! Release statements in files: which files are some, how they are shown, and how sequences are
//! counted.

mod sequence;
mod table;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

pub(crate) use sequence::{Line as SequenceLine, SequenceFile, Wanted as WantedSequence};
pub(crate) use table::Table;

/// Whether a file looks like a statement, and not like a zip.
pub(crate) fn is_in(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut start)?;
    Ok(start.trim_ascii_start().starts_with(b"{"))
}
