//! What a bundle consists of.

use sha2::{Digest, Sha256};

use super::path::BundlePath;
use super::sorted;
use super::tree::Tree;
use crate::digest::Sha256Digest;
use crate::error::Error;

/// All files of a bundle, in the byte order of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileList {
    files: Vec<ListedFile>,
}

/// One file of a bundle. Their order is that of their paths' bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedFile {
    path: BundlePath,
    size: u64,
    sha256: Sha256Digest,
}

impl FileList {
    /// The most bytes that [`decode`](Self::decode) looks at: enough for 85,000 files with the
    /// longest paths there are.
    pub const MAX_ENCODED_LEN: u64 = 64 << 20;

    /// Lists files by path, size in bytes and SHA-256, given in any order.
    ///
    /// Fails with [`Error::UnsafePath`] where no bundle can have such a path, or where two of
    /// them are one file on some systems.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, u64, Sha256Digest)>,
    ) -> Result<Self, Error> {
        let mut tree = Tree::new(u32::MAX);
        let mut listed = Vec::new();
        for (path, size, sha256) in files {
            let path = BundlePath::parse(path.as_bytes())?;
            tree.add_file(&path)?;
            listed.push(ListedFile::new(path, size, sha256));
        }
        Ok(Self::sorted(listed))
    }

    pub(super) fn sorted(files: Vec<ListedFile>) -> Self {
        Self {
            files: sorted(files),
        }
    }

    /// The files, in the byte order of their paths.
    pub fn files(&self) -> &[ListedFile] {
        &self.files
    }

    /// Bytes of all files together.
    pub fn total_size(&self) -> u64 {
        self.files
            .iter()
            .fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// The list as `sha256sum` prints it: a line of hex digits, two spaces and the path for each
    /// file. `sha256sum -c` checks an unpacked bundle by it.
    pub fn to_sha256sum_text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            text.push_str(&file.sha256sum_line());
        }
        text
    }

    /// The SHA-256 of [`to_sha256sum_text`](Self::to_sha256sum_text): the one digest that stands
    /// for the content of the whole bundle.
    pub fn sha256(&self) -> Sha256Digest {
        let mut hasher = Sha256::new();
        for file in &self.files {
            hasher.update(file.sha256sum_line());
        }
        Sha256Digest::new(hasher.finalize().into())
    }

    /// The list as text, sizes included: hex digits, size and path on a line for each file.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            text.push_str(&format!("{} {} {}\n", file.sha256, file.size, file.path));
        }
        text
    }

    /// Reads what [`encode`](Self::encode) wrote, and nothing that differs from it in any byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeFileListError> {
        if bytes.len() as u64 > Self::MAX_ENCODED_LEN {
            return Err(DecodeFileListError::new(1, "the list is too long"));
        }
        let mut files: Vec<ListedFile> = Vec::new();
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let wrong = |problem| DecodeFileListError::new(index + 1, problem);
            let file = ListedFile::decode(line).map_err(wrong)?;
            if files.last().is_some_and(|last| last.path >= file.path) {
                return Err(wrong("it is not in order"));
            }
            files.push(file);
        }
        Ok(Self { files })
    }
}

impl ListedFile {
    pub(super) fn new(path: BundlePath, size: u64, sha256: Sha256Digest) -> Self {
        Self { path, size, sha256 }
    }

    /// The path under the bundle's root, with `/` between its components.
    pub fn path(&self) -> &str {
        self.path.as_str()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> Sha256Digest {
        self.sha256
    }

    fn sha256sum_line(&self) -> String {
        format!("{}  {}\n", self.sha256, self.path)
    }

    fn decode(line: &[u8]) -> Result<Self, &'static str> {
        let line = str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let line = line.strip_suffix('\n').ok_or("it does not end")?;
        let mut fields = line.splitn(3, ' ');
        let (Some(digest), Some(size), Some(path)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err("it has too few fields");
        };
        let sha256: Sha256Digest = digest.parse().map_err(|_| "its digest is bad")?;
        if digest.bytes().any(|digit| digit.is_ascii_uppercase()) {
            return Err("its digest is bad");
        }
        let path = BundlePath::parse(path.as_bytes()).map_err(|_| "its path is bad")?;
        Ok(Self::new(path, decode_size(size)?, sha256))
    }
}

/// The list is not what [`FileList::encode`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the file list: {problem}")]
#[non_exhaustive]
pub struct DecodeFileListError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl DecodeFileListError {
    fn new(line: usize, problem: &'static str) -> Self {
        Self { line, problem }
    }
}

/// A number that is written in the one way that `Display` writes it.
fn decode_size(digits: &str) -> Result<u64, &'static str> {
    digits
        .parse()
        .ok()
        .filter(|size: &u64| size.to_string() == digits)
        .ok_or("its size is bad")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The SHA-256 of nothing.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn list(files: &[(&str, u64)]) -> FileList {
        let digest = EMPTY.parse().unwrap();
        FileList::from_files(files.iter().map(|(path, size)| (*path, *size, digest))).unwrap()
    }

    #[test]
    fn the_text_is_that_of_sha256sum_in_byte_order() {
        let list = list(&[("ü", 0), ("a/b", 7), ("a.b", 0), ("Z", 1)]);
        let paths = ["Z", "a.b", "a/b", "ü"];
        let text: String = paths.map(|path| format!("{EMPTY}  {path}\n")).concat();
        assert_eq!(list.to_sha256sum_text(), text);
        assert_eq!(list.sha256().as_bytes()[..], Sha256::digest(&text)[..]);
        assert_eq!(list.total_size(), 8);
    }

    #[test]
    fn what_was_encoded_decodes_to_the_same() {
        for list in [
            list(&[]),
            list(&[("index.html", 0)]),
            list(&[("a b  c", u64::MAX), ("ü/x", 10)]),
        ] {
            assert_eq!(FileList::decode(list.encode().as_bytes()), Ok(list));
        }
    }

    #[test]
    fn any_other_text_is_refused() {
        let digest = EMPTY;
        let upper = EMPTY.to_uppercase();
        for (text, problem) in [
            (format!("{digest} 1 a"), "it does not end"),
            (format!("{digest} 1 a\n\n"), "it has too few fields"),
            (format!("{digest} 1\n"), "it has too few fields"),
            (format!("{upper} 1 a\n"), "its digest is bad"),
            (format!("{} 1 a\n", &digest[1..]), "its digest is bad"),
            (format!("{digest}  1 a\n"), "its size is bad"),
            (format!("{digest} 01 a\n"), "its size is bad"),
            (format!("{digest} +1 a\n"), "its size is bad"),
            (format!("{digest} -1 a\n"), "its size is bad"),
            (format!("{digest} {}0 a\n", u64::MAX), "its size is bad"),
            (format!("{digest} 1 ../a\n"), "its path is bad"),
            (format!("{digest} 1 a\r\n"), "its path is bad"),
            (format!("{digest} 1 \n"), "its path is bad"),
            (
                format!("{digest} 1 b\n{digest} 1 a\n"),
                "it is not in order",
            ),
            (
                format!("{digest} 1 a\n{digest} 1 a\n"),
                "it is not in order",
            ),
        ] {
            let error = FileList::decode(text.as_bytes()).unwrap_err();
            assert_eq!(error.problem, problem, "{text:?}");
        }
        assert!(FileList::decode(b"\xff\n").is_err());
    }

    #[test]
    fn no_changed_byte_goes_unnoticed_or_panics() {
        let list = list(&[("a/index.html", 12), ("b", 0)]);
        let text = list.encode().into_bytes();
        for position in 0..text.len() {
            for bit in 0..8 {
                let mut changed = text.clone();
                changed[position] ^= 1 << bit;
                assert_ne!(FileList::decode(&changed).ok().as_ref(), Some(&list));
            }
            assert_ne!(
                FileList::decode(&text[..position]).ok().as_ref(),
                Some(&list)
            );
        }
    }

    #[test]
    fn names_that_can_not_be_files_of_one_bundle_are_refused() {
        let digest = EMPTY.parse().unwrap();
        for paths in [["../a", "b"], ["a", "a"], ["a", "A"], ["a", "a/b"]] {
            let files = paths.map(|path| (path, 0, digest));
            let error = FileList::from_files(files).unwrap_err();
            assert_eq!(error.code(), "unsafe_path");
        }
    }
}
