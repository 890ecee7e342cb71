//! Small web apps, and zips of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The files of a web app, by their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebApp(BTreeMap<String, Vec<u8>>);

impl WebApp {
    /// An app whose files name its version.
    pub(crate) fn new(version: &str) -> Self {
        let index = format!("<!doctype html><title>{version}</title><script src=app.js></script>");
        let script = format!("console.log('{version}');\n").repeat(200);
        let style = format!("/* {version} */").repeat(50);
        Self(BTreeMap::from([
            ("index.html".to_owned(), index.into_bytes()),
            ("app.js".to_owned(), script.into_bytes()),
            ("assets/style.css".to_owned(), style.into_bytes()),
            ("assets/empty.txt".to_owned(), Vec::new()),
        ]))
    }

    /// The same with a picture of so many bytes that don't shrink.
    pub(crate) fn with_bytes(mut self, len: usize) -> Self {
        let seed = self.0["index.html"].iter().map(|byte| u64::from(*byte));
        let mut dice = Dice::new(seed.sum::<u64>() + 1);
        let bytes = (0..len).map(|_| dice.next() as u8).collect();
        self.0.insert("assets/picture.png".to_owned(), bytes);
        self
    }

    /// The same with so many small files.
    pub(crate) fn with_files(mut self, count: usize) -> Self {
        for index in 0..count {
            let bytes = format!("chunk {index}\n").repeat(30).into_bytes();
            self.0.insert(format!("chunks/{index}.js"), bytes);
        }
        self
    }

    /// A zip of it: what doesn't shrink is stored.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in &self.0 {
            let method = if path.ends_with(".png") {
                CompressionMethod::Stored
            } else {
                CompressionMethod::Deflated
            };
            let options = SimpleFileOptions::DEFAULT.compression_method(method);
            zip.start_file(path, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// Asserts that a folder holds exactly these files.
    pub(crate) fn assert_lies_in(&self, folder: &Path) {
        assert_eq!(self.difference(folder), None, "{}", folder.display());
    }

    /// What keeps a folder from holding exactly these files; nothing where it does.
    pub(crate) fn difference(&self, folder: &Path) -> Option<String> {
        let mut found = BTreeMap::new();
        if let Err(error) = read_into(folder, "", &mut found) {
            return Some(format!("{}: {error}", folder.display()));
        }
        let missing = self.0.keys().find(|path| !found.contains_key(*path));
        if let Some(path) = missing {
            return Some(format!("{path} is missing"));
        }
        let changed = |(path, bytes): &(&String, &Vec<u8>)| self.0.get(*path) != Some(*bytes);
        found
            .iter()
            .find(changed)
            .map(|(path, bytes)| match self.0.get(path) {
                None => format!("{path} is too many"),
                Some(expected) => format!(
                    "{path} is another, with {} bytes instead of {}",
                    bytes.len(),
                    expected.len()
                ),
            })
    }
}

fn read_into(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_into(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// Numbers that look random and are the same for the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    pub(crate) fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.within(0..count) == 0
    }
}
