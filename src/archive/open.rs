//! Judges an archive before anything of it is inflated.

use std::io::Read;
use std::sync::Arc;

use super::Limits;
use super::end::Directory;
use super::entry_reader::{EntryReader, Inflaters, Location};
use super::fields::{cannot_read, invalid, invalid_entry, read_exact_at, shown};
use super::headers::refuse_overlaps;
use super::path::BundlePath;
use super::records::{Header, Mode};
use super::tree::Tree;
use super::unpack::{FileSource, PlannedFile};
use crate::error::Error;
use crate::store::storage::ReadAt;

/// Bytes that the central directory may have for each entry that is allowed.
const MAX_DIRECTORY_LEN_PER_ENTRY: u64 = 1024;
/// How many times its own size an archive may have unpacked.
const MAX_RATIO: u64 = 200;
/// An archive that unpacks to no more than this may have any ratio.
const ALWAYS_ALLOWED_BYTES: u64 = 1 << 20;

const INDEX: &str = "index.html";
const MACOS_RESOURCES: &str = "__MACOSX";
const MACOS_FINDER: &str = ".DS_Store";

/// A zip whose headers were checked, and whose files are known.
#[derive(Debug)]
pub(crate) struct Archive {
    source: Arc<dyn ReadAt>,
    // Two lists with the same order.
    files: Vec<PlannedFile>,
    locations: Vec<Location>,
    inflaters: Inflaters,
    unpacked_size: u64,
}

impl Archive {
    /// Reads the headers of an archive and refuses it where its names, sizes or headers are bad.
    ///
    /// Paths are those under `www/`: the one folder that holds everything, where there is one
    /// and no `index.html` beside it, is stripped. Folders without a file are left out.
    pub(crate) fn open(source: Arc<dyn ReadAt>, limits: &Limits) -> Result<Self, Error> {
        let directory = Directory::locate(&*source)?;
        let bytes = read_directory(&*source, &directory, limits)?;
        let headers = Header::parse_all(&bytes, directory.entries)?;
        let contents = Contents::sort_out(&headers, limits)?;
        let unpacked_size = contents.unpacked_size();
        check_unpacked_size(unpacked_size, source.len().map_err(cannot_read)?, limits)?;
        let strips_root = contents.has_root_folder()?;
        let offsets = locate_all(&*source, &directory, &headers)?;
        let (files, locations) = contents
            .files
            .into_iter()
            .map(|(path, index, header)| {
                let stripped = if strips_root {
                    path.without_first()
                } else {
                    None
                };
                let file = PlannedFile {
                    path: stripped.unwrap_or(path),
                    size: header.size,
                };
                let location = Location {
                    name: shown(header.name).into(),
                    method: header.method,
                    offset: offsets.get(index).copied().unwrap_or_default(),
                    compressed_size: header.compressed_size,
                    size: header.size,
                    crc: header.crc,
                };
                (file, location)
            })
            .unzip();
        Ok(Self {
            source,
            files,
            locations,
            inflaters: Inflaters::default(),
            unpacked_size,
        })
    }

    /// Bytes that all files have together.
    pub(crate) fn unpacked_size(&self) -> u64 {
        self.unpacked_size
    }
}

impl FileSource for Archive {
    fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    fn reader(&self, index: usize) -> Result<Box<dyn Read + '_>, Error> {
        match self.locations.get(index) {
            Some(location) => Ok(Box::new(EntryReader::new(
                &*self.source,
                location,
                &self.inflaters,
            ))),
            None => Err(Error::invalid_request("the archive has no such file")),
        }
    }
}

fn read_directory(
    source: &dyn ReadAt,
    directory: &Directory,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    let max_entries = u64::from(limits.max_files);
    if directory.entries > max_entries {
        return Err(Error::ArchiveLimit {
            what: "entries",
            limit: max_entries,
            found: directory.entries,
        });
    }
    let max_len = max_entries * MAX_DIRECTORY_LEN_PER_ENTRY;
    if directory.len > max_len {
        return Err(Error::ArchiveLimit {
            what: "bytes in its central directory",
            limit: max_len,
            found: directory.len,
        });
    }
    let len = usize::try_from(directory.len).map_err(|_| invalid("its directory is too large"))?;
    let mut bytes = vec![0; len];
    read_exact_at(source, &mut bytes, directory.offset)?;
    Ok(bytes)
}

/// What the entries of an archive are.
#[derive(Debug)]
struct Contents<'h, 'b> {
    // With the place of the header among all.
    files: Vec<(BundlePath, usize, &'h Header<'b>)>,
    folders: Vec<BundlePath>,
}

impl<'h, 'b> Contents<'h, 'b> {
    fn sort_out(headers: &'h [Header<'b>], limits: &Limits) -> Result<Self, Error> {
        let mut tree = Tree::new(limits.max_files);
        let mut contents = Self {
            files: Vec::new(),
            folders: Vec::new(),
        };
        for (index, header) in headers.iter().enumerate() {
            // APPNOTE 4.4.17: a name that ends in a slash is a folder's.
            let (name, is_folder) = match header.name.strip_suffix(b"/") {
                Some(name) if !name.is_empty() => (name, true),
                _ => (header.name, false),
            };
            let path = BundlePath::parse(name)?;
            check_kind(header, is_folder)?;
            if is_macos(&path, is_folder) {
                if !limits.skips_macos_files {
                    let problem = "it is what macOS adds to archives: pack without it";
                    return Err(invalid_entry(header.name, problem));
                }
            } else if is_folder {
                tree.add_folder(&path)?;
                contents.folders.push(path);
            } else {
                tree.add_file(&path)?;
                contents.files.push((path, index, header));
            }
        }
        Ok(contents)
    }

    fn unpacked_size(&self) -> u64 {
        self.files
            .iter()
            .fold(0, |sum, (.., header)| sum.saturating_add(header.size))
    }

    /// Whether the bundle lies in one folder instead of at the root.
    fn has_root_folder(&self) -> Result<bool, Error> {
        // A page without a byte can't become ready, and is what damage may leave of another.
        let has = |name: &str| {
            let mut files = self.files.iter();
            files.any(|(path, _, header)| path.as_str() == name && header.size > 0)
        };
        if has(INDEX) {
            return Ok(false);
        }
        let root = self
            .files
            .first()
            .and_then(|(path, ..)| path.components().next())
            .ok_or(Error::MissingIndex)?;
        let holds_everything = self
            .files
            .iter()
            .map(|(path, ..)| path)
            .chain(&self.folders)
            .all(|path| path.components().next() == Some(root));
        if holds_everything && has(&format!("{root}/{INDEX}")) {
            return Ok(true);
        }
        Err(Error::MissingIndex)
    }
}

fn check_kind(header: &Header<'_>, is_folder: bool) -> Result<(), Error> {
    let special = match header.mode() {
        Mode::Unknown | Mode::File => false,
        Mode::Folder => !is_folder,
        Mode::Special => true,
    };
    if special {
        return Err(Error::UnsafePath {
            path: shown(header.name),
            problem: "it is a link or another special file".to_owned(),
        });
    }
    if is_folder && (header.size != 0 || header.crc != 0) {
        return Err(invalid_entry(header.name, "it is a folder with content"));
    }
    Ok(())
}

/// What macOS puts into archives beside the files that were meant.
fn is_macos(path: &BundlePath, is_folder: bool) -> bool {
    let in_resources = match path.as_str().split_once('/') {
        Some((first, _)) => first == MACOS_RESOURCES,
        None => is_folder && path.as_str() == MACOS_RESOURCES,
    };
    in_resources || (!is_folder && path.components().last() == Some(MACOS_FINDER))
}

fn check_unpacked_size(size: u64, archive_len: u64, limits: &Limits) -> Result<(), Error> {
    if size > limits.max_unpacked_bytes {
        return Err(Error::ArchiveLimit {
            what: "unpacked bytes",
            limit: limits.max_unpacked_bytes,
            found: size,
        });
    }
    if size > ALWAYS_ALLOWED_BYTES && size > archive_len.saturating_mul(MAX_RATIO) {
        return Err(Error::ArchiveLimit {
            what: "unpacked bytes for each of its own",
            limit: MAX_RATIO,
            found: size.div_ceil(archive_len.max(1)),
        });
    }
    Ok(())
}

/// Where the data of each entry begins.
fn locate_all(
    source: &dyn ReadAt,
    directory: &Directory,
    headers: &[Header<'_>],
) -> Result<Vec<u64>, Error> {
    let mut scratch = Vec::new();
    let mut extents = Vec::with_capacity(headers.len());
    for header in headers {
        extents.push((header.locate(source, directory, &mut scratch)?, header.name));
    }
    let offsets = extents.iter().map(|(extent, _)| extent.data).collect();
    refuse_overlaps(extents)?;
    Ok(offsets)
}
