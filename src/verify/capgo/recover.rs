//! RSA, undone with the public key: what was padded as a signature is (RFC 8017, section 9.2, but
//! without a word on the hash), read back.

use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPublicKey};

/// Bytes of a modulus of 2048 bits.
pub(super) const MODULUS_BYTES: usize = 256;

/// The `LEN` bytes that the private half of `key` has wrapped; nothing where it hasn't.
///
/// All of the block has to be what it must be: the payload's length decides how long the padding
/// is, so that nobody can hide bytes of a choice in it.
pub(super) fn recover<const LEN: usize>(key: &RsaPublicKey, wrapped: &[u8]) -> Option<[u8; LEN]> {
    // RFC 8017, section 8.2.2: the signature has as many bytes as the modulus.
    if wrapped.len() != MODULUS_BYTES || key.size() != MODULUS_BYTES {
        return None;
    }
    let number = BigUint::from_bytes_be(wrapped);
    // RFC 8017, section 5.2.2: the representative is below the modulus.
    if number >= *key.n() {
        return None;
    }
    let opened = number.modpow(key.e(), key.n()).to_bytes_be();
    // RFC 8017, section 9.2: 00 01 FF … FF 00 and the payload. The first zero isn't in the number.
    let (padding, payload) = opened.split_at_checked(opened.len().checked_sub(LEN)?)?;
    let (first, padding) = padding.split_first()?;
    let (last, padding) = padding.split_last()?;
    let is_padded = *first == 1
        && *last == 0
        && padding.iter().all(|byte| *byte == 0xff)
        && opened.len() == MODULUS_BYTES - 1;
    is_padded.then(|| payload.try_into().ok()).flatten()
}
