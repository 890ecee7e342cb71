//! Reads one file out of an archive.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::fields::{invalid_entry, read_at};
use super::records::Method;
use crate::error::Error;
use crate::store::storage::ReadAt;

const INPUT_BUFFER_LEN: usize = 64 * 1024;

/// Where the bytes of a file are in the archive, and what they have to be.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) name: Box<str>,
    pub(super) method: Method,
    pub(super) offset: u64,
    pub(super) compressed_size: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
}

/// The bytes of one file.
///
/// It fails at the first byte over the size in the header, and says that the file ends only
/// after size and CRC hold. An error about the archive's bytes is an [`Error`] inside of the
/// [`io::Error`].
pub(super) struct EntryReader<'a> {
    location: &'a Location,
    input: Input<'a>,
    // Raw deflate data, or nothing where the file is stored.
    inflate: Option<Inflate>,
    inflaters: &'a Inflaters,
    crc: Crc,
    produced: u64,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(
        source: &'a dyn ReadAt,
        location: &'a Location,
        inflaters: &'a Inflaters,
    ) -> Self {
        let inflate = match location.method {
            Method::Stored => None,
            Method::Deflated => Some(inflaters.take()),
        };
        Self {
            inflaters,
            location,
            input: Input {
                source,
                offset: location.offset,
                left: location.compressed_size,
            },
            inflate,
            crc: Crc::new(),
            produced: 0,
        }
    }

    fn invalid(&self, problem: &str) -> io::Error {
        io::Error::other(invalid_entry(self.location.name.as_bytes(), problem))
    }

    fn check_end(&self) -> io::Result<()> {
        if self.produced != self.location.size {
            return Err(self.invalid("it has fewer bytes than its header says"));
        }
        if self.crc.sum() != self.location.crc {
            return Err(self.invalid("its CRC is not the one in its header"));
        }
        if self.input.left != 0
            || self
                .inflate
                .as_ref()
                .is_some_and(|inflate| !inflate.is_used_up())
        {
            return Err(self.invalid("something follows its compressed data"));
        }
        Ok(())
    }
}

impl Drop for EntryReader<'_> {
    fn drop(&mut self) {
        if let Some(inflate) = self.inflate.take() {
            self.inflaters.give_back(inflate);
        }
    }
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        // One byte more than there may be is enough to catch a size that lies.
        let room = (self.location.size - self.produced).saturating_add(1);
        let room = usize::try_from(room)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        let count = match &mut self.inflate {
            None => self.input.read(buffer)?,
            Some(inflate) => match inflate.read(&mut self.input, buffer)? {
                Some(count) => count,
                None => return Err(self.invalid("its compressed data is broken")),
            },
        };
        if count == 0 {
            self.check_end()?;
            return Ok(0);
        }
        if count as u64 > self.location.size - self.produced {
            return Err(self.invalid("it has more bytes than its header says"));
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.produced += count as u64;
        Ok(count)
    }
}

/// The compressed bytes of one file.
struct Input<'a> {
    source: &'a dyn ReadAt,
    offset: u64,
    left: u64,
}

impl Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let room = room.min(buffer.len());
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        let count = read_at(self.source, buffer, self.offset)?;
        self.offset += count as u64;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

/// What inflating a file takes, for one file after the other: made anew for each, it leaves holes
/// in the heap, and memory grows with the number of files.
#[derive(Debug, Default)]
pub(super) struct Inflaters(Mutex<Vec<Inflate>>);

impl Inflaters {
    fn take(&self) -> Inflate {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(Inflate::new)
    }

    fn give_back(&self, mut inflate: Inflate) {
        inflate.reset();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(inflate);
    }
}

#[derive(Debug)]
struct Inflate {
    state: Decompress,
    buffer: Vec<u8>,
    // What of the buffer is filled and not yet inflated.
    start: usize,
    end: usize,
    ended: bool,
}

impl Inflate {
    fn new() -> Self {
        Self {
            state: Decompress::new(false),
            buffer: vec![0; INPUT_BUFFER_LEN],
            start: 0,
            end: 0,
            ended: false,
        }
    }

    fn reset(&mut self) {
        self.state.reset(false);
        (self.start, self.end) = (0, 0);
        self.ended = false;
    }

    fn is_used_up(&self) -> bool {
        self.start == self.end
    }

    /// Some bytes, 0 at the end of the deflate stream, or `None` where the stream is broken.
    fn read(&mut self, input: &mut Input<'_>, output: &mut [u8]) -> io::Result<Option<usize>> {
        while !self.ended {
            if self.is_used_up() {
                self.start = 0;
                self.end = input.read(&mut self.buffer)?;
            }
            let (consumed_before, produced_before) =
                (self.state.total_in(), self.state.total_out());
            let pending = self.buffer.get(self.start..self.end).unwrap_or_default();
            let Ok(status) = self
                .state
                .decompress(pending, output, FlushDecompress::None)
            else {
                return Ok(None);
            };
            let consumed = self.state.total_in() - consumed_before;
            let produced = self.state.total_out() - produced_before;
            self.start += usize::try_from(consumed).unwrap_or_default();
            self.ended = status == Status::StreamEnd;
            if produced > 0 {
                return Ok(usize::try_from(produced).ok());
            }
            // No input left, and the stream doesn't say that it ends.
            if consumed == 0 && !self.ended {
                return Ok(None);
            }
        }
        Ok(Some(0))
    }
}

/// The error inside of what an [`EntryReader`] gave, or that the archive couldn't be read.
pub(super) fn reader_error(error: io::Error) -> Error {
    error
        .downcast::<Error>()
        .unwrap_or_else(super::fields::cannot_read)
}
