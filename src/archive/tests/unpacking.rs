//! How files get to the disk.

use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::archive::path::BundlePath;
use crate::archive::testing::{RawEntry, RawZip, Site, noise, open};
use crate::archive::unpack::PlannedFile;
use crate::archive::{Archive, FileSource, Limits, list_bundle, unpack};
use crate::error::Error;
use crate::store::storage::ReadAt;

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn many_files_come_out_whole_and_in_the_order_of_their_paths() {
    let contents: Vec<_> = (0..300).map(|index| noise(index * 37)).collect();
    let zip = RawZip::bundle(contents.iter().enumerate().map(|(index, content)| {
        let name = format!("f{}/{index}", index % 7);
        if index % 2 == 0 {
            RawEntry::stored(name, content)
        } else {
            RawEntry::deflated(name, content)
        }
    }));
    let site = Site::new();
    let list = site.install(&zip.build()).unwrap();
    let files = site.files();
    for (index, content) in contents.iter().enumerate() {
        assert_eq!(&files[&format!("f{}/{index}", index % 7)], content);
    }
    assert!(
        list.files()
            .is_sorted_by(|one, other| one.path() < other.path())
    );
    assert_eq!(list.files().len(), 301);
}

#[test]
fn a_bundle_is_listed_as_it_would_be_unpacked_and_refused_where_it_would_be() {
    let zip = RawZip::bundle([
        RawEntry::stored("z", noise(100)),
        RawEntry::deflated("a/b", noise(200_000)),
    ]);
    let mut zip = zip.build();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    fs::write(&path, &zip).unwrap();
    let listed = list_bundle(&path, &Limits::default()).unwrap();
    assert_eq!(listed, Site::new().install(&zip).unwrap());

    // In the middle of what `a/b` holds.
    let middle = zip.len() / 2;
    zip[middle] ^= 1;
    fs::write(&path, &zip).unwrap();
    let error = list_bundle(&path, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "invalid_archive");
    let missing = list_bundle(&folder.path().join("b.zip"), &Limits::default());
    assert_eq!(missing.unwrap_err().code(), "storage");
}

#[test]
fn progress_ends_at_the_unpacked_size() {
    let archive = open(&RawZip::bundle([RawEntry::deflated("a", noise(500_000))]).build()).unwrap();
    let site = Site::new();
    let most = AtomicU64::new(0);
    let list = unpack(&archive, &site.storage, site.www(), &|written| {
        most.fetch_max(written, Ordering::Relaxed);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(most.into_inner(), archive.unpacked_size());
    assert_eq!(list.total_size(), archive.unpacked_size());
}

#[test]
fn a_break_cancels() {
    let archive = open(&RawZip::bundle([RawEntry::stored("a", noise(5_000_000))]).build()).unwrap();
    let site = Site::new();
    let error = unpack(&archive, &site.storage, site.www(), &|written| {
        if written > 100_000 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .unwrap_err();
    assert_eq!(error.code(), "cancelled");
    assert!(site.files().values().map(Vec::len).sum::<usize>() < 1_000_000);
}

#[cfg(unix)]
#[test]
fn permissions_of_the_archive_are_ignored() {
    use std::os::unix::fs::PermissionsExt;

    let zip = RawZip::bundle([0o4777, 0o111, 0o000].map(|mode| {
        RawEntry::stored(format!("m{mode}"), "1").with(|entry| {
            entry.made_by = 0x0314;
            entry.external_attributes = (0o100_000 | mode) << 16;
        })
    }));
    let site = Site::new();
    site.install(&zip.build()).unwrap();
    for path in site.files().keys() {
        let mode = fs::metadata(site.absolute(path))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7111, 0, "{path}");
        assert_eq!(mode & 0o600, 0o600, "{path}");
    }
}

#[test]
fn a_file_that_can_not_be_written_is_a_storage_error() {
    let archive = open(&RawZip::bundle([RawEntry::stored("a/b", "1")]).build()).unwrap();
    let site = Site::new();
    fs::create_dir_all(site.absolute("index.html")).unwrap();
    let error = unpack(&archive, &site.storage, site.www(), &go_on).unwrap_err();
    assert!(matches!(&error, Error::Storage { path, .. } if path.ends_with("www/index.html")));
}

/// A file that fails where its data is read.
#[derive(Debug)]
struct Failing(Vec<u8>);

impl ReadAt for Failing {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        // Only the data of the large file is read in pieces of this size.
        if buffer.len() == 64 * 1024 {
            return Err(io::Error::other("the medium is worn out"));
        }
        let rest = &self.0[offset as usize..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

#[test]
fn an_archive_that_can_not_be_read_is_not_condemned() {
    for entry in [
        RawEntry::stored("a", noise(500_000)),
        RawEntry::deflated("a", noise(500_000)),
    ] {
        let source = Arc::new(Failing(RawZip::bundle([entry]).build()));
        let archive = Archive::open(source, &Limits::default()).unwrap();
        let site = Site::new();
        let error = unpack(&archive, &site.storage, site.www(), &go_on).unwrap_err();
        assert_eq!(error.code(), "storage");
        assert!(error.to_string().contains("worn out"));
        assert!(!error.condemns_bytes());
    }
}

/// A source that is no archive.
struct Assembled(Vec<PlannedFile>);

impl FileSource for Assembled {
    fn files(&self) -> &[PlannedFile] {
        &self.0
    }

    fn reader(&self, _: usize) -> Result<Box<dyn Read + '_>, Error> {
        Ok(Box::new(&b"12345"[..]))
    }
}

#[test]
fn any_source_of_bytes_will_do_and_none_is_believed() {
    for (size, is_right) in [(5, true), (4, false), (6, false)] {
        let source = Assembled(vec![PlannedFile {
            path: BundlePath::parse(b"a/b").unwrap(),
            size,
        }]);
        let site = Site::new();
        let result = unpack(&source, &site.storage, Path::new("staging/1/www"), &go_on);
        match result {
            Ok(list) => {
                assert!(is_right);
                assert_eq!(site.files()["a/b"], b"12345");
                assert_eq!(list.files()[0].size(), 5);
            }
            Err(error) => {
                assert!(!is_right);
                assert_eq!(error.code(), "invalid_archive");
            }
        }
    }
}
