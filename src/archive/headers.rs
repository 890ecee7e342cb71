//! Reads the header of each entry in the central directory, and compares it with the copies in
//! front of the entry's data and behind it.

use super::end::Directory;
use super::fields::{Fields, invalid, invalid_entry, read_exact_at};
use super::records::{
    Header, LOCAL_LEN, LocalHeader, Method, RawHeader, check_flags, local_header_len,
};
use super::sorted;
use crate::error::Error;
use crate::store::storage::ReadAt;

/// Extra fields of a local header are rarely longer, so that one read gets it whole.
const USUAL_LOCAL_EXTRA_LEN: usize = 64;
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;
const MAX_DESCRIPTOR_LEN: u64 = 24;

const HAS_DESCRIPTOR: u16 = 1 << 3;

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
                if self.sizes_agree(fields, Fields::u64) {
                    return Some(signature_len + 20);
                }
                self.sizes_agree(fields, |fields| fields.u32().map(u64::from))
                    .then_some(signature_len + 12)
            })
    }

    fn sizes_agree<'f>(
        &self,
        mut fields: Fields<'f>,
        number: impl Fn(&mut Fields<'f>) -> Option<u64>,
    ) -> bool {
        number(&mut fields) == Some(self.compressed_size) && number(&mut fields) == Some(self.size)
    }
}

/// Refuses entries that share bytes: the trick behind archives that inflate to petabytes.
pub(super) fn refuse_overlaps(extents: Vec<(Extent, &[u8])>) -> Result<(), Error> {
    for pair in sorted(extents).windows(2) {
        if let [(earlier, _), (later, name)] = pair
            && later.start < earlier.end
        {
            return Err(invalid_entry(name, "it shares bytes with another entry"));
        }
    }
    Ok(())
}
