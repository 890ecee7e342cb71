//! A folder with a bundle, and keys.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use live_updater_signing::{KeyKind, PrivateKey, Signer};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A folder that goes away.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A bundle whose page says this.
    pub(crate) fn bundle(&self, name: &str, page: &str) -> PathBuf {
        let path = self.path(name);
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("index.html", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(page.as_bytes()).unwrap();
        zip.finish().unwrap();
        path
    }
}

pub(crate) fn signer(kind: KeyKind) -> Signer {
    Signer::new(PrivateKey::generate(kind).unwrap(), None).unwrap()
}
