//! Archives as the usual tools write them are unpacked.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::archive::testing::{
    Descriptor, RawEntry, RawZip, Site, Zip64End, noise, open_within, put16, put32,
};
use crate::archive::{Limits, ListedFile};

fn assert_unpacks_to(bytes: &[u8], expected: &[(&str, &[u8])]) {
    let site = Site::new();
    let list = site.install(bytes).unwrap();
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(path, content)| ((*path).to_owned(), content.to_vec()))
        .collect();
    assert_eq!(site.files(), expected);
    let listed: Vec<_> = list.files().iter().map(ListedFile::path).collect();
    assert_eq!(listed, expected.keys().collect::<Vec<_>>());
    let damaged = list
        .check_hashes(&site.storage, site.www(), 2, &|| false)
        .unwrap();
    assert!(damaged.complete && damaged.damaged.is_empty());
}

const INDEX: (&str, &[u8]) = ("index.html", b"<html>");

#[test]
fn stored_and_deflated_files_and_empty_ones() {
    let text = "live ".repeat(100_000).into_bytes();
    let noise = noise(300_000);
    let zip = RawZip::bundle([
        RawEntry::deflated("a/text.js", &text),
        RawEntry::deflated("a/noise.png", &noise),
        RawEntry::stored("noise.jpg", &noise),
        RawEntry::stored("empty", ""),
        RawEntry::deflated("empty.too", ""),
    ]);
    assert_unpacks_to(
        &zip.build(),
        &[
            INDEX,
            ("a/text.js", &text),
            ("a/noise.png", &noise),
            ("noise.jpg", &noise),
            ("empty", b""),
            ("empty.too", b""),
        ],
    );
}

#[test]
fn every_form_of_data_descriptor() {
    for signed in [false, true] {
        for wide in [false, true] {
            let descriptor = Some(Descriptor {
                signed,
                wide,
                ..Descriptor::default()
            });
            let entry = |entry: RawEntry| entry.with(|entry| entry.descriptor = descriptor);
            let zip = RawZip::new([
                entry(RawEntry::deflated("index.html", "<html>")),
                entry(RawEntry::deflated("empty", "")),
                entry(RawEntry::stored("stored", "12345")),
                entry(RawEntry::stored("stored.empty", "")),
                entry(RawEntry::stored("folder/", "")),
            ]);
            assert_unpacks_to(
                &zip.build(),
                &[
                    INDEX,
                    ("empty", b""),
                    ("stored", b"12345"),
                    ("stored.empty", b""),
                ],
            );
        }
    }
}

#[test]
fn a_descriptor_behind_headers_that_were_filled_in_later() {
    let content = b"12345";
    let zip = RawZip::bundle([RawEntry::stored("a", content).with(|entry| {
        entry.local_crc = Some(crc32fast::hash(content));
        entry.local_size = Some(5);
        entry.local_compressed_size = Some(5);
        entry.descriptor = Some(Descriptor {
            signed: true,
            ..Descriptor::default()
        });
    })]);
    assert_unpacks_to(&zip.build(), &[INDEX, ("a", content)]);
}

#[test]
fn zip64_fields_whether_they_are_needed_or_not() {
    for (central_zip64, local_zip64) in [(true, false), (false, true), (true, true)] {
        for wide in [None, Some(false), Some(true)] {
            let zip = RawZip::bundle([RawEntry::deflated("a", "12345").with(|entry| {
                entry.central_zip64 = central_zip64;
                entry.local_zip64 = local_zip64;
                entry.descriptor = wide.map(|wide| Descriptor {
                    signed: true,
                    wide,
                    ..Descriptor::default()
                });
            })]);
            assert_unpacks_to(&zip.build(), &[INDEX, ("a", b"12345")]);
        }
    }
}

#[test]
fn a_zip64_end_record_beside_a_full_or_a_masked_end_record() {
    for masked in [false, true] {
        let zip = RawZip::bundle([]).with(|zip| {
            zip.zip64_end = Some(Zip64End {
                masked,
                ..Zip64End::default()
            });
            zip.comment = b"with a comment".to_vec();
        });
        assert_unpacks_to(&zip.build(), &[INDEX]);
    }
}

#[test]
fn comments_extra_fields_padding_and_gaps_mean_nothing() {
    let mut extra = Vec::new();
    // An extended timestamp, a Unicode path that names another file, and zeros that align.
    for (id, content) in [(0x5455, &b"\x01abcd"[..]), (0x7075, b"\x01\0\0\0\0../evil")] {
        put16(&mut extra, id);
        put16(&mut extra, content.len() as u16);
        extra.extend(content);
    }
    extra.extend([0; 3]);
    let mut local_extra = extra.clone();
    local_extra.splice(0..0, [0xfe, 0xca, 200, 0].into_iter().chain([7; 200]));
    let zip = RawZip::bundle([RawEntry::stored("a", "1").with(|entry| {
        entry.central_extra = extra;
        entry.local_extra = local_extra;
        entry.comment = b"of the entry".to_vec();
        entry.gap_before = b"PK\x03\x04 padding".to_vec();
    })])
    .with(|zip| {
        zip.comment = vec![b'c'; 65_535];
        zip.gap_before_directory = vec![0; 100];
    });
    assert_unpacks_to(&zip.build(), &[INDEX, ("a", b"1")]);
}

#[test]
fn attributes_of_any_host() {
    for (made_by, external_attributes) in [
        (0x0314, 0o100_644 << 16),
        (0x031e, 0o100_755 << 16),
        (0x0314, 0o644 << 16),
        (0x0014, 0x20),
        (0x0b14, 0x0020_u32),
        (0x1314, 0o100_600 << 16),
        (0x003f, (0o100_644 << 16) | 0x8020),
    ] {
        let zip = RawZip::bundle([
            RawEntry::stored("a/", "").with(|entry| {
                entry.made_by = made_by;
                entry.external_attributes = 0o040_755 << 16 | 0x10;
            }),
            RawEntry::stored("a/b", "1").with(|entry| {
                entry.made_by = made_by;
                entry.external_attributes = external_attributes;
            }),
        ]);
        assert_unpacks_to(&zip.build(), &[INDEX, ("a/b", b"1")]);
    }
}

#[test]
fn folder_entries_before_and_after_their_files_and_empty_ones() {
    let zip = RawZip::bundle([
        RawEntry::stored("a/", ""),
        RawEntry::stored("a/x", "1"),
        RawEntry::stored("b/c/y", "2"),
        RawEntry::stored("b/c/", ""),
        RawEntry::stored("b/", ""),
        RawEntry::stored("empty/", ""),
        // Java deflates what a folder has, which is nothing.
        RawEntry::deflated("java/", ""),
    ]);
    assert_unpacks_to(&zip.build(), &[INDEX, ("a/x", b"1"), ("b/c/y", b"2")]);
}

#[test]
fn the_one_folder_that_holds_everything_is_stripped() {
    let zip = RawZip::new([
        RawEntry::stored("__MACOSX/", ""),
        RawEntry::stored("dist/", ""),
        RawEntry::stored("dist/index.html", "<html>"),
        RawEntry::stored("dist/dist/a", "1"),
        RawEntry::stored("dist/.DS_Store", "junk"),
        RawEntry::stored("__MACOSX/dist/._index.html", "junk"),
        RawEntry::stored(".DS_Store", "junk"),
    ]);
    assert_unpacks_to(&zip.build(), &[INDEX, ("dist/a", b"1")]);
}

#[test]
fn nothing_is_stripped_where_the_index_is_at_the_root() {
    let zip = RawZip::new([
        RawEntry::stored("dist/index.html", "other"),
        RawEntry::stored("index.html", "<html>"),
    ]);
    assert_unpacks_to(&zip.build(), &[INDEX, ("dist/index.html", b"other")]);
}

#[test]
fn what_macos_adds_is_skipped_and_what_only_looks_like_it_is_not() {
    let zip = RawZip::bundle([
        RawEntry::stored("__MACOSX/._index.html", "junk"),
        RawEntry::stored("a/.DS_Store", "junk"),
        RawEntry::stored("a/__MACOSX/x", "1"),
        RawEntry::stored("__MACOSX.txt", "2"),
        RawEntry::stored(".DS_Store.txt", "3"),
    ]);
    assert_unpacks_to(
        &zip.build(),
        &[
            INDEX,
            ("a/__MACOSX/x", b"1"),
            ("__MACOSX.txt", b"2"),
            (".DS_Store.txt", b"3"),
        ],
    );
}

#[test]
fn what_macos_adds_is_refused_where_nothing_may_be_left_out() {
    let limits = Limits {
        skips_macos_files: false,
        ..Limits::default()
    };
    for name in [
        "__MACOSX/",
        "__MACOSX/._index.html",
        ".DS_Store",
        "a/.DS_Store",
    ] {
        let zip = RawZip::bundle([RawEntry::stored(name, "")]);
        let error = open_within(&zip.build(), &limits).unwrap_err();
        assert_eq!(error.code(), "invalid_archive");
        assert!(error.to_string().contains(name), "{error}");
    }
    for name in ["a/__MACOSX/x", "__MACOSX.txt", ".DS_Store.txt"] {
        let zip = RawZip::bundle([RawEntry::stored(name, "")]);
        assert!(open_within(&zip.build(), &limits).is_ok(), "{name}");
    }
}

#[test]
fn a_zip_in_a_zip_confuses_nobody() {
    let inner = RawZip::bundle([]).build();
    let zip = RawZip::bundle([RawEntry::stored("z/inner.zip", &inner)]);
    assert_unpacks_to(&zip.build(), &[INDEX, ("z/inner.zip", &inner)]);
}

#[test]
fn what_another_writer_makes() {
    let text = "a line of text\n".repeat(10_000);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        for large in [false, true] {
            let options = SimpleFileOptions::default()
                .compression_method(method)
                .large_file(large)
                .unix_permissions(0o755);
            let mut seekable = ZipWriter::new(Cursor::new(Vec::new()));
            write_bundle(&mut seekable, options, &text);
            let seekable = seekable.finish().unwrap().into_inner();
            let mut streaming = ZipWriter::new_stream(Vec::new());
            write_bundle(&mut streaming, options, &text);
            let streaming = streaming.finish().unwrap().into_inner();
            for bytes in [seekable, streaming] {
                assert_unpacks_to(&bytes, &[INDEX, ("a/ü.txt", text.as_bytes())]);
            }
        }
    }
}

fn write_bundle<W: Write + std::io::Seek>(
    zip: &mut ZipWriter<W>,
    options: SimpleFileOptions,
    text: &str,
) {
    zip.add_directory("a", options).unwrap();
    for (name, content) in [("index.html", "<html>"), ("a/ü.txt", text)] {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
}

#[test]
fn the_raw_writer_of_these_tests_writes_what_another_reader_reads() {
    let zip = RawZip::bundle([
        RawEntry::deflated("a", "12345").with(|entry| entry.central_zip64 = true),
        RawEntry::deflated("b", "12345").with(|entry| {
            entry.descriptor = Some(Descriptor {
                signed: true,
                ..Descriptor::default()
            });
        }),
    ])
    .with(|zip| {
        zip.zip64_end = Some(Zip64End {
            masked: true,
            ..Zip64End::default()
        });
    });
    let mut archive = zip::ZipArchive::new(Cursor::new(zip.build())).unwrap();
    for name in ["a", "b"] {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        assert_eq!(text, "12345");
    }
}

#[test]
fn numbers_of_the_zip64_field_that_nobody_asked_for_are_ignored() {
    let mut extra = Vec::new();
    put16(&mut extra, 1);
    put16(&mut extra, 8);
    put32(&mut extra, 5);
    put32(&mut extra, 0);
    let zip = RawZip::bundle([RawEntry::stored("a", "12345").with(|entry| {
        entry.central_extra = extra;
    })]);
    assert_unpacks_to(&zip.build(), &[INDEX, ("a", b"12345")]);
}
