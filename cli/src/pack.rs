//! `live-updater pack`: a folder of web files becomes a bundle.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use clap::Args;
use live_updater::{Sha256Digest, SignatureAlgorithm, Trust, verify_file};
use live_updater_signing::{PrivateKey, Signer};
use semver::Version;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::bundle::{self, Survey, Tree};
use crate::output::{Failure, Output, Warning, human};
use crate::sign::{signature_file, write_signature};

/// Pack a folder into a zip that is the same for the same files, and list them beside it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater pack dist --version 1.2.3
  live-updater pack dist --out app.zip --sign keys/live-updater.private.pem

Beside app.zip comes app.zip.files, a list that `sha256sum -c` reads, and with --sign
app.zip.sig. The checksum for the update server is the zip's sha256.")]
pub(crate) struct Arguments {
    /// The folder that has the index.html
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The zip; its folder is made [default: DIR.zip or DIR-VERSION.zip, here]
    #[arg(long, value_name = "FILE.zip")]
    out: Option<PathBuf>,

    /// The bundle's version, as in semver: 1.2.3 or 1.2.3-beta.1, without a v
    #[arg(long = "version", value_name = "VERSION")]
    bundle_version: Option<Version>,

    /// Sign the zip with this private key
    #[arg(long, value_name = "PRIVATE.pem")]
    sign: Option<PathBuf>,

    /// Sign with this algorithm
    #[arg(long, value_name = "NAME", requires = "sign")]
    algorithm: Option<SignatureAlgorithm>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    // Before the work, not after it.
    let key = arguments
        .sign
        .as_deref()
        .map(PrivateKey::read)
        .transpose()?;
    let folder = fs::canonicalize(&arguments.folder)
        .map_err(|error| Failure::unreadable(&arguments.folder, &error))?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => default_out(&folder, arguments.bundle_version.as_ref())?,
    };
    refuse_inside(&folder, &out)?;
    let parent = parent(&out);
    fs::create_dir_all(parent).map_err(|error| Failure::unwritable(parent, &error))?;
    // Where `..` follows a folder that wasn't there, only now is known what is meant.
    refuse_inside(&folder, &out)?;

    let tree = Tree::read(&folder)?;
    let survey = write(&tree, &out, output)?;
    let bundle = verify_file(&out, None, None, &Trust::Unsigned)?;
    let list = with_suffix(&out, ".files");
    let text = survey.list();
    fs::write(&list, &text).map_err(|error| Failure::unwritable(&list, &error))?;
    let signature = match key {
        Some(key) => {
            let signed = Signer::new(key, arguments.algorithm)?.sign_file(&out)?;
            write_signature(&signature_file(&out), &signed)?;
            Some(Signature {
                file: signature_file(&out),
                signature: signed.signature,
                algorithm: signed.algorithm,
                key_id: signed.key_id,
            })
        }
        None => None,
    };

    let warnings = survey.warnings();
    for warning in &warnings {
        output.warn(warning);
    }
    output.result(&Report {
        version: arguments.bundle_version.as_ref().map(Version::to_string),
        size: bundle.size,
        sha256: bundle.sha256,
        files: survey.files().len(),
        unpacked_size: survey.unpacked_size(),
        files_sha256: Sha256Digest::new(Sha256::digest(&text).into()),
        file: out,
        list,
        signature,
        warnings,
    })
}

fn default_out(folder: &Path, version: Option<&Version>) -> Result<PathBuf, Failure> {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy())
        .ok_or_else(|| Failure::usage("the folder has no name: say --out FILE.zip"))?;
    Ok(PathBuf::from(match version {
        Some(version) => format!("{name}-{version}.zip"),
        None => format!("{name}.zip"),
    }))
}

/// A zip in its own folder would be in the next one.
fn refuse_inside(folder: &Path, out: &Path) -> Result<(), Failure> {
    let nearest = parent(out)
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."));
    let nearest =
        fs::canonicalize(nearest).map_err(|error| Failure::unreadable(nearest, &error))?;
    if nearest.starts_with(folder) {
        let message = format!(
            "{} would lie in the folder that is packed: say --out with a place outside of it",
            out.display()
        );
        return Err(Failure::usage(message));
    }
    Ok(())
}

fn parent(out: &Path) -> &Path {
    match out.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Under another name first: a zip that is there is a whole one.
pub(crate) fn write(tree: &Tree, out: &Path, output: &Output) -> Result<Survey, Failure> {
    let partial = with_suffix(out, ".partial");
    let unwritable = |error: io::Error| Failure::unwritable(out, &error);
    let file = fs::File::create(&partial).map_err(unwritable)?;
    let progress = output.progress(tree.size());
    let written = bundle::write_zip(tree, file, &progress);
    progress.finish_and_clear();
    let survey = written
        .map_err(|(place, error)| match place {
            bundle::TreeFileError::Source(path) => Failure::unreadable(&path, &error),
            bundle::TreeFileError::Target => unwritable(error),
        })
        .and_then(|survey| {
            let size = fs::metadata(&partial).map_err(unwritable)?.len();
            refuse_bomb(&survey, size, out)?;
            fs::rename(&partial, out).map_err(unwritable)?;
            Ok(survey)
        });
    if survey.is_err() {
        // It is of no use, and its own error would hide the one that matters.
        let _ = fs::remove_file(&partial);
    }
    survey
}

/// Devices take what shrinks more for an attack.
fn refuse_bomb(survey: &Survey, size: u64, out: &Path) -> Result<(), Failure> {
    const FREE: u64 = 1024 * 1024;
    const MAX_RATIO: u64 = 200;
    let unpacked = survey.unpacked_size();
    if unpacked > FREE && unpacked / size.max(1) >= MAX_RATIO {
        let message = format!(
            "{} unpacks to over {MAX_RATIO} times its size, which devices refuse: are there large empty files in it?",
            out.display()
        );
        return Err(Failure::new("archive_limit", message));
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    file: PathBuf,
    version: Option<String>,
    size: u64,
    sha256: Sha256Digest,
    files: usize,
    unpacked_size: u64,
    list: PathBuf,
    files_sha256: Sha256Digest,
    signature: Option<Signature>,
    warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    file: PathBuf,
    signature: String,
    algorithm: SignatureAlgorithm,
    key_id: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, unpacked) = (self.size, human(self.unpacked_size));
        writeln!(f, "packed       {}", self.file.display())?;
        if let Some(version) = &self.version {
            writeln!(f, "version      {version}")?;
        }
        writeln!(
            f,
            "size         {size} ({}, {unpacked} unpacked)",
            human(size)
        )?;
        writeln!(f, "sha256       {}", self.sha256)?;
        writeln!(
            f,
            "files        {} (listed in {})",
            self.files,
            self.list.display()
        )?;
        writeln!(f, "filesSha256  {}", self.files_sha256)?;
        if let Some(signature) = &self.signature {
            writeln!(f, "signature    {}", signature.signature)?;
            writeln!(f, "algorithm    {}", signature.algorithm)?;
            writeln!(f, "key id       {}", signature.key_id)?;
        }
        Ok(())
    }
}
