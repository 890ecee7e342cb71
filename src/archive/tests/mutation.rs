//! However a small archive is damaged, it is refused or gives exactly what it held.

use std::collections::BTreeMap;

use crate::archive::testing::{Descriptor, RawEntry, RawZip, Site, Zip64End, noise, open};

fn small_archives() -> Vec<Vec<u8>> {
    let plain = RawZip::new([
        RawEntry::deflated("w/index.html", "<html>".repeat(9)),
        RawEntry::stored("w/a/b", noise(20)),
        RawEntry::stored("w/c/", ""),
    ]);
    let streamed = RawZip::new([RawEntry::deflated("index.html", "<html>".repeat(9)), {
        RawEntry::stored("a", noise(20)).with(|entry| entry.local_zip64 = true)
    }])
    .with(|zip| {
        for (entry, signed) in zip.entries.iter_mut().zip([true, false]) {
            entry.descriptor = Some(Descriptor {
                signed,
                wide: !signed,
                ..Descriptor::default()
            });
            entry.central_zip64 = true;
        }
        zip.zip64_end = Some(Zip64End {
            masked: true,
            ..Zip64End::default()
        });
        zip.comment = b"end".to_vec();
    });
    vec![plain.build(), streamed.build()]
}

/// Unpacks, and tells what came out; refusals give `None`.
fn outcome(bytes: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    if let Err(error) = open(bytes) {
        assert!(error.condemns_bytes(), "{error}");
        return None;
    }
    let site = Site::new();
    match site.install(bytes) {
        Ok(list) => {
            let files = site.files();
            assert_eq!(list.files().len(), files.len());
            Some(files)
        }
        Err(error) => {
            assert!(error.condemns_bytes(), "{error}");
            None
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    for archive in small_archives() {
        assert!(outcome(&archive).is_some());
        for len in 0..archive.len() {
            assert_eq!(outcome(&archive[..len]), None, "cut to {len}");
        }
    }
}

#[test]
fn every_changed_byte_is_harmless() {
    for archive in small_archives() {
        let original = outcome(&archive).unwrap();
        let contents: Vec<_> = original.values().collect();
        let mut refused = 0;
        for position in 0..archive.len() {
            for change in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = archive.clone();
                changed[position] ^= change;
                let Some(files) = outcome(&changed) else {
                    refused += 1;
                    continue;
                };
                // A name is the same in two places, so that one change can't alter it.
                assert_eq!(
                    files.values().collect::<Vec<_>>(),
                    contents,
                    "at {position}"
                );
                assert_eq!(files, original, "at {position}");
            }
        }
        assert!(refused > archive.len() * 2, "{refused}");
    }
}

#[test]
fn every_inserted_or_removed_byte_is_refused_or_harmless() {
    for archive in small_archives() {
        let original = outcome(&archive).unwrap();
        for position in 0..archive.len() {
            let mut shorter = archive.clone();
            shorter.remove(position);
            let mut longer = archive.clone();
            longer.insert(position, archive[position]);
            for changed in [shorter, longer] {
                let files = outcome(&changed);
                assert!(files.is_none_or(|files| files == original), "at {position}");
            }
        }
    }
}
