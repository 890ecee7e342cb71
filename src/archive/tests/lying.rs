//! Archives whose records disagree with each other or with reality are refused.

use crate::archive::testing::{
    Descriptor, RawEntry, RawZip, Site, Zip64End, deflate, noise, open, put16,
};
use crate::error::Error;

/// Refused before anything is written.
fn refused(zip: &RawZip) -> Error {
    let site = Site::new();
    let error = site.install(&zip.build()).unwrap_err();
    site.assert_nothing_outside();
    assert!(site.files().is_empty(), "files of a refused archive");
    error
}

fn assert_invalid(zip: &RawZip, problem: &str) {
    let error = refused(zip);
    assert_eq!(error.code(), "invalid_archive", "{error}");
    assert!(error.to_string().contains(problem), "{error}");
}

/// A bundle with one more entry that was changed; the error has to name it.
fn assert_invalid_entry(entry: RawEntry, change: impl FnOnce(&mut RawEntry), problem: &str) {
    let zip = RawZip::bundle([entry.with(change)]);
    assert_invalid(&zip, problem);
    assert!(refused(&zip).to_string().contains("\"a\""));
}

/// Found while unpacking: nothing but the files of the bundle may be there then.
fn assert_fails_to_unpack(entry: RawEntry, change: impl FnOnce(&mut RawEntry), problem: &str) {
    let zip = RawZip::bundle([entry.with(change)]).build();
    open(&zip).unwrap();
    let site = Site::new();
    let error = site.install(&zip).unwrap_err();
    assert_eq!(error.code(), "invalid_archive", "{error}");
    assert!(error.to_string().contains(problem), "{error}");
    assert!(error.to_string().contains("\"a\""), "{error}");
    assert!(
        site.files()
            .keys()
            .all(|path| ["a", "index.html"].contains(&&**path))
    );
}

fn stored() -> RawEntry {
    RawEntry::stored("a", "12345")
}

fn deflated() -> RawEntry {
    RawEntry::deflated("a", "12345".repeat(100))
}

#[test]
fn headers_that_disagree() {
    let disagree = "its two headers disagree on the ";
    assert_invalid_entry(
        stored(),
        |entry| entry.local_name = Some(b"b".to_vec()),
        &format!("{disagree}name"),
    );
    assert_invalid_entry(
        stored(),
        |entry| entry.local_name = Some(b"aa".to_vec()),
        &format!("{disagree}name"),
    );
    assert_invalid_entry(
        stored(),
        |entry| entry.local_method = Some(8),
        &format!("{disagree}method"),
    );
    assert_invalid_entry(
        stored(),
        |entry| entry.local_crc = Some(1),
        &format!("{disagree}CRC"),
    );
    assert_invalid_entry(
        stored(),
        |entry| entry.local_size = Some(4),
        &format!("{disagree}size"),
    );
    assert_invalid_entry(
        deflated(),
        |entry| entry.local_compressed_size = Some(4),
        &format!("{disagree}size"),
    );
    assert_invalid_entry(
        stored(),
        |entry| entry.local_signature = Some(0x0403_4b51),
        "its local header is missing",
    );
}

#[test]
fn descriptors_that_disagree_or_are_missing() {
    let problem = "its data descriptor is missing or disagrees";
    for signed in [false, true] {
        for wide in [false, true] {
            let right = Descriptor {
                signed,
                wide,
                ..Descriptor::default()
            };
            for wrong in [
                Descriptor {
                    crc: Some(1),
                    ..right
                },
                Descriptor {
                    size: Some(6),
                    ..right
                },
                Descriptor {
                    missing: true,
                    ..right
                },
            ] {
                assert_invalid_entry(stored(), |entry| entry.descriptor = Some(wrong), problem);
            }
        }
    }
    // Zero stands for "see behind the data" only where something is there.
    assert_invalid_entry(
        stored(),
        |entry| entry.local_crc = Some(0),
        "its two headers disagree on the CRC",
    );
}

#[test]
fn numbers_in_front_of_a_descriptor_that_are_wrong() {
    let descriptor = Some(Descriptor::default());
    assert_invalid_entry(
        stored(),
        |entry| {
            entry.descriptor = descriptor;
            entry.local_size = Some(4);
        },
        "its two headers disagree on the size",
    );
}

#[test]
fn sizes_that_lie() {
    for (size, problem) in [
        (499, "it has more bytes than its header says"),
        (501, "it has fewer bytes than its header says"),
        (0, "it has more bytes than its header says"),
    ] {
        assert_fails_to_unpack(deflated(), |entry| entry.size = Some(size), problem);
    }
    assert_invalid_entry(
        stored(),
        |entry| entry.size = Some(4),
        "it is stored, and has two sizes",
    );
}

#[test]
fn a_crc_that_lies() {
    for entry in [stored(), deflated()] {
        assert_fails_to_unpack(
            entry,
            |entry| entry.crc = Some(0x1234_5678),
            "its CRC is not the one in its header",
        );
    }
}

#[test]
fn compressed_data_that_is_broken_cut_off_or_too_long() {
    let content = noise(200_000);
    let whole = deflate(&content);
    let cut = whole[..whole.len() - 1].to_vec();
    let longer = [&whole[..], b"x"].concat();
    let much_longer = [&whole[..], &vec![0; 100_000]].concat();
    let mut broken = whole.clone();
    broken[0] = 0xff;
    for (data, problem) in [
        (cut, "its compressed data is broken"),
        (broken, "its compressed data is broken"),
        (Vec::new(), "its compressed data is broken"),
        (longer, "something follows its compressed data"),
        (much_longer, "something follows its compressed data"),
    ] {
        assert_fails_to_unpack(
            RawEntry::deflated("a", &content),
            |entry| entry.data = Some(data),
            problem,
        );
    }
}

#[test]
fn a_file_that_inflates_far_beyond_its_size_is_stopped_at_once() {
    let site = Site::new();
    let zip = RawZip::bundle([
        RawEntry::deflated("a", vec![0; 50 << 20]).with(|entry| entry.size = Some(1000))
    ]);
    let error = site.install(&zip.build()).unwrap_err();
    assert!(error.to_string().contains("more bytes"), "{error}");
    assert!(site.files().values().all(|content| content.len() <= 1001));
}

#[test]
fn encrypted_entries() {
    for flag in [1 << 0, 1 << 6, 1 << 13] {
        assert_invalid_entry(stored(), |entry| entry.flags = flag, "it is encrypted");
        assert_invalid_entry(
            stored(),
            |entry| entry.local_flags = Some(flag),
            "it is encrypted",
        );
    }
    assert_invalid_entry(stored(), |entry| entry.flags = 1 << 5, "a patch");
}

#[test]
fn methods_that_are_neither_stored_nor_deflated() {
    for method in [1, 6, 9, 12, 14, 93, 95, 99, u16::MAX] {
        assert_invalid_entry(
            stored(),
            |entry| entry.method = method,
            "compression method",
        );
    }
}

#[test]
fn split_archives() {
    assert_invalid(&RawZip::bundle([]).with(|zip| zip.disk = 1), "split");
    assert_invalid_entry(stored(), |entry| entry.disk = 1, "split");
}

#[test]
fn entries_that_share_bytes() {
    let shared = "it shares bytes with another entry";
    let first = RawEntry::stored("a", "12345");
    let same = RawZip::bundle([
        first.clone(),
        RawEntry::stored("a", "12345").with(|entry| {
            // Where the first `a` begins: behind the index.
            entry.offset = Some(46);
            entry.name = b"b".to_vec();
        }),
    ]);
    // Two names for one header: the name disagrees first.
    assert_invalid(&same, "its two headers disagree on the name");
    // A local header inside of the data of another entry.
    let mut inner = Vec::new();
    RawZip::new([RawEntry::stored("b", "xyz")])
        .build()
        .iter()
        .take(34)
        .for_each(|byte| inner.push(*byte));
    let quoted = RawZip::bundle([
        RawEntry::stored("a", &inner),
        RawEntry::stored("b", "xyz").with(|entry| entry.offset = Some(46 + 31)),
    ]);
    assert_invalid(&quoted, shared);
}

#[test]
fn entries_that_reach_into_the_directory_or_beyond() {
    for change in [
        (|entry: &mut RawEntry| entry.compressed_size = Some(50)) as fn(&mut RawEntry),
        |entry| entry.compressed_size = Some(u64::from(u32::MAX) - 1),
        |entry| {
            entry.compressed_size = Some(u64::MAX);
            entry.central_zip64 = true;
            entry.local_zip64 = true;
        },
    ] {
        assert_invalid_entry(deflated(), change, "its data runs into");
    }
    for offset in [40, 10_000, u64::MAX] {
        assert_invalid_entry(
            stored(),
            |entry| {
                entry.offset = Some(offset);
                entry.central_zip64 = true;
            },
            "its local header is missing",
        );
    }
}

#[test]
fn zip64_fields_that_are_missing_cut_off_or_there_twice() {
    let zip64 = |sizes: usize| {
        let mut extra = Vec::new();
        put16(&mut extra, 1);
        put16(&mut extra, (sizes * 8) as u16);
        extra.extend(vec![0; sizes * 8]);
        extra
    };
    let masked = u64::from(u32::MAX);
    for extra in [Vec::new(), zip64(0)] {
        assert_invalid_entry(
            deflated(),
            |entry| {
                entry.size = Some(masked);
                entry.central_extra = extra;
            },
            "its zip64 field is missing or cut off",
        );
    }
    assert_invalid_entry(
        stored(),
        |entry| {
            entry.local_size = Some(masked);
            entry.local_extra = zip64(1);
        },
        "its local zip64 field is missing or cut off",
    );
    assert_invalid_entry(
        stored(),
        |entry| {
            entry.central_zip64 = true;
            entry.central_extra = zip64(3);
        },
        "it has two zip64 fields",
    );
    assert_invalid_entry(
        stored(),
        |entry| entry.central_extra = vec![0, 0, 9, 0, 1],
        "its extra fields are cut off",
    );
}

#[test]
fn something_behind_the_end_or_between_it_and_the_directory() {
    let bundle = RawZip::bundle([]);
    for trailer in [&b"\0"[..], b"PK", &[0; 70_000]] {
        let zip = bundle.clone().with(|zip| zip.trailer = trailer.to_vec());
        assert_invalid(&zip, "it has no end record");
    }
    let zip = bundle.clone().with(|zip| zip.gap_after_directory = vec![0]);
    assert_invalid(&zip, "does not end where the end record begins");
    // Bytes in front of the archive: offsets would be counted from behind them.
    let shifted = [b"#!/bin/sh\n", &bundle.build()[..]].concat();
    assert_eq!(open(&shifted).unwrap_err().code(), "invalid_archive");
}

#[test]
fn two_end_records() {
    let inner = RawZip::new([]).build();
    let zip = RawZip::bundle([]).with(|zip| zip.comment = inner);
    assert_invalid(&zip, "two end records");
}

#[test]
fn an_end_record_that_lies() {
    let bundle = || RawZip::bundle([stored()]);
    for (count, problem) in [
        (1, "longer than its entries"),
        (3, "fewer entries than it says"),
    ] {
        let zip = bundle().with(|zip| zip.entry_count = Some(count));
        assert_invalid(&zip, problem);
    }
    for len in [0, 10, 1000] {
        let zip = bundle().with(|zip| zip.directory_len = Some(len));
        assert_invalid(&zip, "does not end where the end record begins");
    }
    for offset in [0, 10, 1000, u64::from(u32::MAX)] {
        let zip = bundle().with(|zip| zip.directory_offset = Some(offset));
        assert_invalid(&zip, "does not end where the end record begins");
    }
}

#[test]
fn a_zip64_end_record_that_lies() {
    for end in [
        Zip64End {
            count_lie: 1,
            ..Zip64End::default()
        },
        Zip64End {
            len_lie: 1,
            ..Zip64End::default()
        },
        Zip64End {
            len_lie: u64::MAX - 44,
            ..Zip64End::default()
        },
        Zip64End {
            locator_lie: 1,
            ..Zip64End::default()
        },
        Zip64End {
            locator_lie: u64::MAX / 2,
            ..Zip64End::default()
        },
    ] {
        let zip = RawZip::bundle([]).with(|zip| zip.zip64_end = Some(end));
        assert_eq!(refused(&zip).code(), "invalid_archive");
    }
}

#[test]
fn folders_with_content() {
    let zip = RawZip::bundle([RawEntry::stored("a/", "1")]);
    assert_invalid(&zip, "it is a folder with content");
}

#[test]
fn files_that_are_no_zip() {
    for bytes in [
        &b""[..],
        b"PK",
        b"<html>404</html>",
        &[0; 100_000],
        &[b'P'; 22],
    ] {
        let error = open(bytes).unwrap_err();
        assert_eq!(error.code(), "invalid_archive");
    }
}
