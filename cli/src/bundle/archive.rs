//! Writes and reads zips.
//!
//! Written ones are the same bytes for the same files, whatever machine, time or order they come
//! from, and as plain as the format allows, so that every updater of the field opens them: no
//! folders, no data descriptors, no extra fields, zip64 only where sizes need it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use indicatif::ProgressBar;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, System, ZipArchive, ZipWriter};

use super::survey::Survey;
use super::tree::{Tree, TreeFile};
use super::{INDEX, is_rubbish};
use crate::output::Failure;

const LEVEL: i64 = 9;

/// How much of a file tells whether it shrinks.
const SAMPLE: u64 = 64 * 1024;

/// Above this a size needs zip64; the room is for files that deflate makes larger.
const ZIP32_LIMIT: u64 = 0xff00_0000;

/// Writes all files of a folder, looking at each on the way.
pub(crate) fn write_zip(
    tree: &Tree,
    target: File,
    progress: &ProgressBar,
) -> Result<Survey, (TreeFileError, io::Error)> {
    let mut survey = Survey::default();
    let mut writer = ZipWriter::new(BufWriter::new(target));
    let on_target = |error: io::Error| (TreeFileError::Target, error);
    for file in &tree.files {
        let on_source = |error| (TreeFileError::Source(file.path.clone()), error);
        let mut content = File::open(&file.path).map_err(on_source)?;
        let options = options(file, &mut content).map_err(on_source)?;
        writer
            .start_file(&file.name, options)
            .map_err(|error| on_target(error.into()))?;
        survey
            .take(&file.name, None, content, |chunk| {
                progress.inc(chunk.len() as u64);
                writer.write_all(chunk)
            })
            .map_err(on_source)?;
    }
    let mut target = writer.finish().map_err(|error| on_target(error.into()))?;
    target.flush().map_err(on_target)?;
    target.get_ref().sync_all().map_err(on_target)?;
    Ok(survey)
}

/// Where packing failed.
#[derive(Debug)]
pub(crate) enum TreeFileError {
    /// In a file of the folder.
    Source(PathBuf),
    /// In the archive.
    Target,
}

fn options(file: &TreeFile, content: &mut File) -> io::Result<SimpleFileOptions> {
    let (method, level) = if shrinks(content)? {
        (CompressionMethod::Deflated, Some(LEVEL))
    } else {
        (CompressionMethod::Stored, None)
    };
    Ok(SimpleFileOptions::DEFAULT
        .compression_method(method)
        .compression_level(level)
        .unix_permissions(0o644)
        .system(System::Unix)
        .large_file(file.size >= ZIP32_LIMIT))
}

/// Whether deflate is worth it, told by the file's beginning, so that the answer depends on
/// nothing but its bytes.
fn shrinks(content: &mut File) -> io::Result<bool> {
    let mut sample = Vec::new();
    Read::by_ref(content)
        .take(SAMPLE)
        .read_to_end(&mut sample)?;
    content.seek(SeekFrom::Start(0))?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&sample)?;
    let deflated = encoder.finish()?.len();
    // Under 2 % isn't worth the time that devices take to inflate it.
    Ok(deflated.saturating_mul(100) < sample.len().saturating_mul(98))
}

/// Looks at all files of a zip. One folder that holds everything is left out of the paths, as
/// devices do.
pub(crate) fn survey_zip(path: &Path) -> Result<Survey, Failure> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    let unreadable = |error: ZipError| {
        let message = format!("{} can't be read as a zip: {error}", path.display());
        Failure::new("invalid_archive", message)
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    let names = (0..archive.len())
        .map(|index| {
            let entry = archive.by_index_raw(index)?;
            Ok(String::from_utf8_lossy(entry.name_raw()).into_owned())
        })
        .collect::<Result<Vec<_>, ZipError>>()
        .map_err(unreadable)?;
    let stripped = common_folder(&names);
    let mut survey = Survey::default();
    for (index, name) in names.iter().enumerate() {
        if name.ends_with('/') || is_rubbish_path(name) {
            continue;
        }
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let compressed_size = entry.compressed_size();
        let shown = name.strip_prefix(&stripped).unwrap_or(name);
        survey
            .take(shown, Some(compressed_size), &mut entry, |_| Ok(()))
            .map_err(|error| unreadable(error.into()))?;
    }
    Ok(survey)
}

/// The folder that holds everything and an index, with its `/`; else nothing.
fn common_folder(names: &[String]) -> String {
    let mut names = names.iter().filter(|name| !is_rubbish_path(name));
    let Some((folder, _)) = names.clone().find_map(|name| name.split_once('/')) else {
        return String::new();
    };
    let folder = format!("{folder}/");
    let index = format!("{folder}{INDEX}");
    if names.clone().any(|name| *name == index) && names.all(|name| name.starts_with(&folder)) {
        folder
    } else {
        String::new()
    }
}

fn is_rubbish_path(path: &str) -> bool {
    path.split('/').any(is_rubbish)
}
