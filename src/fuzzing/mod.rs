//! What the programs in `fuzz/` feed with bytes. It is compiled for them alone (`cfg(fuzzing)`).
//!
//! Each function takes what an attacker, a broken server or a broken disk may hand over, and
//! panics where something doesn't hold: a refusal is always an answer.

#[cfg(feature = "capgo")]
mod capgo;
mod launch;
mod slot;

use std::io::{self, Read};
use std::sync::Arc;

use crate::archive::{Archive, FileList, FileSource, Limits};
use crate::config::Config;
use crate::download::range::ContentRange;
use crate::error::Error;
use crate::release;
use crate::source::{Answer, Inquiry, Offer, native_update};
use crate::store::storage::ReadAt;
use crate::verify::statement::{MAX_SEQUENCE, Statement};

#[cfg(feature = "capgo")]
pub use capgo::{capgo_answer, capgo_wrapping};
pub use launch::{launch, starts};
pub use slot::{slot, slots};

/// A `Content-Range`: what is taken makes sense, and reads the same when written again.
pub fn content_range(text: &str) {
    let Some(range) = ContentRange::parse(text) else {
        return;
    };
    let written = match range {
        ContentRange::Part { first, last, total } => {
            assert!(first <= last && total.is_none_or(|total| last < total));
            let total = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
            format!("bytes {first}-{last}/{total}")
        }
        ContentRange::Unsatisfied { total } => format!("bytes */{total}"),
    };
    assert_eq!(ContentRange::parse(&written), Some(range));
}

/// A list of files: what is taken is what would be written, byte by byte.
pub fn file_list(bytes: &[u8]) {
    if let Ok(list) = FileList::decode(bytes) {
        assert_eq!(list.encode().as_bytes(), bytes);
        let files = list.files().iter();
        let files = files.map(|file| (file.path(), file.size(), file.sha256()));
        // Names that are one file on some systems are refused where a list is made.
        if let Ok(again) = FileList::from_files(files) {
            assert_eq!(again, list);
        }
    }
}

/// An answer to an update check: a release within its bounds, or a `protocol` error.
pub fn release_answer(bytes: &[u8]) {
    match answer(bytes, false) {
        Ok(Answer::Offer(Offer::Release(release))) => {
            assert!(!release.urls.is_empty());
            assert!(release.version.to_string().len() <= release::MAX_VERSION_LEN);
            assert_ne!(release.size, Some(0));
        }
        Ok(_) => {}
        Err(error) => assert_eq!(error.code(), "protocol"),
    }
}

/// An answer in statement mode: no key stands in it twice, and nothing of it is believed.
pub fn stated_answer(bytes: &[u8]) {
    if let Err(error) = answer(bytes, true) {
        let code = error.code();
        assert!(REFUSALS.contains(&code), "{code}: {error}");
    }
}

/// What an envelope may be refused with before a key is tried.
const REFUSALS: [&str; 3] = ["protocol", "signature_invalid", "size_exceeded"];

fn answer(bytes: &[u8], wants_statement: bool) -> Result<Answer, Error> {
    let base = "https://updates.example.com/app/".parse().expect("a URL");
    let inquiry = Inquiry {
        app_id: "com.example.app".to_owned(),
        platform: "android".to_owned(),
        channel: "production".to_owned(),
        device_id: "7f3c".to_owned(),
        custom_id: None,
        app_version: "1.0.0".to_owned(),
        current_version: "1.0.0".to_owned(),
        current_bundle: "builtin".to_owned(),
        failed_versions: Vec::new(),
    };
    native_update::parse(bytes, &base, &base, &inquiry, wants_statement)
}

/// A payload behind whose signatures nobody has looked: within its bounds, or refused.
pub fn statement(bytes: &[u8]) {
    match Statement::parse(bytes) {
        Ok(statement) => {
            assert!(statement.sequence <= MAX_SEQUENCE);
            assert!(!statement.app_id.is_empty());
        }
        Err(error) => assert_eq!(error.code(), "protocol"),
    }
}

/// A zip: refused for good, or its files are read to their ends within the limits.
pub fn archive(bytes: &[u8]) {
    let mut limits = Limits::default();
    limits.max_files = 1_000;
    limits.max_unpacked_bytes = 1 << 22;
    let archive = match Archive::open(Arc::new(Memory(bytes.to_vec())), &limits) {
        Ok(archive) => archive,
        Err(error) => return assert!(error.condemns_bytes(), "{error}"),
    };
    assert!(archive.unpacked_size() <= limits.max_unpacked_bytes);
    for (index, file) in archive.files().iter().enumerate() {
        let mut reader = archive.reader(index).expect("a file that is listed");
        match io::copy(&mut reader.by_ref().take(file.size + 1), &mut io::sink()) {
            Ok(read) => assert_eq!(read, file.size, "{}", file.path),
            Err(error) => {
                let refusal = error
                    .get_ref()
                    .and_then(|source| source.downcast_ref::<Error>());
                assert!(refusal.is_some_and(Error::condemns_bytes), "{error}");
            }
        }
    }
}

/// A configuration: taken, or a `config` error.
pub fn configuration(text: &str) {
    if let Err(error) = Config::from_json(text) {
        assert_eq!(error.code(), "config");
    }
}

#[derive(Debug)]
struct Memory(Vec<u8>);

impl ReadAt for Memory {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.0.get(offset..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
