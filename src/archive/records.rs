//! The records that stand for an entry, as they are written.

use super::fields::Fields;

const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
/// Bytes of a local header without its name and extra fields.
pub(super) const LOCAL_LEN: usize = 30;
const ZIP64_EXTRA: u16 = 0x0001;

const ENCRYPTED: u16 = 1 << 0;
const PATCHED: u16 = 1 << 5;
const STRONGLY_ENCRYPTED: u16 = 1 << 6;
const MASKED: u16 = 1 << 13;

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
    pub(super) external_attributes: u32,
    pub(super) offset: u64,
}

/// What the mode in an entry's attributes says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Unknown,
    File,
    Folder,
    Special,
}

impl Header<'_> {
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
}

impl Method {
    pub(super) fn parse(number: u16) -> Result<Self, &'static str> {
        match number {
            0 => Ok(Self::Stored),
            8 => Ok(Self::Deflated),
            _ => Err("its compression method is neither stored nor deflated"),
        }
    }
}

/// A header of the central directory, as it is written.
pub(super) struct RawHeader<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed_size: u32,
    size: u32,
    disk: u16,
    external_attributes: u32,
    offset: u32,
    pub(super) name: &'a [u8],
    extra: &'a [u8],
}

impl<'a> RawHeader<'a> {
    pub(super) fn parse(fields: &mut Fields<'a>) -> Option<Self> {
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

    /// Puts the zip64 values in, and refuses what can't be read.
    pub(super) fn check(&self) -> Result<Header<'a>, &'static str> {
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

/// The header in front of an entry's data.
pub(super) struct LocalHeader<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed_size: u64,
    pub(super) size: u64,
    pub(super) name: &'a [u8],
}

impl<'a> LocalHeader<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (mut header, extra) = Self::parse_narrow(bytes).ok_or("its local header is cut off")?;
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
pub(super) fn local_header_len(bytes: &[u8]) -> Option<usize> {
    let mut fields = Fields::new(bytes);
    if fields.u32()? != LOCAL_SIGNATURE {
        return None;
    }
    fields.bytes(22)?;
    let name_len = fields.u16()?;
    let extra_len = fields.u16()?;
    Some(LOCAL_LEN + usize::from(name_len) + usize::from(extra_len))
}

pub(super) fn check_flags(flags: u16) -> Result<(), &'static str> {
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
