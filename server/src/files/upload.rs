//! Bytes that come in, until they are complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use live_updater::Sha256Digest;
use sha2::{Digest, Sha256};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::error::ApiError;

/// The folder for what is incomplete. What a death left in it goes when it is opened.
#[derive(Debug)]
pub(crate) struct Uploads(PathBuf);

/// A file that is complete. It goes with this, unless it was taken over.
#[derive(Debug)]
pub(crate) struct Received {
    path: TempPath,
    /// Bytes.
    pub(crate) size: u64,
    /// In hex.
    pub(crate) sha256: String,
}

/// What is taken of somebody who sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadLimits {
    /// The most bytes.
    pub(crate) bytes: u64,
    /// How long nothing may come.
    pub(crate) patience: Duration,
}

impl Uploads {
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        Ok(Self(folder))
    }

    /// Writes what comes to a file.
    pub(crate) async fn receive<E: std::fmt::Display>(
        &self,
        mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limits: UploadLimits,
    ) -> Result<Received, ApiError> {
        let (file, path) = self.create()?;
        let mut file = tokio::fs::File::from_std(file);
        let (mut hasher, mut size) = (Sha256::new(), 0);
        loop {
            let next = timeout(limits.patience, pieces.next()).await;
            let next = next.map_err(|_| ApiError::TooSlow)?;
            let Some(piece) = next else { break };
            let piece = piece.map_err(|error| {
                ApiError::invalid("incomplete", format!("The body ended early: {error}"))
            })?;
            size += piece.len() as u64;
            if size > limits.bytes {
                let limit = limits.bytes;
                return Err(ApiError::TooLarge { limit });
            }
            hasher.update(&piece);
            file.write_all(&piece).await.map_err(not_kept)?;
        }
        file.flush().await.map_err(not_kept)?;
        Ok(Received {
            path,
            size,
            sha256: Sha256Digest::new(hasher.finalize().into()).to_string(),
        })
    }

    fn create(&self) -> Result<(fs::File, TempPath), ApiError> {
        let file = tempfile::Builder::new()
            .prefix("upload-")
            .tempfile_in(&self.0)
            .map_err(not_kept)?;
        Ok(file.into_parts())
    }
}

impl Received {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn not_kept(source: io::Error) -> ApiError {
    ApiError::Storage {
        action: "Failed to keep the bundle in storage",
        source,
    }
}
