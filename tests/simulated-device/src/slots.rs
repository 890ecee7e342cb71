//! The durable state, as it lies on a disk: what the tests read of it, they read themselves.

use serde_json::Value;
use sha2::{Digest, Sha256};
use storage_simulator::SimulatedDisk;

use crate::web::digest;

/// The newest valid slot.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is what it is")]
pub struct Slot {
    /// Counts the commits.
    pub generation: u64,
    /// The state.
    pub state: Value,
}

/// The state that a process would find; generation 0 and null where there is none.
pub fn newest(disk: &SimulatedDisk) -> Slot {
    ["state.a", "state.b"]
        .iter()
        .filter_map(|name| decode(&disk.read(name)?))
        .max_by_key(|slot| slot.generation)
        .unwrap_or_default()
}

/// What is in a slot; nothing where it isn't whole.
pub fn decode(bytes: &[u8]) -> Option<Slot> {
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

/// A slot as it lies on a disk.
pub fn encode(slot: &Slot) -> Vec<u8> {
    let payload = slot.state.to_string();
    let (generation, length) = (slot.generation, payload.len());
    let head = format!("live-updater-state 1 {generation} {length} ");
    let digest = digest(format!("{head}{payload}").as_bytes());
    format!("{head}{digest}\n{payload}").into_bytes()
}
