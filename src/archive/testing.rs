//! Makes archives that lie, and a place to unpack them in.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use tempfile::TempDir;

use super::{Archive, FileList, Limits, unpack};
use crate::error::Error;
use crate::store::disk::DiskStorage;
use crate::store::storage::ReadAt;

const HAS_DESCRIPTOR: u16 = 8;

/// A zip, field by field. What is left alone is right.
#[derive(Clone, Default)]
pub(super) struct RawZip {
    pub(super) entries: Vec<RawEntry>,
    pub(super) comment: Vec<u8>,
    pub(super) gap_before_directory: Vec<u8>,
    pub(super) gap_after_directory: Vec<u8>,
    pub(super) trailer: Vec<u8>,
    pub(super) disk: u16,
    pub(super) entry_count: Option<u64>,
    pub(super) directory_len: Option<u64>,
    pub(super) directory_offset: Option<u64>,
    pub(super) zip64_end: Option<Zip64End>,
}

/// What a zip64 end record is like.
#[derive(Clone, Copy, Default)]
pub(super) struct Zip64End {
    /// Whether the fields of the plain end record are all ones.
    pub(super) masked: bool,
    /// Bytes added to the record's own length.
    pub(super) len_lie: u64,
    /// Added to the number of entries in this record alone.
    pub(super) count_lie: u64,
    /// Added to where the locator points.
    pub(super) locator_lie: u64,
}

/// One entry. `Option`s are lies: `None` is the true value.
#[derive(Clone, Default)]
pub(super) struct RawEntry {
    pub(super) name: Vec<u8>,
    pub(super) content: Vec<u8>,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) made_by: u16,
    pub(super) external_attributes: u32,
    pub(super) disk: u16,
    pub(super) central_extra: Vec<u8>,
    pub(super) local_extra: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) gap_before: Vec<u8>,
    pub(super) descriptor: Option<Descriptor>,
    pub(super) central_zip64: bool,
    pub(super) local_zip64: bool,
    /// The compressed bytes.
    pub(super) data: Option<Vec<u8>>,
    /// In both headers and the descriptor.
    pub(super) crc: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) compressed_size: Option<u64>,
    pub(super) offset: Option<u64>,
    /// In the local header alone.
    pub(super) local_name: Option<Vec<u8>>,
    pub(super) local_method: Option<u16>,
    pub(super) local_flags: Option<u16>,
    pub(super) local_crc: Option<u32>,
    pub(super) local_size: Option<u64>,
    pub(super) local_compressed_size: Option<u64>,
    pub(super) local_signature: Option<u32>,
}

/// What follows the data of an entry whose sizes weren't known before.
#[derive(Clone, Copy, Default)]
pub(super) struct Descriptor {
    pub(super) signed: bool,
    pub(super) wide: bool,
    pub(super) missing: bool,
    pub(super) crc: Option<u32>,
    pub(super) size: Option<u64>,
}

impl RawZip {
    pub(super) fn new(entries: impl IntoIterator<Item = RawEntry>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A bundle with an index and these entries.
    pub(super) fn bundle(entries: impl IntoIterator<Item = RawEntry>) -> Self {
        Self::new(
            [RawEntry::stored("index.html", "<html>")]
                .into_iter()
                .chain(entries),
        )
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn build(&self) -> Vec<u8> {
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
    pub(super) fn stored(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            content: content.as_ref().to_vec(),
            ..Self::default()
        }
    }

    pub(super) fn deflated(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self::stored(name, content).with(|entry| entry.method = 8)
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The bytes that stand for the content.
    pub(super) fn data(&self) -> Vec<u8> {
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

pub(super) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Bytes that don't compress.
pub(super) fn noise(len: usize) -> Vec<u8> {
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

/// A file in memory.
#[derive(Debug)]
pub(super) struct Memory(pub(super) Vec<u8>);

impl ReadAt for Memory {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

pub(super) fn open(bytes: &[u8]) -> Result<Archive, Error> {
    open_within(bytes, &Limits::default())
}

pub(super) fn open_within(bytes: &[u8], limits: &Limits) -> Result<Archive, Error> {
    Archive::open(Arc::new(Memory(bytes.to_vec())), limits)
}

/// A store in a directory of its own.
pub(super) struct Site {
    directory: TempDir,
    pub(super) storage: DiskStorage,
}

impl Site {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("app/files/root");
        fs::create_dir_all(&root).unwrap();
        Self {
            storage: DiskStorage::new(root),
            directory,
        }
    }

    /// Where bundles are unpacked, relative to the store.
    pub(super) fn www(&self) -> &'static Path {
        Path::new("staging/1/www")
    }

    pub(super) fn absolute(&self, path: &str) -> PathBuf {
        self.directory
            .path()
            .join("app/files/root/staging/1/www")
            .join(path)
    }

    /// Opens and unpacks an archive, and looks whether anything lies where it mustn't.
    pub(super) fn install(&self, bytes: &[u8]) -> Result<FileList, Error> {
        let archive = open(bytes)?;
        let result = unpack(&archive, &self.storage, self.www(), &|_| {
            ControlFlow::Continue(())
        });
        self.assert_nothing_outside();
        result
    }

    /// The files that were unpacked, by path.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let www = self.absolute("");
        walk(&www)
            .into_iter()
            .map(|path| {
                let content = fs::read(&path).unwrap();
                let path = path.strip_prefix(&www).unwrap();
                (path.to_str().unwrap().to_owned(), content)
            })
            .collect()
    }

    /// Only plain files in `www`, and nothing beside it.
    pub(super) fn assert_nothing_outside(&self) {
        for path in walk(self.directory.path()) {
            assert!(path.starts_with(self.absolute("")), "{path:?} is outside");
            assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{path:?}");
        }
    }
}

/// Everything but directories.
fn walk(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flat_map(|entry| {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path())
            } else {
                vec![entry.path()]
            }
        })
        .collect()
}

pub(super) fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_le_bytes());
}

pub(super) fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}

pub(super) fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend(value.to_le_bytes());
}
