//! Reads numbers out of an archive's records.

use std::io;
use std::path::Path;

use crate::error::Error;
use crate::store::storage::ReadAt;

/// The rest of a record, from which fields are taken in order. Numbers are little-endian.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }
}

/// Fills `buffer` from `offset` on.
pub(super) fn read_exact_at(
    source: &dyn ReadAt,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> Result<(), Error> {
    while !buffer.is_empty() {
        let count = read_at(source, buffer, offset).map_err(cannot_read)?;
        if count == 0 {
            return Err(invalid("it ends too early"));
        }
        offset += count as u64;
        buffer = buffer.get_mut(count..).unwrap_or_default();
    }
    Ok(())
}

/// Reads some bytes, again where a signal came in between.
pub(super) fn read_at(source: &dyn ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match source.read_at(buffer, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The archive's file could not be read; nothing is said about its bytes.
pub(super) fn cannot_read(error: io::Error) -> Error {
    Error::storage("read", Path::new("the archive"), error)
}

/// The archive as a whole is broken.
pub(super) fn invalid(problem: impl Into<String>) -> Error {
    Error::InvalidArchive {
        entry: None,
        problem: problem.into(),
    }
}

/// One entry of the archive is broken.
pub(super) fn invalid_entry(name: &[u8], problem: impl Into<String>) -> Error {
    Error::InvalidArchive {
        entry: Some(shown(name)),
        problem: problem.into(),
    }
}

/// A name as an error message shows it: decoded lossily, and cut where it is absurdly long.
pub(super) fn shown(name: &[u8]) -> String {
    const SHOWN: usize = 700;
    match name.get(..SHOWN) {
        Some(start) if name.len() > SHOWN => format!("{}…", String::from_utf8_lossy(start)),
        _ => String::from_utf8_lossy(name).into_owned(),
    }
}
