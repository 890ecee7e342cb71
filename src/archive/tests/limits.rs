//! Archives that are too large are refused, before memory or disk is spent on them.

use crate::archive::testing::{RawEntry, RawZip, Zip64End, noise, open, open_within};
use crate::archive::{Archive, Limits};
use crate::error::Error;

fn limits(max_files: u32, max_unpacked_bytes: u64) -> Limits {
    Limits {
        max_files,
        max_unpacked_bytes,
        ..Limits::default()
    }
}

fn limit_of(result: Result<Archive, Error>) -> (&'static str, u64, u64) {
    match result {
        Err(Error::ArchiveLimit { what, limit, found }) => (what, limit, found),
        other => panic!("{other:?}"),
    }
}

#[test]
fn entries_are_limited_folders_included() {
    let zip = RawZip::bundle([RawEntry::stored("a/", ""), RawEntry::stored("a/b", "")]).build();
    open_within(&zip, &limits(3, 1000)).unwrap();
    assert_eq!(
        limit_of(open_within(&zip, &limits(2, 1000))),
        ("entries", 2, 3)
    );
}

#[test]
fn the_number_of_entries_is_judged_before_the_directory_is_read() {
    let zip = RawZip::bundle([]).with(|zip| {
        zip.entry_count = Some(20_001);
        zip.zip64_end = Some(Zip64End {
            masked: true,
            ..Zip64End::default()
        });
    });
    assert_eq!(limit_of(open(&zip.build())), ("entries", 20_000, 20_001));
}

#[test]
fn the_directory_is_limited() {
    let zip =
        RawZip::bundle([RawEntry::stored("a", "").with(|entry| entry.comment = vec![0; 2 * 1024])])
            .build();
    let (what, limit, _) = limit_of(open_within(&zip, &limits(2, 1000)));
    assert_eq!((what, limit), ("bytes in its central directory", 2048));
    open_within(&zip, &limits(3, 1000)).unwrap();
}

#[test]
fn folders_that_only_names_imply_are_limited() {
    let zip = RawZip::bundle([RawEntry::stored("a/b/c/d/e", "")]).build();
    open_within(&zip, &limits(4, 1000)).unwrap();
    let (what, ..) = limit_of(open_within(&zip, &limits(3, 1000)));
    assert_eq!(what, "folders");
}

#[test]
fn unpacked_bytes_are_limited() {
    let zip = RawZip::bundle([RawEntry::deflated("a", [0; 94])]).build();
    assert_eq!(
        open_within(&zip, &limits(9, 100)).unwrap().unpacked_size(),
        100
    );
    assert_eq!(
        limit_of(open_within(&zip, &limits(9, 99))),
        ("unpacked bytes", 99, 100)
    );
    let endless = RawZip::bundle([0, 1].map(|index| {
        RawEntry::deflated(format!("{index}"), "").with(|entry| {
            entry.size = Some(u64::MAX);
            entry.central_zip64 = true;
        })
    }));
    let (what, _, found) = limit_of(open(&endless.build()));
    assert_eq!((what, found), ("unpacked bytes", u64::MAX));
}

#[test]
fn the_ratio_is_limited_beyond_a_mebibyte() {
    let small = RawZip::new([RawEntry::deflated("index.html", vec![0; 1 << 20])]);
    open(&small.build()).unwrap();
    let bomb = RawZip::new([RawEntry::deflated("index.html", vec![0; (1 << 20) + 1])]);
    let (what, limit, found) = limit_of(open(&bomb.build()));
    assert_eq!((what, limit), ("unpacked bytes for each of its own", 200));
    assert!(found > 200);
    // It is the whole archive's.
    let diluted = RawZip::new([
        RawEntry::deflated("index.html", vec![0; (1 << 20) + 1]),
        RawEntry::stored("noise", noise(10_000)),
    ]);
    open(&diluted.build()).unwrap();
}
