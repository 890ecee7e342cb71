//! The durable state, as it lies on a disk: what the tests read of it, they read themselves.

use serde_json::Value;
use sha2::{Digest, Sha256};
use storage_simulator::SimulatedDisk;

/// The newest valid slot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    pub(crate) generation: u64,
    pub(crate) state: Value,
}

/// The state that a process would find; generation 0 and null where there is none.
pub(crate) fn newest(disk: &SimulatedDisk) -> Slot {
    ["state.a", "state.b"]
        .iter()
        .filter_map(|name| decode(&disk.read(name)?))
        .max_by_key(|slot| slot.generation)
        .unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Option<Slot> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, payload) = (std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]);
    let (head, digest) = line.rsplit_once(' ')?;
    let mut hasher = Sha256::new();
    hasher.update(head);
    hasher.update(" ");
    hasher.update(payload);
    let found = hasher.finalize();
    let is_valid = digest.len() == 64
        && (0..32).all(|index| {
            let digits = digest.get(2 * index..2 * index + 2).unwrap_or_default();
            u8::from_str_radix(digits, 16) == Ok(found[index])
        });
    let mut fields = head.split(' ');
    let (_magic, _schema) = (fields.next()?, fields.next()?);
    is_valid.then_some(Slot {
        generation: fields.next()?.parse().ok()?,
        state: serde_json::from_slice(payload).ok()?,
    })
}
