//! A slot of the state, as it may lie on a disk.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::store::slots::{self, Loaded, Slots};
use crate::store::state::State;
use crate::store::storage::Storage;

/// The bytes of a slot that an input tells of; nothing where it tells of none.
///
/// Bytes behind a `=` are those of the slot. Else a line with the generation stands before the
/// payload, and the slot is whole: no fuzzer guesses a digest.
pub fn slot(input: &[u8]) -> Option<Vec<u8>> {
    if let Some(bytes) = input.strip_prefix(b"=") {
        return Some(bytes.to_vec());
    }
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let (generation, payload) = input.split_at(end);
    let generation = str::from_utf8(generation).ok()?.parse().ok()?;
    Some(slots::encode(slots::SCHEMA, generation, &payload[1..]))
}

/// A slot: whole or refused, as a change of any bit makes it; and what is committed after it is
/// what is read.
pub fn slots(input: &[u8], storage: &dyn Storage) {
    let Some(bytes) = slot(input) else { return };
    let decoded = slots::decode(&bytes);
    if let Some((schema, generation, payload)) = decoded {
        assert!(slots::encode(schema, generation, payload) == bytes);
        assert_every_change_is_noticed(&bytes);
        assert_state_is_kept(payload);
    }
    let name = Path::new("state.a");
    storage.commit(name, &bytes).expect("a disk");
    match (Slots::load(storage), decoded) {
        (Err(error), Some((schema, ..))) if schema > slots::SCHEMA => {
            assert_eq!(error.code(), "storage");
            let left = storage.read(name, u64::MAX).expect("what was there");
            assert!(left == bytes, "what a newer version wrote is left alone");
        }
        (Ok((slots, Loaded::State(read))), Some((.., payload))) => {
            assert!(read == payload);
            assert_commits(slots, storage);
        }
        (Ok((slots, Loaded::Absent)), None) => {
            assert!(bytes.is_empty());
            assert_commits(slots, storage);
        }
        (Ok((_, Loaded::Lost)), None) => {
            Slots::set_aside(storage).expect("a disk");
            let (slots, loaded) = Slots::load(storage).expect("a disk");
            assert!(matches!(loaded, Loaded::Absent));
            assert_commits(slots, storage);
        }
        (result, _) => panic!("{result:?}"),
    }
}

/// Some of the bits, other ones for each slot: all of them would take too long.
fn assert_every_change_is_noticed(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    for draw in Sha256::digest(bytes).as_chunks::<2>().0 {
        let bit = usize::from(u16::from_le_bytes(*draw)) % (bytes.len() * 8);
        let (index, mask) = (bit / 8, 1 << (bit % 8));
        changed[index] ^= mask;
        assert!(slots::decode(&changed).is_none(), "bit {bit} flipped");
        changed[index] ^= mask;
        assert!(slots::decode(&bytes[..index]).is_none(), "cut at {index}");
    }
}

fn assert_state_is_kept(payload: &[u8]) {
    let Ok(state) = serde_json::from_slice::<State>(payload) else {
        return;
    };
    let written = serde_json::to_vec(&state).expect("a state is JSON");
    let read = serde_json::from_slice::<State>(&written).expect("what was written");
    assert_eq!(read, state);
}

fn assert_commits(mut slots: Slots, storage: &dyn Storage) {
    for payload in [&b"one"[..], b"two", b"three"] {
        slots.commit(storage, payload).expect("a disk with room");
        let (_, loaded) = Slots::load(storage).expect("a disk");
        assert!(
            matches!(&loaded, Loaded::State(read) if read == payload),
            "{loaded:?} instead of {}",
            payload.escape_ascii()
        );
    }
}
