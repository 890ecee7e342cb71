//! Where the bytes of bundles are.
//!
//! A file's key names its content, so that one that is there is whole and right, and two bundles
//! with the same bytes share it. A file stands before the database names it, and goes when the
//! database names it no more.

mod folder;
#[cfg(feature = "s3")]
mod object_store;
mod upload;

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

pub(crate) use folder::Folder;
#[cfg(feature = "s3")]
pub(crate) use object_store::ObjectStore;
#[cfg(feature = "s3")]
pub use object_store::{S3Settings, S3SettingsError};
pub(crate) use upload::{Received, UploadLimits, Uploads};

/// Keeps files by key.
pub(crate) trait Files: Send + Sync + 'static {
    /// Takes over a file that is complete. When this resolves it is durable; one with this key that
    /// is there already is left as it is.
    fn store<'a>(&'a self, key: &'a str, from: &'a Path) -> BoxFuture<'a, io::Result<()>>;

    /// The bytes of a file from `start` to before `end`.
    fn open<'a>(
        &'a self,
        key: &'a str,
        start: u64,
        end: u64,
    ) -> BoxFuture<'a, io::Result<BoxStream<'static, io::Result<Bytes>>>>;

    /// Removes a file; one that isn't there is no error.
    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<()>>;

    /// Whether files can be kept at all.
    fn check(&self) -> BoxFuture<'_, io::Result<()>>;

    /// The keys of all files. What else lies there is nobody's.
    fn keys(&self) -> BoxFuture<'_, io::Result<Vec<String>>>;
}

/// The key of a file with this SHA-256 (hex).
pub(crate) fn key_of(sha256: &str) -> String {
    format!("{sha256}.zip")
}

/// Whether something can be the key of a file of ours.
pub(crate) fn is_key(name: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let sha256 = name.strip_suffix(".zip");
    sha256.is_some_and(|sha256| sha256.len() == 64 && sha256.bytes().all(is_digit))
}

/// The SHA-256 (hex) that a key names.
pub(crate) fn sha256_of(key: &str) -> &str {
    key.strip_suffix(".zip").unwrap_or(key)
}
