//! An update service: apps, channels, bundles, staged rollouts, reports.
//!
//! One process with everything in one folder: metadata in SQLite, bundles as files beside it. It
//! speaks the native-update protocol to devices and Capgo's interface for bundles to developers.
//!
//! ```no_run
//! use live_updater_server::{Service, Settings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let service = Service::open(Settings::new("/var/lib/live-updater")).await?;
//! if let Some(key) = service.first_key().await? {
//!     println!("your API key: {key}");
//! }
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! service.serve(listener, async { tokio::signal::ctrl_c().await.unwrap_or(()) }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # How it is made
//!
//! | module | what happens there |
//! |---|---|
//! | `api` | A request becomes a call, and its result an answer. One file a resource. |
//! | `service` | What the calls do: bundles, releases, reports, retention. |
//! | `offers` | What devices are offered, in memory; deciding is a pure function. |
//! | `catalogue` | The entities, and the statements that read and change them. |
//! | `database` | One writer that commits in groups, readers beside it; SQLite or PostgreSQL. |
//! | `files` | The bytes of bundles, by the SHA-256 of their content. |
//!
//! # Guarantees
//!
//! - What was answered is durable: a report, a bundle, a release. A death in between changes
//!   nothing, and what it left is removed at the next start.
//! - A bundle that is listed can be downloaded: its file is complete and durable before its row is,
//!   and its row goes before its file does.
//! - Nobody sees or changes what belongs to another organisation.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod api;
mod catalogue;
mod clock;
mod connections;
mod database;
mod descriptors;
mod error;
mod files;
mod lock;
mod metrics;
mod offers;
mod patience;
mod peers;
mod server;
mod service;
mod settings;
mod tls;

#[cfg(feature = "postgres")]
pub use database::{PostgresSettings, PostgresSettingsError};
#[cfg(feature = "s3")]
pub use files::{S3Settings, S3SettingsError};
pub use server::{Service, ServiceError};
pub use service::OpenError;
pub use settings::Settings;
pub use tls::{Tls, TlsError};
