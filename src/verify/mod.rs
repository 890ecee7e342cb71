//! Judges a downloaded bundle before any byte of it is parsed: its hash, then its signature; or,
//! in trust mode `statement`, the release [`statement`] before anything is fetched.
//!
//! Memory stays flat whatever the bundle's size. ECDSA and RSA verify the SHA-256 that is taken
//! anyway; Ed25519 hashes the message after the signature's own first half, so each of its keys
//! follows the stream on its own.

mod algorithm;
mod bundle;
#[cfg(feature = "capgo")]
pub(crate) mod capgo;
mod key;
mod pem;
mod signature;
pub(crate) mod statement;
mod trust;

pub use algorithm::{SignatureAlgorithm, UnknownAlgorithm};
pub(crate) use bundle::verify_bundle;
pub use bundle::{VerifiedBundle, verify_file};
#[cfg(feature = "capgo")]
pub use capgo::CapgoKey;
pub use key::{KeyError, PublicKey};
pub(crate) use statement::MAX_SEQUENCE;
pub use statement::{
    StatementBundle, StatementContent, VerifiedStatement, read_statement, verify_statement,
};
pub use trust::{PinnedKeys, Trust};
