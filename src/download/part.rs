//! A download that isn't finished.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use url::Url;

use super::sidecar::{Sidecar, short_hash};
use crate::error::Error;
use crate::release::Release;
use crate::store::bundles::DOWNLOADS;
use crate::store::storage::{Storage, StoredFile};

/// Names the bytes that are expected: the same for every release of the same checksum and size,
/// wherever it comes from. What comes encrypted is named by its session key too, which together
/// with the zip inside decides each of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartKey(String);

impl PartKey {
    pub(crate) fn of(release: &Release) -> Self {
        let size = release.size.map(|size| size.to_string());
        let mut name = format!("{}:{}", release.checksum, size.unwrap_or_default());
        if let Some(session) = &release.session {
            name = format!("{name}:{}", session.fingerprint());
        }
        Self(short_hash(&name))
    }

    /// Where the zip is that came encrypted, while it is being installed.
    #[cfg(feature = "capgo")]
    pub(crate) fn opened_path(&self) -> PathBuf {
        self.path("zip")
    }

    /// Where the bytes are, relative to the root.
    pub(crate) fn part_path(&self) -> PathBuf {
        self.path("part")
    }

    fn sidecar_path(&self) -> PathBuf {
        self.path("json")
    }

    fn new_sidecar_path(&self) -> PathBuf {
        self.path("json.new")
    }

    fn path(&self, extension: &str) -> PathBuf {
        Path::new(DOWNLOADS).join(format!("{}.{extension}", self.0))
    }
}

impl fmt::Display for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part of one release.
#[derive(Debug)]
pub(super) struct Part<'a> {
    storage: &'a dyn Storage,
    key: PartKey,
    sidecar: Sidecar,
}

impl<'a> Part<'a> {
    /// Takes up what is on the disk, unless it is too old. All other parts are deleted.
    pub(super) fn open(
        storage: &'a dyn Storage,
        release: &Release,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let directory = Path::new(DOWNLOADS);
        storage
            .create_dir_all(directory)
            .map_err(|error| Error::storage("create", directory, error))?;
        let key = PartKey::of(release);
        remove_if(storage, |stem| Ok(stem != key.0))?;
        // The name says which bytes are expected, so bytes without a readable sidecar are good
        // too; only the validators are lost.
        let found = Sidecar::read(storage, &key.sidecar_path())?
            .filter(|sidecar| sidecar.checksum == release.checksum);
        let (sidecar, is_new) = match found {
            Some(sidecar) if !sidecar.is_outdated(now) => (sidecar, false),
            outdated => {
                if outdated.is_some() {
                    discard(storage, &key)?;
                }
                (Sidecar::new(release, now), true)
            }
        };
        let part = Self {
            storage,
            key,
            sidecar,
        };
        if is_new {
            part.save()?;
        }
        Ok(part)
    }

    /// Bytes on the disk.
    pub(super) fn len(&self) -> Result<u64, Error> {
        let path = self.key.part_path();
        match self.storage.metadata(&path) {
            Ok(metadata) => Ok(metadata.len),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(Error::storage("look at", &path, error)),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.key.part_path()
    }

    /// The size that an answer named before.
    pub(super) fn learned(&self) -> Option<u64> {
        self.sidecar.total
    }

    /// The strong entity tag that `url` sent with the bytes on the disk.
    pub(super) fn etag(&self, url: &Url) -> Option<&str> {
        self.sidecar.validator(url)
    }

    /// Forgets the bytes on the disk and opens the part for others.
    pub(super) fn restart(
        &mut self,
        url: &Url,
        etag: Option<&str>,
        total: Option<u64>,
    ) -> Result<Box<dyn StoredFile>, Error> {
        let path = self.key.part_path();
        // The bytes go first: without them, an old validator does no harm.
        let file = self
            .storage
            .create(&path)
            .map_err(|error| Error::storage("create", &path, error))?;
        self.sidecar.forget();
        self.sidecar.learn(url, etag, total);
        self.save()?;
        Ok(file)
    }

    /// Opens the part for the bytes behind those on the disk.
    pub(super) fn append(
        &mut self,
        url: &Url,
        etag: Option<&str>,
        total: u64,
    ) -> Result<Box<dyn StoredFile>, Error> {
        if self.sidecar.learn(url, etag, Some(total)) {
            self.save()?;
        }
        let path = self.key.part_path();
        self.storage
            .append(&path)
            .map_err(|error| Error::storage("open", &path, error))
    }

    /// Writes down the size of a part that turned out to be complete.
    pub(super) fn finish(&mut self, total: u64) -> Result<(), Error> {
        if self.sidecar.total != Some(total) {
            self.sidecar.total = Some(total);
            self.save()?;
        }
        Ok(())
    }

    /// Deletes the bytes and what is known of them.
    pub(super) fn empty(&mut self) -> Result<(), Error> {
        remove(self.storage, &self.key.part_path())?;
        self.sidecar.forget();
        self.save()
    }

    fn save(&self) -> Result<(), Error> {
        let (path, new) = (self.key.sidecar_path(), self.key.new_sidecar_path());
        self.sidecar.save(self.storage, &path, &new)
    }
}

/// Deletes a part and what lies beside it.
pub(super) fn discard(storage: &dyn Storage, key: &PartKey) -> Result<(), Error> {
    remove(storage, &key.part_path())?;
    remove(storage, &key.new_sidecar_path())?;
    remove(storage, &key.sidecar_path())
}

/// Deletes what lies beside a part that has no byte: there is nothing to resume.
pub(super) fn discard_if_empty(storage: &dyn Storage, key: &PartKey) -> Result<(), Error> {
    match storage.metadata(&key.part_path()) {
        Ok(metadata) if metadata.len > 0 => Ok(()),
        _ => discard(storage, key),
    }
}

/// Deletes what nobody will resume: parts that are too old, and those of which nothing is known.
pub(super) fn sweep(storage: &dyn Storage, now: SystemTime) -> Result<(), Error> {
    remove_if(storage, |stem| {
        let path = Path::new(DOWNLOADS).join(format!("{stem}.json"));
        let sidecar = Sidecar::read(storage, &path)?;
        Ok(sidecar.is_none_or(|sidecar| sidecar.is_outdated(now)))
    })
}

/// Deletes all files of the parts that `is_condemned` tells by the stem of their names.
fn remove_if(
    storage: &dyn Storage,
    is_condemned: impl Fn(&str) -> Result<bool, Error>,
) -> Result<(), Error> {
    let directory = Path::new(DOWNLOADS);
    let names = match storage.list(directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::storage("list", directory, error)),
    };
    let mut condemned = Vec::new();
    for name in names {
        let stem = name.split_once('.').map_or(name.as_str(), |(stem, _)| stem);
        if is_condemned(stem)? {
            condemned.push(directory.join(&name));
        }
    }
    condemned.iter().try_for_each(|path| remove(storage, path))
}

fn remove(storage: &dyn Storage, path: &Path) -> Result<(), Error> {
    match storage.remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::storage("delete", path, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use semver::Version;

    use super::*;
    use crate::digest::Sha256Digest;
    use crate::store::disk::DiskStorage;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn url() -> Url {
        Url::parse("https://cdn.example/a.zip?secret=1").unwrap()
    }

    fn release(first_byte: u8) -> Release {
        let mut digest = [0; 32];
        digest[0] = first_byte;
        let mut release = Release::new(Version::new(1, 2, 3), url(), Sha256Digest::new(digest));
        release.size = Some(10);
        release
    }

    fn storage() -> (tempfile::TempDir, DiskStorage) {
        let root = tempfile::tempdir().unwrap();
        let storage = DiskStorage::new(root.path());
        (root, storage)
    }

    fn begin(storage: &DiskStorage, release: &Release, now: SystemTime) {
        let mut part = Part::open(storage, release, now).unwrap();
        let mut file = part.restart(&url(), Some("\"a\""), Some(10)).unwrap();
        file.write_all(b"hello").unwrap();
    }

    fn names(storage: &DiskStorage) -> Vec<String> {
        let mut names = storage.list(Path::new(DOWNLOADS)).unwrap();
        names.sort();
        names
    }

    #[test]
    fn a_key_depends_on_checksum_and_size_alone() {
        let key = PartKey::of(&release(1));
        assert_eq!(key.0.len(), 32);
        let mut same = release(1);
        same.version = Version::new(9, 9, 9);
        same.urls = Vec::new();
        assert_eq!(PartKey::of(&same), key);
        assert_ne!(PartKey::of(&release(2)), key);
        same.size = None;
        assert_ne!(PartKey::of(&same), key);
    }

    #[test]
    fn a_part_is_taken_up_with_its_validators() {
        let (_root, storage) = storage();
        begin(&storage, &release(1), now());
        let part = Part::open(&storage, &release(1), now() + 29 * DAY).unwrap();
        assert_eq!(part.len().unwrap(), 5);
        assert_eq!(part.etag(&url()), Some("\"a\""));
        assert_eq!(part.learned(), Some(10));
        let elsewhere = Url::parse("https://mirror.example/a.zip").unwrap();
        assert_eq!(part.etag(&elsewhere), None);
        let key = PartKey::of(&release(1));
        assert_eq!(
            names(&storage),
            [format!("{key}.json"), format!("{key}.part")]
        );
    }

    #[test]
    fn no_url_is_written_down() {
        let (_root, storage) = storage();
        begin(&storage, &release(1), now());
        let path = PartKey::of(&release(1)).sidecar_path();
        let text = String::from_utf8(storage.read(&path, 10_000).unwrap()).unwrap();
        assert!(!text.contains("secret") && !text.contains("cdn"), "{text}");
    }

    #[test]
    fn a_part_without_a_readable_sidecar_keeps_its_bytes() {
        let (_root, storage) = storage();
        begin(&storage, &release(1), now());
        let sidecar = PartKey::of(&release(1)).sidecar_path();
        storage.commit(&sidecar, b"{\"checks").unwrap();
        let part = Part::open(&storage, &release(1), now()).unwrap();
        assert_eq!(part.len().unwrap(), 5);
        assert_eq!(part.etag(&url()), None);
    }

    #[test]
    fn another_release_deletes_the_rest() {
        let (_root, storage) = storage();
        begin(&storage, &release(1), now());
        storage
            .commit(&Path::new(DOWNLOADS).join("stray.json.new"), b"")
            .unwrap();
        begin(&storage, &release(2), now());
        let key = PartKey::of(&release(2));
        assert_eq!(
            names(&storage),
            [format!("{key}.json"), format!("{key}.part")]
        );
    }

    #[test]
    fn a_part_of_over_thirty_days_is_begun_anew() {
        let (_root, storage) = storage();
        begin(&storage, &release(1), now());
        let part = Part::open(&storage, &release(1), now() + 31 * DAY).unwrap();
        assert_eq!(part.len().unwrap(), 0);
        assert_eq!(part.etag(&url()), None);
    }

    #[test]
    fn sweeping_deletes_what_is_too_old_or_unknown() {
        let (_root, storage) = storage();
        sweep(&storage, now()).unwrap();
        begin(&storage, &release(1), now());
        sweep(&storage, now() + 30 * DAY).unwrap();
        assert_eq!(names(&storage).len(), 2);
        sweep(&storage, now() - 300 * DAY).unwrap();
        assert_eq!(names(&storage).len(), 2, "a clock that was set back");
        let stray = Path::new(DOWNLOADS).join("0123.part");
        storage.commit(&stray, b"hello").unwrap();
        sweep(&storage, now()).unwrap();
        assert_eq!(names(&storage).len(), 2);
        sweep(&storage, now() + 31 * DAY).unwrap();
        assert!(names(&storage).is_empty());
    }

    #[test]
    fn discarding_leaves_nothing_and_can_be_repeated() {
        let (_root, storage) = storage();
        begin(&storage, &release(1), now());
        let key = PartKey::of(&release(1));
        discard(&storage, &key).unwrap();
        assert!(names(&storage).is_empty());
        discard(&storage, &key).unwrap();
    }
}
