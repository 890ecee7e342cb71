//! Keeps the web part of a Capacitor app up to date.
#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod clock;
mod digest;
mod download;
mod error;
mod release;
mod store;
mod transport;

pub use clock::{BoxFuture, Clock, SystemClock};
pub use digest::{ParseDigestError, Sha256Digest};
pub use error::Error;
pub use release::Release;
pub use store::disk::DiskStorage;
pub use store::storage::{FileKind, LockGuard, LockOutcome, Metadata, ReadAt, Storage, StoredFile};
#[cfg(feature = "reqwest")]
pub use transport::pin::{ParsePinError, SpkiPin};
#[cfg(feature = "reqwest")]
pub use transport::reqwest::{ReqwestTransport, ReqwestTransportBuilder};
#[cfg(feature = "reqwest")]
pub use transport::tls::{ParseRootError, RootCertificates};
pub use transport::{Body, Method, Request, Response, Transport, TransportError};
