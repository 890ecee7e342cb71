//! The app that is updated: the demo's own, or the user's.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::page::Page;
use super::postcards::{self, Postcards};
use super::workshop::Workshop;
use super::{BAD_VERSION, BUILTIN_VERSION, GOOD_VERSION};
use crate::bundle::{INDEX, Tree, survey_zip};
use crate::output::Failure;

/// What makes the user's bad release another one than the good one.
const CHANGE: &str =
    "\n<!-- The demo's bad release: here the page would fail before it is ready. -->\n";

/// Where the versions come from.
#[derive(Debug)]
pub(super) enum App {
    Postcards(Postcards),
    Folder(PathBuf),
    Zip(PathBuf),
}

impl App {
    pub(super) fn postcards() -> Self {
        Self::Postcards(Postcards::paint())
    }

    /// The user's app.
    ///
    /// # Errors
    ///
    /// It isn't a folder of web files or a zip of one.
    pub(super) fn own(path: &Path) -> Result<Self, Failure> {
        let metadata = path
            .metadata()
            .map_err(|error| Failure::unreadable(path, &error))?;
        if metadata.is_dir() {
            Tree::read(path)?;
            return Ok(Self::Folder(path.to_owned()));
        }
        let survey = survey_zip(path)?;
        if !survey.files().iter().any(|file| file.path == INDEX) {
            let message = format!(
                "{} has no {INDEX}, neither at its root nor in one folder that holds everything: give a zip of what the web build writes",
                path.display()
            );
            return Err(Failure::new("missing_index", message));
        }
        Ok(Self::Zip(path.to_owned()))
    }

    /// What is told of the app.
    pub(super) fn story(&self) -> String {
        match self {
            Self::Postcards(_) => format!(
                "a small gallery: {BUILTIN_VERSION} came from the store, {GOOD_VERSION} works, {BAD_VERSION} does not"
            ),
            Self::Folder(path) | Self::Zip(path) => {
                format!(
                    "{} as {GOOD_VERSION}, and changed as {BAD_VERSION}",
                    path.display()
                )
            }
        }
    }

    /// Writes what the store's package would hold; nothing is known of that for the user's app.
    pub(super) fn write_builtin(
        &self,
        workshop: &Workshop<'_>,
    ) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Postcards(app) => app.edition(workshop, postcards::BUILTIN).map(Some),
            Self::Folder(_) | Self::Zip(_) => Ok(None),
        }
    }

    /// Whether packing is done here, not by another tool before.
    pub(super) fn is_packed_here(&self) -> bool {
        !matches!(self, Self::Zip(_))
    }

    /// Packs the version that works.
    pub(super) fn pack_good(&self, workshop: &Workshop<'_>, zip: &Path) -> Result<(), Failure> {
        match self {
            Self::Postcards(app) => {
                let folder = app.edition(workshop, postcards::GOOD)?;
                workshop.pack(&folder, zip).map(drop)
            }
            Self::Folder(folder) => workshop.pack(folder, zip).map(drop),
            // As it is: other tools' zips have to work too.
            Self::Zip(own) => fs::copy(own, zip)
                .map(drop)
                .map_err(|error| Failure::unwritable(zip, &error)),
        }
    }

    /// Packs the version that never becomes ready.
    pub(super) fn pack_bad(&self, workshop: &Workshop<'_>, zip: &Path) -> Result<(), Failure> {
        match self {
            Self::Postcards(app) => {
                let folder = app.edition(workshop, postcards::BAD)?;
                workshop.pack(&folder, zip).map(drop)
            }
            Self::Folder(own) => {
                let folder = workshop.folder(&format!("app/{BAD_VERSION}"))?;
                copy_changed(own, &folder)?;
                workshop.pack(&folder, zip).map(drop)
            }
            Self::Zip(own) => rewrite_changed(own, zip),
        }
    }

    /// Whether a page of this version says that it is ready. The demo can't run the user's
    /// scripts, so there the version alone decides.
    pub(super) fn calls_ready(&self, version: &str, page: &Page) -> bool {
        match self {
            Self::Postcards(_) => page.calls_ready,
            Self::Folder(_) | Self::Zip(_) => version != BAD_VERSION,
        }
    }
}

impl Postcards {
    fn edition(
        &self,
        workshop: &Workshop<'_>,
        edition: postcards::Edition,
    ) -> Result<PathBuf, Failure> {
        let folder = workshop.folder(&format!("app/{}", edition.version))?;
        self.write(edition, &folder)
            .map_err(|error| Failure::unwritable(&folder, &error))?;
        Ok(folder)
    }
}

/// Copies a folder's files, with another index.
fn copy_changed(from: &Path, to: &Path) -> Result<(), Failure> {
    for file in Tree::read(from)?.files {
        let target = to.join(&file.name);
        let copied = target
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::copy(&file.path, &target));
        copied.map_err(|error| Failure::unwritable(&target, &error))?;
    }
    let index = to.join(INDEX);
    fs::OpenOptions::new()
        .append(true)
        .open(&index)
        .and_then(|mut file| file.write_all(CHANGE.as_bytes()))
        .map_err(|error| Failure::unwritable(&index, &error))
}

/// Copies a zip's entries as they are compressed, but for its index.
fn rewrite_changed(from: &Path, to: &Path) -> Result<(), Failure> {
    let source = File::open(from).map_err(|error| Failure::unreadable(from, &error))?;
    let target = File::create(to).map_err(|error| Failure::unwritable(to, &error))?;
    rewrite(source, target).map_err(|error| {
        let message = format!("{} can't be changed: {error}", from.display());
        Failure::new("invalid_archive", message)
    })
}

fn rewrite(source: File, target: File) -> Result<(), ZipError> {
    let mut archive = ZipArchive::new(BufReader::new(source))?;
    let names = (0..archive.len())
        .map(|position| {
            let entry = archive.by_index_raw(position)?;
            Ok(String::from_utf8_lossy(entry.name_raw()).into_owned())
        })
        .collect::<Result<Vec<_>, ZipError>>()?;
    let index = names
        .iter()
        .filter(|name| *name == INDEX || name.ends_with(&format!("/{INDEX}")))
        .min_by_key(|name| name.matches('/').count());
    let mut writer = ZipWriter::new(BufWriter::new(target));
    for (position, name) in names.iter().enumerate() {
        if Some(name) != index {
            writer.raw_copy_file(archive.by_index_raw(position)?)?;
            continue;
        }
        let mut content = Vec::new();
        archive.by_index(position)?.read_to_end(&mut content)?;
        content.extend(CHANGE.as_bytes());
        writer.start_file(name, SimpleFileOptions::DEFAULT)?;
        writer.write_all(&content)?;
    }
    writer
        .finish()?
        .into_inner()
        .map_err(|error| ZipError::Io(io::Error::other(error.to_string())))?;
    Ok(())
}
