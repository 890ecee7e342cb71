//! What is counted between two commits of the state: one small record, overwritten in place.
//!
//! It tells how the launch that is running, or that ran last, went so far. It outlives the process.
//! Where a power cut takes it, the counts are zero and nothing else is lost, so it isn't synced;
//! but for what ends a row of bad launches: a power cut would bring back the record before it.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::storage::Storage;
use crate::bundle::BundleId;

const NAME: &str = "starts";
const MAGIC: &[u8; 8] = b"LUSTART1";
const BODY: usize = 8 + 32 + 8 + 4 + 4 + 8 + 1;
const LENGTH: usize = BODY + 32;

/// One launch of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Starts {
    pub(crate) bundle: BundleId,
    /// Names this activation of the bundle, as the state's `attempt` does for a trial.
    pub(crate) attempt: u64,
    /// Bad launches in a row before this one.
    pub(crate) bad_in_row: u32,
    /// What `bad_in_row` is if it turns out later that the launch before crashed.
    pub(crate) bad_if_crashed: u32,
    /// Active time of this launch.
    pub(crate) active_millis: u64,
    pub(crate) is_paused: bool,
    pub(crate) is_ready: bool,
    pub(crate) has_crashed: bool,
}

impl Starts {
    /// The record of a launch that begins.
    pub(crate) fn new(bundle: BundleId, attempt: u64, is_paused: bool) -> Self {
        Self {
            bundle,
            attempt,
            bad_in_row: 0,
            bad_if_crashed: 1,
            active_millis: 0,
            is_paused,
            is_ready: false,
            has_crashed: false,
        }
    }

    /// Reads the record; nothing where there is none, or where it is damaged. A file that can't be
    /// one goes.
    pub(crate) fn load(storage: &dyn Storage) -> Option<Self> {
        let path = Path::new(NAME);
        match storage.read(path, LENGTH as u64) {
            Ok(bytes) => Self::decode(&bytes),
            Err(error) => {
                // It is too long, and would stay so: records are written over its start.
                if error.kind() == io::ErrorKind::InvalidData {
                    let _ = storage.remove_file(path);
                }
                None
            }
        }
    }

    /// Writes the record over the one before.
    pub(crate) fn store(&self, storage: &dyn Storage) -> io::Result<()> {
        storage.overwrite(Path::new(NAME), &self.encode())
    }

    /// As [`store`](Self::store), and durable when it returns.
    pub(crate) fn commit(&self, storage: &dyn Storage) -> io::Result<()> {
        storage.commit(Path::new(NAME), &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(MAGIC);
        let mut id = [0; 32];
        for (to, from) in id.iter_mut().zip(self.bundle.as_str().bytes()) {
            *to = from;
        }
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&self.attempt.to_le_bytes());
        bytes.extend_from_slice(&self.bad_in_row.to_le_bytes());
        bytes.extend_from_slice(&self.bad_if_crashed.to_le_bytes());
        bytes.extend_from_slice(&self.active_millis.to_le_bytes());
        bytes.push(
            u8::from(self.is_paused)
                | u8::from(self.is_ready) << 1
                | u8::from(self.has_crashed) << 2,
        );
        seal(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, checksum) = bytes.split_at_checked(BODY)?;
        if checksum != Sha256::digest(body).as_slice() {
            return None;
        }
        let body = body.strip_prefix(MAGIC)?;
        let (id, body) = body.split_first_chunk::<32>()?;
        let (attempt, body) = body.split_first_chunk::<8>()?;
        let (bad_in_row, body) = body.split_first_chunk::<4>()?;
        let (bad_if_crashed, body) = body.split_first_chunk::<4>()?;
        let (active_millis, flags) = body.split_first_chunk::<8>()?;
        let flags = *flags.first()?;
        let id = std::str::from_utf8(id).ok()?.trim_end_matches('\0');
        Some(Self {
            bundle: BundleId::parse(id)?,
            attempt: u64::from_le_bytes(*attempt),
            bad_in_row: u32::from_le_bytes(*bad_in_row),
            bad_if_crashed: u32::from_le_bytes(*bad_if_crashed),
            active_millis: u64::from_le_bytes(*active_millis),
            is_paused: flags & 1 != 0,
            is_ready: flags & 2 != 0,
            has_crashed: flags & 4 != 0,
        })
    }
}

/// Puts the checksum behind a record.
pub(crate) fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let checksum = Sha256::digest(&body);
    body.extend_from_slice(&checksum);
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::DiskStorage;

    #[test]
    fn a_record_survives_and_a_damaged_one_is_none() {
        for bundle in [BundleId::builtin(), BundleId::random()] {
            let mut starts = Starts::new(bundle, 7, true);
            starts.bad_in_row = 2;
            starts.active_millis = 1234;
            starts.has_crashed = true;
            let bytes = starts.encode();
            assert_eq!(bytes.len(), LENGTH);
            assert_eq!(Starts::decode(&bytes), Some(starts));
            for index in 0..bytes.len() {
                let mut torn = bytes.clone();
                torn[index] ^= 1;
                assert_eq!(Starts::decode(&torn), None);
                assert_eq!(Starts::decode(&bytes[..index]), None);
            }
        }
    }

    #[test]
    fn a_file_that_is_too_long_keeps_no_record_from_being_read() {
        let root = tempfile::tempdir().unwrap();
        let storage = DiskStorage::new(root.path());
        std::fs::write(root.path().join(NAME), [b'x'; LENGTH + 1]).unwrap();
        assert_eq!(Starts::load(&storage), None);
        let starts = Starts::new(BundleId::random(), 7, false);
        starts.store(&storage).unwrap();
        assert_eq!(Starts::load(&storage), Some(starts));
    }
}
