//! Reads the header of each entry in the central directory, and compares it with the copies in
//! front of the entry's data and behind it.

use super::end::Directory;
use super::fields::{Fields, invalid, invalid_entry, read_exact_at};
use crate::error::Error;
use crate::store::storage::ReadAt;

const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const LOCAL_LEN: usize = 30;
/// Extra fields of a local header are rarely longer, so that one read gets it whole.
const USUAL_LOCAL_EXTRA_LEN: usize = 64;
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;
const MAX_DESCRIPTOR_LEN: u64 = 24;
const ZIP64_EXTRA: u16 = 0x0001;

const ENCRYPTED: u16 = 1 << 0;
const HAS_DESCRIPTOR: u16 = 1 << 3;
const PATCHED: u16 = 1 << 5;
const STRONGLY_ENCRYPTED: u16 = 1 << 6;
const MASKED: u16 = 1 << 13;

const TRUNCATED: &str = "its header is cut off";

/// How the bytes of an entry are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// What the central directory says of one entry.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) compressed_size: u64,
    pub(super) size: u64,
    external_attributes: u32,
    offset: u64,
}

/// What the mode in an entry's attributes says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Unknown,
    File,
    Folder,
    Special,
}

/// The bytes that belong to one entry: its header, its data, and what follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Extent {
    start: u64,
    end: u64,
    pub(super) data: u64,
}

impl<'a> Header<'a> {
    /// Parses a whole central directory, which has to hold `entries` headers and nothing else.
    pub(super) fn parse_all(directory: &'a [u8], entries: u64) -> Result<Vec<Self>, Error> {
        let mut fields = Fields::new(directory);
        let mut headers = Vec::new();
        for _ in 0..entries {
            headers.push(Self::parse(&mut fields)?);
        }
        if fields.len() != 0 {
            return Err(invalid(
                "its central directory is longer than its entries are",
            ));
        }
        Ok(headers)
    }

    /// What the upper half of the external attributes says.
    ///
    /// Only Unix hosts define it, but everybody who fills it puts a Unix mode there, so that a
    /// link is refused whatever host the archive claims to come from.
    pub(super) fn mode(&self) -> Mode {
        match self.external_attributes >> 28 {
            0o00 => Mode::Unknown,
            0o10 => Mode::File,
            0o04 => Mode::Folder,
            _ => Mode::Special,
        }
    }

    /// Compares the local header and the data descriptor with this one.
    pub(super) fn locate(
        &self,
        source: &dyn ReadAt,
        directory: &Directory,
        scratch: &mut Vec<u8>,
    ) -> Result<Extent, Error> {
        let local = self.read_local(source, directory, scratch)?;
        let wrong = |problem| invalid_entry(self.name, problem);
        let (flags, header_len) = self.compare_local(local).map_err(wrong)?;
        let data = self.offset + header_len;
        let data_end = data
            .checked_add(self.compressed_size)
            .filter(|end| *end <= directory.offset)
            .ok_or_else(|| wrong("its data runs into the central directory"))?;
        let mut end = data_end;
        if flags & HAS_DESCRIPTOR != 0 {
            let len = (directory.offset - data_end).min(MAX_DESCRIPTOR_LEN);
            scratch.resize(usize::try_from(len).unwrap_or_default(), 0);
            read_exact_at(source, scratch, data_end)?;
            end += self
                .descriptor_len(scratch)
                .ok_or_else(|| wrong("its data descriptor is missing or disagrees"))?;
        }
        Ok(Extent {
            start: self.offset,
            end,
            data,
        })
    }

    fn parse(fields: &mut Fields<'a>) -> Result<Self, Error> {
        let raw = RawHeader::parse(fields)
            .ok_or_else(|| invalid("its central directory has fewer entries than it says"))?;
        raw.check()
            .map_err(|problem| invalid_entry(raw.name, problem))
    }

    /// Reads the local header with its name and extra fields into `scratch`.
    fn read_local<'s>(
        &self,
        source: &dyn ReadAt,
        directory: &Directory,
        scratch: &'s mut Vec<u8>,
    ) -> Result<&'s [u8], Error> {
        let room = directory.offset.saturating_sub(self.offset);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let usual = LOCAL_LEN + self.name.len() + USUAL_LOCAL_EXTRA_LEN;
        scratch.resize(usual.min(room), 0);
        read_exact_at(source, scratch, self.offset)?;
        let Some(len) = local_header_len(scratch).filter(|len| *len <= room) else {
            return Err(invalid_entry(self.name, "its local header is missing"));
        };
        if len > scratch.len() {
            scratch.resize(len, 0);
            read_exact_at(source, scratch, self.offset)?;
        }
        Ok(scratch.get(..len).unwrap_or_default())
    }

    /// The flags of the local header and its whole length.
    fn compare_local(&self, bytes: &[u8]) -> Result<(u16, u64), &'static str> {
        let local = LocalHeader::parse(bytes)?;
        check_flags(local.flags)?;
        if local.name != self.name {
            return Err("its two headers disagree on the name");
        }
        if Method::parse(local.method)? != self.method {
            return Err("its two headers disagree on the method");
        }
        // APPNOTE 4.4.4: with bit 3 the numbers are zero here and follow the data. Some tools
        // fill them in later all the same.
        let unknown = local.flags & HAS_DESCRIPTOR != 0;
        let agrees = |found: u64, expected: u64| found == expected || (unknown && found == 0);
        if !agrees(local.crc.into(), self.crc.into()) {
            return Err("its two headers disagree on the CRC");
        }
        if !agrees(local.compressed_size, self.compressed_size) || !agrees(local.size, self.size) {
            return Err("its two headers disagree on the size");
        }
        Ok((local.flags, bytes.len() as u64))
    }

    /// The length of the data descriptor at the start of `bytes`.
    ///
    /// APPNOTE 4.3.9: its signature is optional, and its sizes have 4 or 8 bytes each. Nothing
    /// says which, so the form is the one that agrees with the central directory.
    fn descriptor_len(&self, bytes: &[u8]) -> Option<u64> {
        let start = Fields::new(bytes);
        let mut after_signature = start;
        let signed = after_signature.u32() == Some(DESCRIPTOR_SIGNATURE);
        let forms = [(signed, after_signature, 4), (true, start, 0)];
        forms
            .into_iter()
            .filter(|(possible, ..)| *possible)
            .find_map(|(_, mut fields, signature_len)| {
                if fields.u32()? != self.crc {
                    return None;
                }
                if self.sizes_agree(fields, |fields| fields.u64()) {
                    return Some(signature_len + 20);
                }
                self.sizes_agree(fields, |fields| fields.u32().map(u64::from))
                    .then_some(signature_len + 12)
            })
    }

    fn sizes_agree(
        &self,
        mut fields: Fields<'_>,
        number: impl Fn(&mut Fields<'_>) -> Option<u64>,
    ) -> bool {
        number(&mut fields) == Some(self.compressed_size) && number(&mut fields) == Some(self.size)
    }
}

/// Refuses entries that share bytes: the trick behind archives that inflate to petabytes.
pub(super) fn refuse_overlaps(extents: &mut [(Extent, &[u8])]) -> Result<(), Error> {
    extents.sort_unstable_by_key(|(extent, _)| *extent);
    for pair in extents.windows(2) {
        if let [(earlier, _), (later, name)] = pair
            && later.start < earlier.end
        {
            return Err(invalid_entry(name, "it shares bytes with another entry"));
        }
    }
    Ok(())
}

impl Method {
    fn parse(number: u16) -> Result<Self, &'static str> {
        match number {
            0 => Ok(Self::Stored),
            8 => Ok(Self::Deflated),
            _ => Err("its compression method is neither stored nor deflated"),
        }
    }
}

struct RawHeader<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed_size: u32,
    size: u32,
    disk: u16,
    external_attributes: u32,
    offset: u32,
    name: &'a [u8],
    extra: &'a [u8],
}

impl<'a> RawHeader<'a> {
    fn parse(fields: &mut Fields<'a>) -> Option<Self> {
        if fields.u32()? != CENTRAL_SIGNATURE {
            return None;
        }
        // The versions that made it and that are needed.
        fields.u32()?;
        let flags = fields.u16()?;
        let method = fields.u16()?;
        // Time and date.
        fields.u32()?;
        let crc = fields.u32()?;
        let compressed_size = fields.u32()?;
        let size = fields.u32()?;
        let name_len = fields.u16()?;
        let extra_len = fields.u16()?;
        let comment_len = fields.u16()?;
        let disk = fields.u16()?;
        // Internal attributes.
        fields.u16()?;
        let external_attributes = fields.u32()?;
        let offset = fields.u32()?;
        let name = fields.bytes(name_len.into())?;
        let extra = fields.bytes(extra_len.into())?;
        fields.bytes(comment_len.into())?;
        Some(Self {
            flags,
            method,
            crc,
            compressed_size,
            size,
            disk,
            external_attributes,
            offset,
            name,
            extra,
        })
    }

    fn check(&self) -> Result<Header<'a>, &'static str> {
        check_flags(self.flags)?;
        // APPNOTE 4.5.3: the field has, in this order, the values that don't fit.
        let mut wide = Fields::new(zip64_extra(self.extra)?.unwrap_or_default());
        let mut widen = |narrow: u32| match narrow {
            u32::MAX => wide.u64().ok_or("its zip64 field is missing or cut off"),
            _ => Ok(narrow.into()),
        };
        let size = widen(self.size)?;
        let compressed_size = widen(self.compressed_size)?;
        let offset = widen(self.offset)?;
        let disk = match self.disk {
            u16::MAX => wide.u32().ok_or("its zip64 field is missing or cut off")?,
            disk => disk.into(),
        };
        if disk != 0 {
            return Err("it lies in another part of a split archive");
        }
        let method = Method::parse(self.method)?;
        if method == Method::Stored && size != compressed_size {
            return Err("it is stored, and has two sizes");
        }
        Ok(Header {
            name: self.name,
            method,
            crc: self.crc,
            compressed_size,
            size,
            external_attributes: self.external_attributes,
            offset,
        })
    }
}

struct LocalHeader<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed_size: u64,
    size: u64,
    name: &'a [u8],
}

impl<'a> LocalHeader<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (mut header, extra) = Self::parse_narrow(bytes).ok_or(TRUNCATED)?;
        let narrow = u64::from(u32::MAX);
        if header.size == narrow || header.compressed_size == narrow {
            // APPNOTE 4.5.3: a local header's field always has both sizes.
            let mut wide = Fields::new(zip64_extra(extra)?.unwrap_or_default());
            let missing = "its local zip64 field is missing or cut off";
            header.size = wide.u64().ok_or(missing)?;
            header.compressed_size = wide.u64().ok_or(missing)?;
        }
        Ok(header)
    }

    fn parse_narrow(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut fields = Fields::new(bytes);
        if fields.u32()? != LOCAL_SIGNATURE {
            return None;
        }
        // The version that is needed.
        fields.u16()?;
        let flags = fields.u16()?;
        let method = fields.u16()?;
        // Time and date.
        fields.u32()?;
        let crc = fields.u32()?;
        let compressed_size = fields.u32()?.into();
        let size = fields.u32()?.into();
        let name_len = fields.u16()?;
        let extra_len = fields.u16()?;
        let name = fields.bytes(name_len.into())?;
        let extra = fields.bytes(extra_len.into())?;
        let header = Self {
            flags,
            method,
            crc,
            compressed_size,
            size,
            name,
        };
        Some((header, extra))
    }
}

/// The length of the local header at the start of `bytes`, its name and extra fields included.
fn local_header_len(bytes: &[u8]) -> Option<usize> {
    let mut fields = Fields::new(bytes);
    if fields.u32()? != LOCAL_SIGNATURE {
        return None;
    }
    fields.bytes(22)?;
    let name_len = fields.u16()?;
    let extra_len = fields.u16()?;
    Some(LOCAL_LEN + usize::from(name_len) + usize::from(extra_len))
}

fn check_flags(flags: u16) -> Result<(), &'static str> {
    if flags & (ENCRYPTED | STRONGLY_ENCRYPTED | MASKED) != 0 {
        return Err("it is encrypted");
    }
    if flags & PATCHED != 0 {
        return Err("it is a patch to another file");
    }
    Ok(())
}

/// The content of the zip64 field among an entry's extra fields.
fn zip64_extra(extra: &[u8]) -> Result<Option<&[u8]>, &'static str> {
    let mut fields = Fields::new(extra);
    let mut found = None;
    // Tools that align data pad with up to three bytes, which are no field.
    while fields.len() >= 4 {
        let (Some(id), Some(len)) = (fields.u16(), fields.u16()) else {
            break;
        };
        let content = fields
            .bytes(len.into())
            .ok_or("its extra fields are cut off")?;
        if id == ZIP64_EXTRA && found.replace(content).is_some() {
            return Err("it has two zip64 fields");
        }
    }
    Ok(found)
}
