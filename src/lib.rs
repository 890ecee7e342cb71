//! Keeps the web part of a Capacitor app up to date, without a release in a store.
//!
//! An [`Updater`] asks a server for a newer bundle of web files, downloads it so that a cut costs
//! nothing, verifies it, unpacks it atomically, starts it on trial, and takes it back when the app
//! doesn't say that it is ready. There is no FFI and no platform code in here; the host loads the
//! folder that a [`Launch`] names, and tells what happens to the app.
//!
//! # Example
//!
//! ```no_run
//! use live_updater::{Config, PublicKey, Updater};
//!
//! const KEY: &str = "-----BEGIN PUBLIC KEY-----
//! MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
//! -----END PUBLIC KEY-----";
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = Config::new("com.example.app", PublicKey::from_pem(KEY, None)?);
//! config.update_url = Some("https://updates.example.com".parse()?);
//!
//! let updater = Updater::builder("/data/app/updates", config)
//!     .native_version("2.1.0")
//!     .listener(|event| println!("{}: {}", event.name(), event.data()))
//!     .open();
//!
//! // Always something to run: a folder with index.html, or nothing for the builtin files.
//! let launch = updater.launch(true);
//! println!("load {:?}", launch.path);
//!
//! // The page says that it works; a bundle on trial is good from here on.
//! updater.notify_app_ready(&launch.launch_token).await?;
//!
//! // What comes is tried by the next launch.
//! let outcome = updater.sync().await?;
//! println!("{}", outcome.status.as_str());
//! # Ok(())
//! # }
//! ```
//!
//! [`Config::from_json`] reads the same from a file; [`Updater::builder_from_json`] opens even
//! where that file is bad, so that the app starts.
//!
//! # The way of an update
//!
//! The modules follow it, a room for each concern:
//!
//! | module | what happens there |
//! |---|---|
//! | `source` | A server is asked what there is. One file for each protocol. |
//! | `policy` | May the release run here? Versions, native range, what failed or was refused before. |
//! | `download` | The zip arrives in a file that any later process can continue. |
//! | `verify` | Release statements before anything is fetched; SHA-256 and signature over the whole file, in memory that doesn't grow with it. |
//! | `archive` | The zip is judged, then unpacked into `staging/`, each file checked. |
//! | `store` | The bundle gets its name when it is durable, then the state names it. |
//! | `lifecycle` | Launch, trial, ready, watchdog, rollback, automatic checks. |
//! | `report` | The server learns of each verdict. |
//!
//! `updater` connects them; `transport` speaks HTTP for all of them.
//!
//! # Guarantees
//!
//! - **A launch always gives something to run**: a complete bundle that was verified, or the
//!   builtin files. What it had to work around is its [`Problem`].
//! - **Nothing unverified runs.** No byte of a bundle is parsed before checksum and signature
//!   hold. Its files are hashed again before a trial, unless this boot of the device has done so,
//!   and once a boot while it runs.
//! - **A bad bundle goes away by itself, a good one doesn't.** Only active time and ends of
//!   launches count, so background kills, frozen processes and clock jumps give no verdict.
//! - **No byte is fetched twice** that is on the device and can be continued: a download survives
//!   the death of the process.
//!
//! State changes are made one at a time, each is one durable commit, and none depends on the
//! network. All methods may be called from any thread; work runs on the updater's own threads.
//!
//! # Errors
//!
//! Calls fail with an [`Error`], whose [`code`](Error::code) is stable. Conditions that are to be
//! expected, such as "nothing new" or "needs a newer app", are answers: [`LatestStatus`],
//! [`SyncStatus`].
//!
//! # Seams
//!
//! [`Transport`] (HTTP), [`Storage`] (files) and [`Clock`] (time) are traits; the builder takes
//! other implementations of them.
//!
//! # Features
//!
//! - `http` (default): the HTTP client that comes along, with rustls, ring and bundled root
//!   certificates, pins and roots of one's own. Without it, the host brings a [`Transport`].
//!
//! - `capgo`: Capgo's protocol as a source ([`SourceKind::Capgo`]), and its encrypted bundles. Without
//!   it a configuration that names them is a `config` error.
//!
//! # Limits
//!
//! - Unix only: it needs `flock`, `fsync` of folders and `rename` over what is there.
//! - In trust mode `bundle` a signature covers the zip's bytes, and not the version that the
//!   server gives them: a hostile server can offer an old signed bundle as a new version. Release
//!   statements ([`Config::with_statements`]) leave it no such choice.
//! - Durability is that of the file system. Where a write cache lies, the state's checksums and
//!   the hashes of the files find what is torn, and the app falls back.
//! - Root certificates are bundled, the system's aren't read; no proxy is used.
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
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod keys;
mod lifecycle;
mod native_version;
mod page_mark;
mod policy;
mod release;
mod report;
mod source;
mod store;
mod transport;
mod updater;
mod verify;

pub use archive::{DecodeFileListError, FileList, Limits, ListedFile, list_bundle};
pub use bundle::{Bundle, BundleId, BundleStatus, CrashReason, FailureReason, Launch, Problem};
pub use clock::{BoxFuture, Clock, SystemClock};
pub use config::{AutoUpdate, Config, Secret, SourceKind};
pub use digest::{ParseDigestError, Sha256Digest};
pub use error::Error;
pub use event::{Event, EventKind};
pub use native_version::{NativeVersion, ParseNativeVersionError};
pub use policy::BlockReason;
pub use release::Release;
pub use source::Channel;
pub use store::disk::DiskStorage;
pub use store::storage::{FileKind, LockGuard, LockOutcome, Metadata, ReadAt, Storage, StoredFile};
#[cfg(feature = "http")]
pub use transport::http1::{HttpTransport, HttpTransportBuilder};
#[cfg(feature = "http")]
pub use transport::pin::{ParsePinError, SpkiPin};
#[cfg(feature = "http")]
pub use transport::tls::{ParseRootError, RootCertificates};
pub use transport::{Body, Method, Request, Response, Transport, TransportError};
pub use updater::{
    DownloadRequest, Flushed, Latest, LatestStatus, SyncOutcome, SyncStatus, Updater,
    UpdaterBuilder,
};
#[cfg(feature = "capgo")]
pub use verify::CapgoKey;
pub use verify::{
    KeyError, PinnedKeys, PublicKey, SignatureAlgorithm, StatementBundle, StatementContent, Trust,
    UnknownAlgorithm, VerifiedBundle, VerifiedStatement, read_statement, verify_file,
    verify_statement,
};

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
