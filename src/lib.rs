//! Keeps the web part of a Capacitor app up to date.
#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod archive;
mod bundle;
mod clock;
mod config;
mod digest;
mod download;
mod error;
mod event;
mod lifecycle;
mod native_version;
mod policy;
mod release;
mod report;
mod source;
mod store;
mod transport;
mod updater;
mod verify;

pub use archive::{DecodeFileListError, FileList, Limits, ListedFile};
pub use bundle::{Bundle, BundleId, BundleStatus, FailureReason, Launch, Problem};
pub use clock::{BoxFuture, Clock, SystemClock};
pub use config::{AutoUpdate, Config, Secret, SourceKind};
pub use digest::{ParseDigestError, Sha256Digest};
pub use error::Error;
pub use event::Event;
pub use native_version::{NativeVersion, ParseNativeVersionError};
pub use policy::BlockReason;
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
pub use updater::{
    DownloadRequest, Latest, LatestStatus, SyncOutcome, SyncStatus, Updater, UpdaterBuilder,
};
pub use verify::{
    KeyError, PinnedKeys, PublicKey, SignatureAlgorithm, Trust, UnknownAlgorithm, VerifiedBundle,
    verify_file,
};
