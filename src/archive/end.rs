//! Finds the central directory from the end of the archive.

use super::fields::{Fields, cannot_read, invalid, read_exact_at};
use crate::error::Error;
use crate::store::storage::ReadAt;

const END_SIGNATURE: u32 = 0x0605_4b50;
const END_LEN: usize = 22;
const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const ZIP64_LOCATOR_LEN: usize = 20;
const ZIP64_END_SIGNATURE: u32 = 0x0606_4b50;
const ZIP64_END_LEN: usize = 56;
/// Bytes of a zip64 end record that its own size field doesn't count.
const ZIP64_END_UNCOUNTED: u64 = 12;
const MAX_COMMENT_LEN: u64 = 0xffff;

const SPLIT: &str = "it is one part of a split archive";

/// Where the central directory is, as the end record says it.
///
/// It lies inside of the file and ends where the (zip64) end record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) entries: u64,
}

impl Directory {
    /// Reads the end record, which has to end where the file ends.
    pub(super) fn locate(source: &dyn ReadAt) -> Result<Self, Error> {
        let len = source.len().map_err(cannot_read)?;
        let (end, end_offset) = EndRecord::find(source, len)?;
        let locator = Zip64Locator::read(source, end_offset)?;
        let (directory, directory_end) = match locator {
            Some(locator) => (locator.follow(source, &end)?, locator.record_offset),
            None => (end.directory()?, end_offset),
        };
        // Nothing may lie between the directory and its end record. Another reader would count
        // such bytes as a prefix, and move every offset by it.
        if directory.offset.checked_add(directory.len) != Some(directory_end) {
            return Err(invalid(
                "its central directory does not end where the end record begins",
            ));
        }
        Ok(directory)
    }
}

#[derive(Clone, Copy)]
struct EndRecord {
    disk: u16,
    directory_disk: u16,
    entries_on_disk: u16,
    entries: u16,
    directory_len: u32,
    directory_offset: u32,
    comment_len: u16,
}

impl EndRecord {
    /// Looks for the one record whose comment reaches exactly to the end of the file.
    fn find(source: &dyn ReadAt, len: u64) -> Result<(Self, u64), Error> {
        let tail_len = len.min(END_LEN as u64 + MAX_COMMENT_LEN);
        let tail_offset = len - tail_len;
        let mut tail = vec![0; usize::try_from(tail_len).unwrap_or_default()];
        read_exact_at(source, &mut tail, tail_offset)?;
        let mut found = None;
        for (position, window) in tail.windows(END_LEN).enumerate() {
            let Some(record) = Self::parse(window) else {
                continue;
            };
            if position + END_LEN + usize::from(record.comment_len) != tail.len() {
                continue;
            }
            // Readers disagree on which of two they take.
            if found.is_some() {
                return Err(invalid("it has two end records"));
            }
            found = Some((record, tail_offset + position as u64));
        }
        found.ok_or_else(|| invalid("it has no end record, or something follows it"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        if fields.u32()? != END_SIGNATURE {
            return None;
        }
        Some(Self {
            disk: fields.u16()?,
            directory_disk: fields.u16()?,
            entries_on_disk: fields.u16()?,
            entries: fields.u16()?,
            directory_len: fields.u32()?,
            directory_offset: fields.u32()?,
            comment_len: fields.u16()?,
        })
    }

    fn directory(&self) -> Result<Directory, Error> {
        if self.disk != 0 || self.directory_disk != 0 || self.entries_on_disk != self.entries {
            return Err(invalid(SPLIT));
        }
        Ok(Directory {
            offset: self.directory_offset.into(),
            len: self.directory_len.into(),
            entries: self.entries.into(),
        })
    }
}

struct Zip64Locator {
    disk: u32,
    record_offset: u64,
    disks: u32,
    own_offset: u64,
}

impl Zip64Locator {
    /// Reads the locator right in front of the end record, where there is one.
    fn read(source: &dyn ReadAt, end_offset: u64) -> Result<Option<Self>, Error> {
        let Some(own_offset) = end_offset.checked_sub(ZIP64_LOCATOR_LEN as u64) else {
            return Ok(None);
        };
        let mut bytes = [0; ZIP64_LOCATOR_LEN];
        read_exact_at(source, &mut bytes, own_offset)?;
        Ok(Self::parse(&bytes, own_offset))
    }

    fn parse(bytes: &[u8], own_offset: u64) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        if fields.u32()? != ZIP64_LOCATOR_SIGNATURE {
            return None;
        }
        Some(Self {
            disk: fields.u32()?,
            record_offset: fields.u64()?,
            disks: fields.u32()?,
            own_offset,
        })
    }

    /// Reads the zip64 end record, which has to reach to the locator and to agree with `end`.
    fn follow(&self, source: &dyn ReadAt, end: &EndRecord) -> Result<Directory, Error> {
        if self.disk != 0 || self.disks > 1 {
            return Err(invalid(SPLIT));
        }
        let mut bytes = [0; ZIP64_END_LEN];
        let fits = self
            .record_offset
            .checked_add(ZIP64_END_LEN as u64)
            .is_some_and(|record_end| record_end <= self.own_offset);
        if !fits {
            return Err(invalid("its zip64 end record is not where it should be"));
        }
        read_exact_at(source, &mut bytes, self.record_offset)?;
        let record = Zip64EndRecord::parse(&bytes)
            .filter(|record| {
                record
                    .len
                    .checked_add(ZIP64_END_UNCOUNTED)
                    .and_then(|len| len.checked_add(self.record_offset))
                    == Some(self.own_offset)
            })
            .ok_or_else(|| invalid("its zip64 end record is not where it should be"))?;
        record.directory(end)
    }
}

struct Zip64EndRecord {
    len: u64,
    disk: u32,
    directory_disk: u32,
    entries_on_disk: u64,
    entries: u64,
    directory_len: u64,
    directory_offset: u64,
}

impl Zip64EndRecord {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        if fields.u32()? != ZIP64_END_SIGNATURE {
            return None;
        }
        let len = fields.u64()?;
        // The versions that made it and that are needed.
        fields.u32()?;
        Some(Self {
            len,
            disk: fields.u32()?,
            directory_disk: fields.u32()?,
            entries_on_disk: fields.u64()?,
            entries: fields.u64()?,
            directory_len: fields.u64()?,
            directory_offset: fields.u64()?,
        })
    }

    fn directory(&self, end: &EndRecord) -> Result<Directory, Error> {
        if self.disk != 0 || self.directory_disk != 0 || self.entries_on_disk != self.entries {
            return Err(invalid(SPLIT));
        }
        // APPNOTE 4.4.1.4: a field of the end record is either all ones or the value itself.
        let narrow_agree = agrees16(end.disk, 0)
            && agrees16(end.directory_disk, 0)
            && agrees16(end.entries_on_disk, self.entries_on_disk)
            && agrees16(end.entries, self.entries)
            && agrees32(end.directory_len, self.directory_len)
            && agrees32(end.directory_offset, self.directory_offset);
        if !narrow_agree {
            return Err(invalid("its two end records disagree"));
        }
        Ok(Directory {
            offset: self.directory_offset,
            len: self.directory_len,
            entries: self.entries,
        })
    }
}

fn agrees16(narrow: u16, wide: u64) -> bool {
    narrow == u16::MAX || u64::from(narrow) == wide
}

fn agrees32(narrow: u32, wide: u64) -> bool {
    narrow == u32::MAX || u64::from(narrow) == wide
}
