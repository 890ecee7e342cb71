//! AES-128 in CBC mode over a whole zip, in memory that doesn't grow with it.

use std::io::{self, Write};

use aes::cipher::{BlockCipherDecrypt as _, KeyInit as _};
use aes::{Aes128Dec, Block};

use crate::release::SessionKey;
use crate::store::storage::ReadAt;

/// Bytes that are decrypted at once: whole blocks.
const BUFFER: usize = 256 * 1024;
const BLOCK: usize = 16;

/// Writes what the first `len` bytes of `source` hold to `target`.
///
/// Nothing is judged here: a padding that is none stays as it is, and so do bytes that make no
/// whole block. Whoever takes the result compares its SHA-256, which tells all of that and more.
///
/// # Errors
///
/// Those of `source` and `target`; `Interrupted` where `is_cancelled` says so.
pub(crate) fn decrypt(
    source: &dyn ReadAt,
    len: u64,
    session: &SessionKey,
    target: &mut dyn Write,
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> io::Result<()> {
    let cipher = Aes128Dec::new(session.key().into());
    let mut before = *session.iv();
    let mut buffer = vec![0; BUFFER];
    let mut offset = 0;
    while offset < len {
        if is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let wanted = usize::try_from(len - offset).unwrap_or(BUFFER).min(BUFFER);
        let piece = buffer.get_mut(..wanted).unwrap_or_default();
        fill(source, offset, piece)?;
        offset += piece.len() as u64;
        open(&cipher, &mut before, piece);
        let kept = if offset == len {
            unpadded(piece)
        } else {
            &*piece
        };
        target.write_all(kept)?;
    }
    Ok(())
}

/// Decrypts the whole blocks of `piece`. `before` is the ciphertext of the block before it.
fn open(cipher: &Aes128Dec, before: &mut [u8; BLOCK], piece: &mut [u8]) {
    let sealed = piece.to_vec();
    let (blocks, _) = Block::slice_as_chunks_mut(piece);
    cipher.decrypt_blocks(blocks);
    // NIST SP 800-38A, section 6.2: each block is combined with the ciphertext of the one before.
    for (block, sealed) in blocks.iter_mut().zip(sealed.chunks_exact(BLOCK)) {
        for (byte, mask) in block.iter_mut().zip(&*before) {
            *byte ^= mask;
        }
        before.copy_from_slice(sealed);
    }
}

/// RFC 5652, section 6.3: the last byte tells how many bytes were added, each of that value.
fn unpadded(bytes: &[u8]) -> &[u8] {
    let Some(&count) = bytes.last() else {
        return bytes;
    };
    let added = usize::from(count);
    let end = bytes.len().saturating_sub(added);
    let is_padding = (1..=BLOCK).contains(&added)
        && bytes.len().is_multiple_of(BLOCK)
        && bytes.iter().skip(end).all(|byte| *byte == count);
    if is_padding {
        bytes.get(..end).unwrap_or(bytes)
    } else {
        bytes
    }
}

fn fill(source: &dyn ReadAt, mut offset: u64, mut rest: &mut [u8]) -> io::Result<()> {
    while !rest.is_empty() {
        match source.read_at(rest, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                offset += count as u64;
                rest = rest.get_mut(count..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
