//! Lists what a bundle would unpack to, for tools that sign or look at one.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Limits;
use super::entry_reader::reader_error;
use super::file_list::{FileList, ListedFile};
use super::open::Archive;
use super::unpack::FileSource;
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::store::disk::DiskStorage;
use crate::store::storage::Storage;

/// Reads a bundle whole, as a device does when it unpacks one, and lists its files. Nothing is
/// written, and memory doesn't grow with the files.
///
/// Its checksum and signature aren't looked at: that is [`verify_file`](crate::verify_file).
///
/// # Errors
///
/// Whatever a device refuses the archive for (`invalid_archive`, `unsafe_path`, `archive_limit`,
/// `missing_index`), or `storage` where the file can't be read.
pub fn list_bundle(path: &Path, limits: &Limits) -> Result<FileList, Error> {
    // A store without a root of its own: paths are as the caller wrote them.
    let zip = DiskStorage::new("")
        .open(path)
        .map_err(|error| Error::storage("open", path, error))?;
    let archive = Archive::open(zip, limits)?;
    let mut listed = Vec::new();
    for (index, file) in archive.files().iter().enumerate() {
        let mut hasher = Hasher::default();
        // The reader itself holds the bytes against size and CRC.
        let size = io::copy(&mut archive.reader(index)?, &mut hasher).map_err(reader_error)?;
        let sha256 = Sha256Digest::new(hasher.0.finalize().into());
        listed.push(ListedFile::new(file.path.clone(), size, sha256));
    }
    Ok(FileList::sorted(listed))
}

#[derive(Default)]
struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
