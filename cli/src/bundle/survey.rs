//! Looks at a bundle's files once, and tells what there is to know.

use std::fmt::Write as _;
use std::io::{self, Read};

use live_updater::Sha256Digest;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::search::Search;
use super::{DEFAULT_MAX_FILES, DEFAULT_MAX_UNPACKED_BYTES, names};
use crate::output::Warning;

const BUFFER: usize = 256 * 1024;

/// What is known about the files that were looked at.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    files: Vec<SurveyedFile>,
    service_workers: Vec<String>,
    calls_ready: bool,
}

/// One file of a bundle.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SurveyedFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256Digest,
    /// Bytes in the archive, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compressed_size: Option<u64>,
}

impl Survey {
    /// Reads a file to its end and hands its bytes on to `each`.
    pub(crate) fn take(
        &mut self,
        path: &str,
        compressed_size: Option<u64>,
        mut content: impl Read,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut searches = is_source(path).then(|| {
            (
                Search::new("notifyAppReady"),
                Search::new("serviceWorker.register"),
            )
        });
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let chunk = buffer.get(..count).unwrap_or_default();
            hash.update(chunk);
            size += count as u64;
            if let Some((ready, worker)) = &mut searches {
                ready.update(chunk);
                worker.update(chunk);
            }
            each(chunk)?;
        }
        if let Some((ready, worker)) = searches {
            self.calls_ready |= ready.found();
            if worker.found() {
                self.service_workers.push(path.to_owned());
            }
        }
        self.files.push(SurveyedFile {
            path: path.to_owned(),
            size,
            sha256: Sha256Digest::new(hash.finalize().into()),
            compressed_size,
        });
        Ok(())
    }

    /// All files, by the bytes of their paths.
    pub(crate) fn files(&self) -> Vec<&SurveyedFile> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
        files
    }

    /// Bytes of all files.
    pub(crate) fn unpacked_size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The list of files as `sha256sum` writes it, in byte order.
    pub(crate) fn list(&self) -> String {
        self.files().iter().fold(String::new(), |mut list, file| {
            // Writing to a String can't fail.
            let _ = writeln!(list, "{}  {}", file.sha256, file.path);
            list
        })
    }

    /// What may not be meant.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |code, message: String| warnings.push(Warning::new(code, message));
        for file in self
            .files()
            .iter()
            .filter(|file| names::has_device_name(&file.path))
        {
            warn(
                "device_name",
                format!("{}: Windows takes this name for a device", file.path),
            );
        }
        for path in &self.service_workers {
            warn(
                "service_worker",
                format!(
                    "{path} registers a service worker: its cache may go on serving old files after an update"
                ),
            );
        }
        if !self.calls_ready {
            warn(
                "not_ready",
                "no .js or .html file calls notifyAppReady: devices will take this bundle back"
                    .to_owned(),
            );
        }
        if self.files.len() > DEFAULT_MAX_FILES {
            let count = self.files.len();
            warn(
                "many_files",
                format!(
                    "{count} files: devices refuse over {DEFAULT_MAX_FILES} unless maxFiles says otherwise"
                ),
            );
        }
        let bytes = self.unpacked_size();
        if bytes > DEFAULT_MAX_UNPACKED_BYTES {
            warn(
                "large",
                format!(
                    "{bytes} bytes unpacked: devices refuse over {DEFAULT_MAX_UNPACKED_BYTES} unless maxUnpackedBytes says otherwise"
                ),
            );
        }
        warnings
    }
}

fn is_source(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        ["js", "mjs", "cjs", "html", "htm"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}
