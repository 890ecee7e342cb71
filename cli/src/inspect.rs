//! `live-updater inspect`: what is in a bundle, or what a statement says.

mod statement;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use live_updater::{Sha256Digest, Trust, verify_file};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::bundle::{INDEX, Survey, SurveyedFile, Tree, survey_zip};
use crate::output::{Failure, Output, Warning, human};
use crate::statement::is_in as is_statement;

/// How many files are shown where not all were asked for.
const SHOWN: usize = 20;

/// Show what is in a zip, what would be in the zip of a folder, or what a release statement says.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater inspect app-1.2.3.zip
  live-updater inspect dist --all
  live-updater inspect app-1.2.3.zip --json
  live-updater inspect app-1.2.3.statement.json")]
pub(crate) struct Arguments {
    /// A bundle, a folder of web files, or a release statement
    #[arg(value_name = "FILE.zip|DIR|FILE.json")]
    path: PathBuf,

    /// Show every file, not the 20 largest alone
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let path = &arguments.path;
    let is_folder = path
        .metadata()
        .map_err(|error| Failure::unreadable(path, &error))?
        .is_dir();
    if !is_folder && is_statement(path).map_err(|error| Failure::unreadable(path, &error))? {
        return statement::show(path, output);
    }
    let (survey, zip) = if is_folder {
        (survey_folder(path)?, None)
    } else {
        let zip = verify_file(path, None, None, &Trust::Unsigned)?;
        (survey_zip(path)?, Some(zip))
    };
    let warnings = survey.warnings();
    for warning in &warnings {
        output.warn(warning);
    }
    let files: Vec<_> = survey.files().into_iter().cloned().collect();
    output.result(&Report {
        path: path.clone(),
        size: zip.as_ref().map(|zip| zip.size),
        sha256: zip.map(|zip| zip.sha256),
        unpacked_size: survey.unpacked_size(),
        files_sha256: Sha256Digest::new(Sha256::digest(survey.list()).into()),
        index: files.iter().any(|file| file.path == INDEX),
        files,
        warnings,
        all: arguments.all,
    })
}

/// Looks at all files of a folder.
pub(crate) fn survey_folder(folder: &Path) -> Result<Survey, Failure> {
    let mut survey = Survey::default();
    for file in Tree::read(folder)?.files {
        let unreadable = |error: io::Error| Failure::unreadable(&file.path, &error);
        let content = std::fs::File::open(&file.path).map_err(unreadable)?;
        survey
            .take(&file.name, None, content, |_| Ok(()))
            .map_err(unreadable)?;
    }
    Ok(survey)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    path: PathBuf,
    /// Of the zip.
    size: Option<u64>,
    sha256: Option<Sha256Digest>,
    unpacked_size: u64,
    files_sha256: Sha256Digest,
    index: bool,
    files: Vec<SurveyedFile>,
    warnings: Vec<Warning>,
    #[serde(skip)]
    all: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: Vec<_> = self.files.iter().collect();
        if !self.all {
            shown.sort_by_key(|file| std::cmp::Reverse(file.size));
            shown.truncate(SHOWN);
        }
        writeln!(
            f,
            "{:>12}  {:>12}  {:>5}  file",
            "bytes", "in the zip", "ratio"
        )?;
        for file in &shown {
            write_row(f, file.size, file.compressed_size, &file.path)?;
        }
        let hidden = self.files.len() - shown.len();
        if hidden > 0 {
            writeln!(
                f,
                "{:>33}  and {hidden} smaller ones (--all shows them)",
                ""
            )?;
        }
        write_row(f, self.unpacked_size, self.size, "all")?;

        writeln!(f, "\npath         {}", self.path.display())?;
        if let (Some(size), Some(sha256)) = (self.size, self.sha256) {
            writeln!(f, "size         {size} ({})", human(size))?;
            writeln!(f, "sha256       {sha256}")?;
        }
        writeln!(f, "files        {}", self.files.len())?;
        writeln!(f, "filesSha256  {}", self.files_sha256)?;
        let index = if self.index {
            "found"
        } else {
            "MISSING: devices refuse this bundle"
        };
        writeln!(f, "index.html   {index}")
    }
}

fn write_row(
    f: &mut fmt::Formatter<'_>,
    size: u64,
    compressed: Option<u64>,
    name: &str,
) -> fmt::Result {
    match compressed {
        Some(compressed) => {
            let percent = compressed
                .saturating_mul(100)
                .checked_div(size)
                .unwrap_or(100);
            writeln!(f, "{size:>12}  {compressed:>12}  {percent:>4}%  {name}")
        }
        None => writeln!(f, "{size:>12}  {:>12}  {:>5}  {name}", "-", "-"),
    }
}
