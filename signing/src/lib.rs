//! Signs bundles and release statements for [`live_updater`], and reads the private keys that do so.
//!
//! Only developers' machines and servers use it: a device has public keys, and verifies.
//!
//! # Example
//!
//! ```no_run
//! use std::path::Path;
//!
//! use live_updater_signing::{
//!     BundleContent, PrivateKey, Signer, Span, StatementBuilder, Timestamp,
//! };
//!
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let key = PrivateKey::read(Path::new("keys/live-updater.private.pem"))?;
//! let signer = Signer::new(key, None)?;
//! let zip = Path::new("bundles/1.2.0.zip");
//!
//! // For devices whose trust mode is `bundle`: what an update server answers as `signature`.
//! let signed = signer.sign_file(zip)?;
//! println!("{} has the signature {}", signed.bundle.sha256, signed.signature);
//!
//! // For those whose trust mode is `statement`: what it answers as `release`.
//! let content = BundleContent::read(zip)?;
//! let envelope = StatementBuilder::install("com.example.app", "production", &"1.2.0".parse()?, content)
//!     .platforms(["android", "ios"])
//!     .sequence(7)
//!     .issued_at(Timestamp::now())
//!     .expires_in(Span::days(365))
//!     .sign(&[signer])?;
//! println!("{}", envelope.to_json()?);
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! What is signed is verified, by the reader of devices, before it is given out: a file that changed
//! meanwhile, or a faulty computation, doesn't become a release. A zip is never in memory as a whole.
//! Sequences aren't counted here: whoever signs has to give each out once alone.
//!
//! No message holds a private key, and neither does the `Debug` of anything here.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod error;
mod keys;
mod statement;
mod warning;

pub use error::SigningError;
pub use keys::{KeyKind, PrivateKey, PrivateKeyError, SignedFile, Signer, read_public_key};
pub use statement::{
    Action, BundleContent, Envelope, ParseSpanError, ParseTimestampError, Payload, Span,
    StatementBuilder, StatementProblem, Timestamp, refuse_answer,
};
pub use warning::Warning;
