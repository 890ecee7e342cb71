//! The folder of bundles.
//!
//! It is read anew for every check, so that files can come and go while the server runs.

mod offer;
mod statement;

use std::{
    collections::HashMap,
    fs::{self, File, Metadata},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use semver::Version;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use self::{
    offer::{Asked, Choice},
    statement::Statement,
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CatalogError {
    #[error("{}: {source}", file_name(path))]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {source}", file_name(path))]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("channels.json pins {channel} to {version}, which isn't in the folder")]
    PinMissing { channel: String, version: String },
    #[error(
        "{}: not an envelope with a release statement in its payload",
        file_name(path)
    )]
    NoEnvelope { path: PathBuf },
    #[error("the folder has no {wanted}")]
    NoStatement { wanted: &'static str },
}

#[derive(Debug)]
pub(crate) struct Catalog {
    folder: PathBuf,
    checksums: Mutex<HashMap<PathBuf, (Stamp, String)>>,
}

/// One zip of the folder.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) version: Version,
    pub(crate) path: PathBuf,
    /// The last part of its download URL.
    pub(crate) name: String,
    metadata: ReleaseMetadata,
    signature: Option<String>,
}

/// What makes a file another one without looking into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

/// The file `NAME.json` beside `NAME.zip`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct ReleaseMetadata {
    min_app_version: Option<String>,
    max_app_version: Option<String>,
    release_notes: Option<String>,
    mandatory: bool,
    #[serde(alias = "channel")]
    channels: Option<Names>,
    #[serde(alias = "appId")]
    app_ids: Option<Names>,
    signature: Option<String>,
    mirrors: Vec<String>,
    checksum: Option<String>,
    size: Option<u64>,
    download_url: Option<String>,
    /// A release statement, passed on as it is.
    release: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Catalog {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            checksums: Mutex::default(),
        }
    }

    /// The bundle of a download URL: a version, or a file's name, with or without `.zip`.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Bundle>, CatalogError> {
        let bundles = self.bundles()?;
        let stem = name.strip_suffix(".zip").unwrap_or(name);
        let named = bundles.iter().find(|bundle| stem == bundle.stem());
        let versioned = || {
            bundles
                .iter()
                .find(|bundle| stem == bundle.version.to_string())
        };
        Ok(named.or_else(versioned).cloned())
    }

    /// All versions of the folder, the oldest first.
    pub(crate) fn versions(&self) -> Result<Vec<String>, CatalogError> {
        let mut bundles = self.bundles()?;
        bundles.sort_by(|one, other| one.version.cmp(&other.version));
        Ok(bundles
            .iter()
            .map(|bundle| bundle.version.to_string())
            .collect())
    }

    /// SHA-256 of a file in hex. Read again only where the file has changed.
    pub(crate) fn checksum(&self, path: &Path) -> Result<String, CatalogError> {
        let stamp = Stamp::of(&metadata(path)?);
        let known = self.lock().get(path).cloned();
        if let Some((_, checksum)) = known.filter(|(known, _)| *known == stamp) {
            return Ok(checksum);
        }
        let checksum = hash(path).map_err(|source| CatalogError::Io {
            path: path.to_owned(),
            source,
        })?;
        self.lock()
            .insert(path.to_owned(), (stamp, checksum.clone()));
        Ok(checksum)
    }

    /// Everything in `file` of the folder, as JSON.
    pub(crate) fn json(&self, file: &str) -> Result<Value, CatalogError> {
        let path = self.folder.join(file);
        // A name, and not a way out of the folder.
        let is_name = path.file_name().is_some_and(|name| name == file);
        let found = match is_name {
            true => read_json(&path)?,
            false => None,
        };
        found.ok_or_else(|| CatalogError::Io {
            path: path.clone(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    fn bundles(&self) -> Result<Vec<Bundle>, CatalogError> {
        let mut bundles = Vec::new();
        for path in self.paths()? {
            bundles.extend(Bundle::read(path)?);
        }
        give_names(&mut bundles);
        Ok(bundles)
    }

    fn statements(&self) -> Result<Vec<Statement>, CatalogError> {
        let mut statements = Vec::new();
        for path in self.paths()? {
            statements.extend(Statement::read(&path)?);
        }
        Ok(statements)
    }

    fn paths(&self) -> Result<Vec<PathBuf>, CatalogError> {
        let failed = |source| CatalogError::Io {
            path: self.folder.clone(),
            source,
        };
        let mut paths: Vec<PathBuf> = fs::read_dir(&self.folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(failed)?;
        paths.sort();
        Ok(paths)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (Stamp, String)>> {
        self.checksums
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bundle {
    /// The bundle at `path`. A file that isn't called like one is none.
    fn read(path: PathBuf) -> Result<Option<Self>, CatalogError> {
        let stem = path.file_name().and_then(|name| name.to_str());
        let Some(stem) = stem.and_then(|name| name.strip_suffix(".zip")) else {
            return Ok(None);
        };
        let Some(version) = version_in(stem).filter(|_| !stem.starts_with('.')) else {
            return Ok(None);
        };
        Ok(Some(Self {
            version,
            name: String::new(),
            metadata: read_json(&path.with_file_name(format!("{stem}.json")))?.unwrap_or_default(),
            signature: read_signature(&path.with_file_name(format!("{stem}.zip.sig")))?,
            path,
        }))
    }

    pub(crate) fn file(&self) -> Result<Metadata, CatalogError> {
        metadata(&self.path)
    }

    fn stem(&self) -> &str {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str());
        stem.unwrap_or_default()
    }

    fn is_for_app(&self, app_id: &str) -> bool {
        let names = self.metadata.app_ids.as_ref();
        names.is_none_or(|names| names.include(app_id))
    }

    fn is_on_channel(&self, channel: &str) -> bool {
        let names = self.metadata.channels.as_ref();
        names.is_none_or(|names| names.include(channel))
    }
}

impl Names {
    fn include(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(several) => several.iter().any(|one| one == name),
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            inode,
        }
    }
}

/// The version that a file is called after, whose name is `stem` and an ending: the longest end of
/// it that is one, as in `1.2.3`, `v1.2.3`, `my-app-1.2.3-beta.1`.
#[must_use]
pub fn version_in(stem: &str) -> Option<Version> {
    let starts = stem
        .match_indices(['-', '_'])
        .map(|(position, separator)| position + separator.len());
    std::iter::once(0)
        .chain(starts)
        .filter_map(|start| stem.get(start..))
        .find_map(|end| Version::parse(end.strip_prefix('v').unwrap_or(end)).ok())
}

/// A bundle goes by its version, and where several have the same one, by its file.
fn give_names(bundles: &mut [Bundle]) {
    let mut counts: HashMap<Version, usize> = HashMap::new();
    for bundle in bundles.iter() {
        *counts.entry(bundle.version.clone()).or_default() += 1;
    }
    for bundle in bundles {
        bundle.name = match counts.get(&bundle.version) {
            Some(1) => bundle.version.to_string(),
            _ => format!("{}.zip", bundle.stem()),
        };
    }
}

/// A signature stands in its file as bare base64, or in JSON as `signature`.
fn read_signature(path: &Path) -> Result<Option<String>, CatalogError> {
    #[derive(Deserialize)]
    struct Signed {
        signature: String,
    }
    let Some(text) = read_text(path)? else {
        return Ok(None);
    };
    if !text.trim_start().starts_with('{') {
        return Ok(Some(text.split_whitespace().collect()));
    }
    let signed: Signed = parse_json(path, &text)?;
    Ok(Some(signed.signature))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, CatalogError> {
    read_text(path)?
        .map(|text| parse_json(path, &text))
        .transpose()
}

fn parse_json<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, CatalogError> {
    serde_json::from_str(text).map_err(|source| CatalogError::Json {
        path: path.to_owned(),
        source,
    })
}

fn read_text(path: &Path) -> Result<Option<String>, CatalogError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CatalogError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

fn metadata(path: &Path) -> Result<Metadata, CatalogError> {
    fs::metadata(path).map_err(|source| CatalogError::Io {
        path: path.to_owned(),
        source,
    })
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            count => hasher.update(piece.split_at(count).0),
        }
    }
    Ok(hex(&hasher.finalize()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Clients read the errors; they needn't see where the folder lies.
fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
