//! A zip that came encrypted, while it is being installed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::download::FinishedPart;
use crate::error::Error;
use crate::release::SessionKey;
use crate::store::storage::{ReadAt, Storage};
use crate::verify::capgo::decrypt;

/// The zip in a finished part, in a file of its own. The file goes with this; the part stays.
#[derive(Debug)]
pub(super) struct OpenedZip {
    file: Arc<dyn ReadAt>,
    len: u64,
    /// Dropped, and with it the file deleted, when nobody reads it any more.
    _temporary: TemporaryFile,
}

impl OpenedZip {
    /// Decrypts `received`, which is what the part holds. Nothing is judged yet.
    ///
    /// # Errors
    ///
    /// `storage`, `insufficient_storage`, or `cancelled` soon after `is_cancelled` says so.
    pub(super) fn decrypt(
        storage: &Arc<dyn Storage>,
        part: &FinishedPart,
        received: &dyn ReadAt,
        session: &SessionKey,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, Error> {
        let temporary = TemporaryFile {
            storage: Arc::clone(storage),
            path: part.key.opened_path(),
        };
        let path = &temporary.path;
        storage
            .create(path)
            .and_then(|mut file| {
                decrypt(received, part.len, session, &mut *file, is_cancelled)?;
                file.flush()
            })
            .map_err(|error| failed("write", path, error))?;
        let file = storage
            .open(path)
            .map_err(|error| failed("open", path, error))?;
        let len = file.len().map_err(|error| failed("open", path, error))?;
        Ok(Self {
            file,
            len,
            _temporary: temporary,
        })
    }

    pub(super) fn file(&self) -> Arc<dyn ReadAt> {
        Arc::clone(&self.file)
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

fn failed(operation: &'static str, path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::Interrupted => Error::Cancelled,
        _ => Error::storage(operation, path, error),
    }
}

#[derive(Debug)]
struct TemporaryFile {
    storage: Arc<dyn Storage>,
    path: PathBuf,
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // What stays behind is written anew, or swept with its part.
        let _ = self.storage.remove_file(&self.path);
    }
}
