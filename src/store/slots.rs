//! Two alternating slots that hold the durable state.
//!
//! A slot is one line of header and the payload:
//!
//! ```text
//! live-updater-state <schema> <generation> <length> <sha256>\n<payload>
//! ```
//!
//! The digest covers header and payload. The newest valid slot wins; a commit goes to the other
//! one, in place and with `fsync`, and nothing touches the winner until the commit is durable. A
//! cut at any moment therefore leaves one whole slot.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::storage::{FileKind, Storage};
use crate::digest::Sha256Digest;
use crate::error::Error;

/// The layout of the payload that this version writes.
pub(crate) const SCHEMA: u32 = 1;
const MAGIC: &str = "live-updater-state";
const NAMES: [&str; 2] = ["state.a", "state.b"];
/// Far above any real state; protects memory from a file that was blown up.
const LIMIT: u64 = 4 * 1024 * 1024;

/// What the slots held when they were read.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// There was never a state.
    Absent,
    /// The newest valid payload.
    State(Vec<u8>),
    /// No slot is valid and at least one is damaged: what they held is lost.
    Lost,
}

/// The two slots of a root.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    generation: u64,
    /// The slot that the next commit goes to.
    target: usize,
    /// A slot that was read holds no state.
    is_damaged: bool,
}

impl Slots {
    /// Reads both slots.
    ///
    /// # Errors
    ///
    /// `storage` where a slot exists and can't be read, or was written by a newer version of this
    /// library. Neither is damage: the caller must write nothing.
    pub(crate) fn load(storage: &dyn Storage) -> Result<(Self, Loaded), Error> {
        let mut newest: Option<(u64, usize, Vec<u8>)> = None;
        let mut is_damaged = false;
        for (index, name) in NAMES.iter().enumerate() {
            match read(storage, Path::new(name))? {
                Slot::Absent => {}
                // The very first commit was cut before it wrote a byte: nothing is lost.
                Slot::Empty if index == 0 && !exists(storage, Path::new(NAMES[1])) => {}
                Slot::Damaged | Slot::Empty => is_damaged = true,
                Slot::Valid(generation, payload) => {
                    let is_newer = |(best, ..): &(u64, _, _)| is_after(generation, *best);
                    if newest.as_ref().is_none_or(is_newer) {
                        newest = Some((generation, index, payload));
                    }
                }
            }
        }
        Ok(match newest {
            Some((generation, index, payload)) => (
                Self {
                    generation,
                    target: 1 - index,
                    is_damaged,
                },
                Loaded::State(payload),
            ),
            None if is_damaged => (Self::default(), Loaded::Lost),
            None => (Self::default(), Loaded::Absent),
        })
    }

    /// Makes `payload` the state; durable when this returns.
    ///
    /// # Errors
    ///
    /// `storage` or `insufficient_storage`. The state before is untouched then, and the next
    /// commit goes to the same slot again.
    pub(crate) fn commit(&mut self, storage: &dyn Storage, payload: &[u8]) -> Result<(), Error> {
        let path = Path::new(NAMES[self.target]);
        let generation = self.generation.wrapping_add(1);
        let slot = encode(SCHEMA, generation, payload);
        // Whatever is written has to be read again: a slot over the limit would count as damaged.
        if slot.len() as u64 > LIMIT {
            let problem = format!("it would have over {LIMIT} bytes");
            let source = io::Error::new(io::ErrorKind::FileTooLarge, problem);
            return Err(Error::storage("write", path, source));
        }
        storage.commit(path, &slot).map_err(|source| {
            // What a failed commit left must not be taken for the state later.
            let _ = if self.generation == 0 {
                storage.remove_file(path)
            } else {
                storage.overwrite(path, b"void")
            };
            Error::storage("write", path, source)
        })?;
        self.generation = generation;
        self.target = 1 - self.target;
        Ok(())
    }

    /// Puts damaged slots aside, so that people can look at them.
    pub(crate) fn set_aside(storage: &dyn Storage) -> Result<(), Error> {
        NAMES.iter().try_for_each(|name| set_aside(storage, name))
    }

    /// Puts aside what stands where a slot belongs and can't be written over: a pipe, a socket. Where
    /// that fails, the next commit tells.
    pub(crate) fn make_room(&self, storage: &dyn Storage) {
        for name in NAMES.iter().filter(|_| self.is_damaged) {
            let metadata = storage.metadata(Path::new(name));
            if metadata.is_ok_and(|metadata| metadata.kind == FileKind::Other) {
                tracing::warn!(name, "it was no file: put aside");
                let _ = set_aside(storage, name);
            }
        }
    }
}

fn set_aside(storage: &dyn Storage, name: &str) -> Result<(), Error> {
    let broken = format!("{name}.broken");
    match storage.rename(Path::new(name), Path::new(&broken)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::storage("rename", Path::new(name), error))
        }
        _ => Ok(()),
    }
}

enum Slot {
    Absent,
    Empty,
    Damaged,
    Valid(u64, Vec<u8>),
}

fn read(storage: &dyn Storage, path: &Path) -> Result<Slot, Error> {
    let bytes = match storage.read(path, LIMIT) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Slot::Absent),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(Slot::Damaged),
        Err(error) => return Err(Error::storage("read", path, error)),
    };
    if bytes.is_empty() {
        return Ok(Slot::Empty);
    }
    let Some((schema, generation, payload)) = decode(&bytes) else {
        return Ok(Slot::Damaged);
    };
    if schema > SCHEMA {
        return Err(Error::storage(
            "read",
            path,
            io::Error::other(format!(
                "a newer version of the app wrote it (schema {schema}, this one knows {SCHEMA})"
            )),
        ));
    }
    Ok(Slot::Valid(generation, payload.to_vec()))
}

fn exists(storage: &dyn Storage, path: &Path) -> bool {
    !matches!(storage.metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// Whether one generation came after another. They begin anew after the last that there is.
fn is_after(generation: u64, other: u64) -> bool {
    generation.wrapping_sub(other).cast_signed() > 0
}

pub(crate) fn encode(schema: u32, generation: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(schema, generation, payload).into_bytes();
    bytes.push(b'\n');
    bytes.extend_from_slice(payload);
    bytes
}

/// Reads what [`encode`] wrote, and nothing that differs from it in any bit.
pub(crate) fn decode(bytes: &[u8]) -> Option<(u32, u64, &[u8])> {
    let end = bytes.iter().take(256).position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    let payload = rest.get(1..)?;
    let line = std::str::from_utf8(line).ok()?;
    let mut fields = line.split(' ').skip(1);
    let schema = fields.next()?.parse().ok()?;
    let generation = fields.next()?.parse().ok()?;
    (line == header(schema, generation, payload)).then_some((schema, generation, payload))
}

fn header(schema: u32, generation: u64, payload: &[u8]) -> String {
    let head = format!("{MAGIC} {schema} {generation} {} ", payload.len());
    let mut hasher = Sha256::new();
    hasher.update(&head);
    hasher.update(payload);
    let digest = Sha256Digest::new(hasher.finalize().into());
    format!("{head}{digest}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::disk::DiskStorage;

    fn payload(storage: &dyn Storage) -> Vec<u8> {
        match Slots::load(storage).unwrap().1 {
            Loaded::State(payload) => payload,
            other => panic!("{other:?}"),
        }
    }

    fn with_two_commits() -> (tempfile::TempDir, DiskStorage) {
        let root = tempfile::tempdir().unwrap();
        let storage = DiskStorage::new(root.path());
        let (mut slots, loaded) = Slots::load(&storage).unwrap();
        assert!(matches!(loaded, Loaded::Absent));
        slots.commit(&storage, b"one").unwrap();
        slots.commit(&storage, b"two").unwrap();
        (root, storage)
    }

    #[test]
    fn the_newest_slot_wins_and_commits_alternate() {
        let (root, storage) = with_two_commits();
        assert_eq!(payload(&storage), b"two");
        let (mut slots, _) = Slots::load(&storage).unwrap();
        let untouched = fs::read(root.path().join("state.b")).unwrap();
        slots.commit(&storage, b"three").unwrap();
        assert_eq!(fs::read(root.path().join("state.b")).unwrap(), untouched);
        assert_eq!(payload(&storage), b"three");
    }

    #[test]
    fn any_flipped_bit_or_truncation_of_the_newest_falls_back_to_the_other() {
        let (root, storage) = with_two_commits();
        let path = root.path().join("state.b");
        let whole = fs::read(&path).unwrap();
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut torn = whole.clone();
                torn[index] ^= 1 << bit;
                fs::write(&path, &torn).unwrap();
                assert_eq!(payload(&storage), b"one", "bit {bit} of {index} flipped");
            }
            fs::write(&path, &whole[..index]).unwrap();
            assert_eq!(payload(&storage), b"one", "cut at {index}");
        }
    }

    #[test]
    fn a_state_that_could_not_be_read_again_is_not_written() {
        let (_root, storage) = with_two_commits();
        let (mut slots, _) = Slots::load(&storage).unwrap();
        let huge = vec![b'x'; usize::try_from(LIMIT).unwrap()];
        for _ in 0..2 {
            assert_eq!(slots.commit(&storage, &huge).unwrap_err().code(), "storage");
            assert_eq!(payload(&storage), b"two");
        }
        slots.commit(&storage, b"three").unwrap();
        assert_eq!(payload(&storage), b"three");
    }

    #[test]
    fn what_is_committed_after_the_last_generation_is_the_newest() {
        let (root, storage) = with_two_commits();
        for (slot, generation, payload) in [("state.a", 1, "before"), ("state.b", 0, "last")] {
            let slot = root.path().join(slot);
            let bytes = encode(SCHEMA, u64::MAX - generation, payload.as_bytes());
            fs::write(slot, bytes).unwrap();
        }
        assert_eq!(payload(&storage), b"last");
        for next in ["three", "four", "five"] {
            let (mut slots, _) = Slots::load(&storage).unwrap();
            slots.commit(&storage, next.as_bytes()).unwrap();
            assert_eq!(payload(&storage), next.as_bytes());
        }
    }

    #[test]
    fn two_damaged_slots_are_lost_and_can_be_put_aside() {
        let (root, storage) = with_two_commits();
        fs::write(root.path().join("state.a"), b"").unwrap();
        fs::write(root.path().join("state.b"), b"garbage").unwrap();
        assert!(matches!(Slots::load(&storage).unwrap().1, Loaded::Lost));
        Slots::set_aside(&storage).unwrap();
        assert!(root.path().join("state.a.broken").exists());
        assert!(matches!(Slots::load(&storage).unwrap().1, Loaded::Absent));
    }

    #[test]
    fn a_slot_of_a_newer_version_is_an_error_and_no_damage() {
        let (root, storage) = with_two_commits();
        fs::write(root.path().join("state.a"), encode(SCHEMA + 1, 9, b"new")).unwrap();
        assert_eq!(Slots::load(&storage).unwrap_err().code(), "storage");
    }

    #[test]
    fn a_slot_that_cannot_be_read_is_an_error_and_no_damage() {
        let (root, storage) = with_two_commits();
        fs::remove_file(root.path().join("state.a")).unwrap();
        fs::create_dir(root.path().join("state.a")).unwrap();
        assert_eq!(Slots::load(&storage).unwrap_err().code(), "storage");
    }
}
