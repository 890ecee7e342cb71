//! Writes archives that lie.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

const HAS_DESCRIPTOR: u16 = 8;

/// A zip, field by field. What is left alone is right.
#[derive(Clone, Default)]
pub(in crate::archive) struct RawZip {
    pub(in crate::archive) entries: Vec<RawEntry>,
    pub(in crate::archive) comment: Vec<u8>,
    pub(in crate::archive) gap_before_directory: Vec<u8>,
    pub(in crate::archive) gap_after_directory: Vec<u8>,
    pub(in crate::archive) trailer: Vec<u8>,
    pub(in crate::archive) disk: u16,
    pub(in crate::archive) entry_count: Option<u64>,
    pub(in crate::archive) directory_len: Option<u64>,
    pub(in crate::archive) directory_offset: Option<u64>,
    pub(in crate::archive) zip64_end: Option<Zip64End>,
}

/// What a zip64 end record is like.
#[derive(Clone, Copy, Default)]
pub(in crate::archive) struct Zip64End {
    /// Whether the fields of the plain end record are all ones.
    pub(in crate::archive) masked: bool,
    /// Bytes added to the record's own length.
    pub(in crate::archive) len_lie: u64,
    /// Added to the number of entries in this record alone.
    pub(in crate::archive) count_lie: u64,
    /// Added to where the locator points.
    pub(in crate::archive) locator_lie: u64,
}

/// One entry. `Option`s are lies: `None` is the true value.
#[derive(Clone, Default)]
pub(in crate::archive) struct RawEntry {
    pub(in crate::archive) name: Vec<u8>,
    pub(in crate::archive) content: Vec<u8>,
    pub(in crate::archive) method: u16,
    pub(in crate::archive) flags: u16,
    pub(in crate::archive) made_by: u16,
    pub(in crate::archive) external_attributes: u32,
    pub(in crate::archive) disk: u16,
    pub(in crate::archive) central_extra: Vec<u8>,
    pub(in crate::archive) local_extra: Vec<u8>,
    pub(in crate::archive) comment: Vec<u8>,
    pub(in crate::archive) gap_before: Vec<u8>,
    pub(in crate::archive) descriptor: Option<Descriptor>,
    pub(in crate::archive) central_zip64: bool,
    pub(in crate::archive) local_zip64: bool,
    /// The compressed bytes.
    pub(in crate::archive) data: Option<Vec<u8>>,
    /// In both headers and the descriptor.
    pub(in crate::archive) crc: Option<u32>,
    pub(in crate::archive) size: Option<u64>,
    pub(in crate::archive) compressed_size: Option<u64>,
    pub(in crate::archive) offset: Option<u64>,
    /// In the local header alone.
    pub(in crate::archive) local_name: Option<Vec<u8>>,
    pub(in crate::archive) local_method: Option<u16>,
    pub(in crate::archive) local_flags: Option<u16>,
    pub(in crate::archive) local_crc: Option<u32>,
    pub(in crate::archive) local_size: Option<u64>,
    pub(in crate::archive) local_compressed_size: Option<u64>,
    pub(in crate::archive) local_signature: Option<u32>,
}

/// What follows the data of an entry whose sizes weren't known before.
#[derive(Clone, Copy, Default)]
pub(in crate::archive) struct Descriptor {
    pub(in crate::archive) signed: bool,
    pub(in crate::archive) wide: bool,
    pub(in crate::archive) missing: bool,
    pub(in crate::archive) crc: Option<u32>,
    pub(in crate::archive) size: Option<u64>,
}

impl RawZip {
    pub(in crate::archive) fn new(entries: impl IntoIterator<Item = RawEntry>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A bundle with an index and these entries.
    pub(in crate::archive) fn bundle(entries: impl IntoIterator<Item = RawEntry>) -> Self {
        Self::new(
            [RawEntry::stored("index.html", "<html>")]
                .into_iter()
                .chain(entries),
        )
    }

    pub(in crate::archive) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(in crate::archive) fn build(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for entry in &self.entries {
            out.extend(&entry.gap_before);
            let offset = out.len() as u64;
            entry.write_local(&mut out);
            entry.write_central(&mut directory, entry.offset.unwrap_or(offset));
        }
        out.extend(&self.gap_before_directory);
        let offset = self.directory_offset.unwrap_or(out.len() as u64);
        let len = self.directory_len.unwrap_or(directory.len() as u64);
        let count = self.entry_count.unwrap_or(self.entries.len() as u64);
        out.extend(directory);
        out.extend(&self.gap_after_directory);
        let masked = self.zip64_end.is_some_and(|end| end.masked);
        if let Some(end) = self.zip64_end {
            end.write(&mut out, count, len, offset);
        }
        put32(&mut out, 0x0605_4b50);
        put16(&mut out, self.disk);
        put16(&mut out, self.disk);
        put16(&mut out, if masked { u16::MAX } else { count as u16 });
        put16(&mut out, if masked { u16::MAX } else { count as u16 });
        put32(&mut out, if masked { u32::MAX } else { len as u32 });
        put32(&mut out, if masked { u32::MAX } else { offset as u32 });
        put16(&mut out, self.comment.len() as u16);
        out.extend(&self.comment);
        out.extend(&self.trailer);
        out
    }
}

impl Zip64End {
    fn write(self, out: &mut Vec<u8>, count: u64, len: u64, offset: u64) {
        let record_offset = out.len() as u64;
        put32(out, 0x0606_4b50);
        put64(out, 44 + self.len_lie);
        put16(out, 45);
        put16(out, 45);
        put32(out, 0);
        put32(out, 0);
        put64(out, count + self.count_lie);
        put64(out, count + self.count_lie);
        put64(out, len);
        put64(out, offset);
        put32(out, 0x0706_4b50);
        put32(out, 0);
        put64(out, record_offset + self.locator_lie);
        put32(out, 1);
    }
}

impl RawEntry {
    pub(in crate::archive) fn stored(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            content: content.as_ref().to_vec(),
            ..Self::default()
        }
    }

    pub(in crate::archive) fn deflated(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self::stored(name, content).with(|entry| entry.method = 8)
    }

    pub(in crate::archive) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The bytes that stand for the content.
    pub(in crate::archive) fn data(&self) -> Vec<u8> {
        match &self.data {
            Some(data) => data.clone(),
            None if self.method == 8 => deflate(&self.content),
            None => self.content.clone(),
        }
    }

    fn crc(&self) -> u32 {
        self.crc.unwrap_or_else(|| crc32fast::hash(&self.content))
    }

    fn size(&self) -> u64 {
        self.size.unwrap_or(self.content.len() as u64)
    }

    fn compressed_size(&self) -> u64 {
        self.compressed_size.unwrap_or(self.data().len() as u64)
    }

    fn flags(&self) -> u16 {
        self.flags | self.descriptor.map_or(0, |_| HAS_DESCRIPTOR)
    }

    fn write_local(&self, out: &mut Vec<u8>) {
        let known = self.descriptor.is_none();
        let or_zero = |value| if known { value } else { 0 };
        let crc = self.local_crc.unwrap_or(if known { self.crc() } else { 0 });
        let size = self.local_size.unwrap_or(or_zero(self.size()));
        let compressed = self
            .local_compressed_size
            .unwrap_or(or_zero(self.compressed_size()));
        let name = self.local_name.as_ref().unwrap_or(&self.name);
        let mut extra = self.local_extra.clone();
        if self.local_zip64 {
            put16(&mut extra, 1);
            put16(&mut extra, 16);
            put64(&mut extra, size);
            put64(&mut extra, compressed);
        }
        let narrow = |value: u64| {
            if self.local_zip64 {
                u32::MAX
            } else {
                value as u32
            }
        };
        put32(out, self.local_signature.unwrap_or(0x0403_4b50));
        put16(out, 20);
        put16(out, self.local_flags.unwrap_or(self.flags()));
        put16(out, self.local_method.unwrap_or(self.method));
        put32(out, 0x5a21_0000);
        put32(out, crc);
        put32(out, narrow(compressed));
        put32(out, narrow(size));
        put16(out, name.len() as u16);
        put16(out, extra.len() as u16);
        out.extend(name);
        out.extend(extra);
        out.extend(self.data());
        if let Some(descriptor) = self.descriptor {
            descriptor.write(out, self);
        }
    }

    fn write_central(&self, out: &mut Vec<u8>, offset: u64) {
        let mut extra = self.central_extra.clone();
        if self.central_zip64 {
            put16(&mut extra, 1);
            put16(&mut extra, 24);
            put64(&mut extra, self.size());
            put64(&mut extra, self.compressed_size());
            put64(&mut extra, offset);
        }
        let narrow = |value: u64| {
            if self.central_zip64 {
                u32::MAX
            } else {
                value as u32
            }
        };
        put32(out, 0x0201_4b50);
        put16(out, self.made_by);
        put16(out, 20);
        put16(out, self.flags());
        put16(out, self.method);
        put32(out, 0x5a21_0000);
        put32(out, self.crc());
        put32(out, narrow(self.compressed_size()));
        put32(out, narrow(self.size()));
        put16(out, self.name.len() as u16);
        put16(out, extra.len() as u16);
        put16(out, self.comment.len() as u16);
        put16(out, self.disk);
        put16(out, 0);
        put32(out, self.external_attributes);
        put32(out, narrow(offset));
        out.extend(&self.name);
        out.extend(extra);
        out.extend(&self.comment);
    }
}

impl Descriptor {
    fn write(self, out: &mut Vec<u8>, entry: &RawEntry) {
        if self.missing {
            return;
        }
        if self.signed {
            put32(out, 0x0807_4b50);
        }
        put32(out, self.crc.unwrap_or(entry.crc()));
        for size in [entry.compressed_size(), self.size.unwrap_or(entry.size())] {
            if self.wide {
                put64(out, size);
            } else {
                put32(out, size as u32);
            }
        }
    }
}

pub(in crate::archive) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Bytes that don't compress.
pub(in crate::archive) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push(state as u8);
    }
    bytes
}

pub(in crate::archive) fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_le_bytes());
}

pub(in crate::archive) fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}

pub(in crate::archive) fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend(value.to_le_bytes());
}
