//! What is published: versions, their web files and their zips.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use live_updater::Sha256Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::statement::Statement;

/// What a server has to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The version that it is called.
    pub version: String,
    /// Names the files: see [`files_of`].
    pub content: String,
    /// The native versions that it is for.
    pub min_app_version: Option<String>,
    /// See `min_app_version`.
    pub max_app_version: Option<String>,
    /// What signs for it.
    pub statement: Option<Statement>,
}

impl Offer {
    /// A version with files of its own, for all apps, unsigned.
    pub fn new(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            content: version.to_owned(),
            min_app_version: None,
            max_app_version: None,
            statement: None,
        }
    }

    /// Its fields in the answer to a check.
    pub(crate) fn to_answer(&self) -> Value {
        let zip = zip_of(&self.content);
        let mut answer = json!({
            "updateAvailable": true,
            "version": self.version,
            "downloadUrl": format!("/api/v1/bundles/{}", self.content),
            "checksum": digest(&zip).to_string(),
            "size": zip.len(),
            "minAppVersion": self.min_app_version,
            "maxAppVersion": self.max_app_version,
        });
        if let Some(statement) = &self.statement {
            answer["release"] = statement.envelope(self);
        }
        answer
    }
}

/// The web files of a content: a few, in folders, of a sector or of some, all of them its own.
/// Where its name ends with `-pageless`, there is no `index.html`.
pub fn files_of(content: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let text = |name: &str, len: usize| {
        let line = format!("{name} of {content}\n");
        line.bytes().cycle().take(len).collect::<Vec<u8>>()
    };
    let noise = |name: &str, len: usize| {
        let blocks = (0..len.div_ceil(32)).map(|block| {
            let digest = Sha256::digest(format!("{name} {content} {block}"));
            <[u8; 32]>::from(digest)
        });
        blocks.flatten().take(len).collect::<Vec<u8>>()
    };
    let mut files: BTreeMap<_, _> = [
        ("index.html", text("index.html", 700)),
        ("js/app.js", text("app.js", 5000)),
        ("js/chunk.js", noise("chunk.js", 1400)),
        ("css/app.css", text("app.css", 90)),
        ("img/logo.png", noise("logo.png", 2600)),
        ("empty.txt", Vec::new()),
    ]
    .map(|(path, bytes)| (PathBuf::from(path), bytes))
    .into();
    if content.ends_with("-pageless") {
        files.retain(|path, _| path.as_os_str() != "index.html");
    }
    files
}

/// SHA-256 of the zip of a content, in hex digits.
pub fn checksum_of(content: &str) -> String {
    digest(&zip_of(content)).to_string()
}

pub(crate) fn zip_of(content: &str) -> Arc<Vec<u8>> {
    static ZIPS: LazyLock<Mutex<HashMap<String, Arc<Vec<u8>>>>> = LazyLock::new(Mutex::default);
    let mut zips = ZIPS.lock().unwrap_or_else(PoisonError::into_inner);
    let zip = zips.entry(content.to_owned()).or_insert_with(|| {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files_of(content) {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(path.to_str().unwrap(), options).unwrap();
            writer.write_all(&bytes).unwrap();
        }
        Arc::new(writer.finish().unwrap().into_inner())
    });
    Arc::clone(zip)
}

pub(crate) fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(bytes).into())
}
