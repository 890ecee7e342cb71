//! Names that don't stay where they belong are refused, with nothing written.

use crate::archive::testing::{RawEntry, RawZip, Site};
use crate::error::Error;

fn refused(zip: &RawZip) -> Error {
    let site = Site::new();
    let error = site.install(&zip.build()).unwrap_err();
    site.assert_nothing_outside();
    assert!(site.files().is_empty(), "files of a refused archive");
    error
}

fn assert_unsafe(names: &[&[u8]]) {
    let zip = RawZip::bundle(names.iter().map(|name| RawEntry::stored(name, "")));
    let error = refused(&zip);
    assert_eq!(error.code(), "unsafe_path", "{error}");
    // The message names the entry.
    let Error::UnsafePath { path, .. } = error else {
        unreachable!()
    };
    let named = names
        .iter()
        .any(|name| String::from_utf8_lossy(name).starts_with(path.trim_end_matches('…')));
    assert!(named, "{path:?} is none of {names:?}");
}

#[test]
fn absolute_names() {
    assert_unsafe(&[b"/etc/passwd"]);
    assert_unsafe(&[b"/"]);
    assert_unsafe(&[b"//server/share"]);
}

#[test]
fn names_with_a_drive_letter() {
    assert_unsafe(&[b"C:/windows/x"]);
    assert_unsafe(&[b"c:x"]);
    assert_unsafe(&[b"dist/C:/x"]);
}

#[test]
fn names_that_climb() {
    assert_unsafe(&[b"../evil"]);
    assert_unsafe(&[b"a/../../evil"]);
    assert_unsafe(&[b"a/.."]);
    assert_unsafe(&[b"../"]);
    assert_unsafe(&[b".."]);
}

#[test]
fn names_with_a_backslash() {
    assert_unsafe(&[b"..\\evil"]);
    assert_unsafe(&[b"assets\\app.js"]);
}

#[test]
fn names_with_a_control_character() {
    for byte in (0..0x20).chain([0x7f]) {
        assert_unsafe(&[&[b'a', byte, b'b']]);
    }
    assert_unsafe(&[b"index.html\0.png"]);
}

#[test]
fn names_that_are_not_utf_8() {
    assert_unsafe(&[b"caf\xe9.html"]);
    assert_unsafe(&[b"\xc0\xae\xc0\xae/evil"]);
    assert_unsafe(&[b"\xed\xa0\x80"]);
}

#[test]
fn names_with_empty_or_dot_components() {
    assert_unsafe(&[b"a//b"]);
    assert_unsafe(&[b"a//"]);
    assert_unsafe(&[b"./a"]);
    assert_unsafe(&[b"a/./b"]);
    assert_unsafe(&[b"./"]);
    assert_unsafe(&[b""]);
}

#[test]
fn names_that_are_too_long() {
    assert_unsafe(&["c".repeat(256).as_bytes()]);
    assert_unsafe(&["a/".repeat(350).repeat(2).as_bytes()]);
    assert_unsafe(&[format!("{}d", "a/".repeat(350)).as_bytes()]);
}

#[test]
fn names_that_are_there_twice() {
    assert_unsafe(&[b"a", b"a"]);
    assert_unsafe(&[b"a/", b"a/"]);
    assert_unsafe(&[b"index.html"]);
}

#[test]
fn names_that_collide_by_case() {
    assert_unsafe(&[b"app.js", b"APP.JS"]);
    assert_unsafe(&[b"A/x", b"a/y"]);
    assert_unsafe(&[b"INDEX.html"]);
    assert_unsafe(&["stra\u{df}e".as_bytes(), b"STRASSE"]);
}

#[test]
fn names_that_collide_by_unicode_normalisation() {
    assert_unsafe(&["\u{e9}".as_bytes(), "e\u{301}".as_bytes()]);
    assert_unsafe(&["\u{c9}/x".as_bytes(), "e\u{301}/y".as_bytes()]);
}

#[test]
fn a_file_that_is_also_a_folder() {
    assert_unsafe(&[b"a", b"a/b"]);
    assert_unsafe(&[b"a/b", b"a"]);
    assert_unsafe(&[b"a/", b"a"]);
    assert_unsafe(&[b"A/b", b"a"]);
}

#[test]
fn an_unsafe_name_among_what_is_skipped() {
    assert_unsafe(&[b"__MACOSX/../evil"]);
    assert_unsafe(&[b"__MACOSX//x"]);
    assert_unsafe(&[b"../.DS_Store"]);
}

#[test]
fn links_and_other_special_files() {
    for mode in [
        0o120_777, 0o010_644, 0o020_644, 0o060_644, 0o140_644, 0o160_000,
    ] {
        for made_by in [0x0314, 0x0014, 0x1314] {
            for name in ["link", "link/", "__MACOSX/link"] {
                let zip = RawZip::bundle([RawEntry::stored(name, "").with(|entry| {
                    entry.made_by = made_by;
                    entry.external_attributes = mode << 16;
                })]);
                let error = refused(&zip);
                assert_eq!(error.code(), "unsafe_path");
                assert!(error.to_string().contains("link"), "{error}");
            }
        }
    }
}

#[test]
fn a_file_that_claims_to_be_a_folder() {
    let zip = RawZip::bundle([RawEntry::stored("a", "1").with(|entry| {
        entry.external_attributes = 0o040_755 << 16;
    })]);
    assert_eq!(refused(&zip).code(), "unsafe_path");
}

#[test]
fn a_link_and_a_file_behind_it() {
    let zip = RawZip::bundle([
        RawEntry::stored("a", "/tmp").with(|entry| {
            entry.made_by = 0x0314;
            entry.external_attributes = 0o120_777 << 16;
        }),
        RawEntry::stored("a/evil", "1"),
    ]);
    assert_eq!(refused(&zip).code(), "unsafe_path");
}

#[test]
fn no_index() {
    for names in [
        &[][..],
        &["a.html"],
        &["a/"],
        &["index.html/"],
        &["Index.html"],
        &["a/index.html", "b"],
        &["a/index.html", "b/"],
        &["a/b/index.html"],
        &["a/index.html", "b/x"],
        &["__MACOSX/index.html"],
        &[".DS_Store"],
        &["index.html/x"],
    ] {
        let content = |name: &str| if name.ends_with('/') { "" } else { "<html>" };
        let entry = |name: &&str| RawEntry::stored(name, content(name));
        let error = refused(&RawZip::new(names.iter().map(entry)));
        assert_eq!(error.code(), "missing_index", "{names:?}: {error}");
    }
}

#[test]
fn an_index_without_a_byte() {
    for names in [
        &["index.html"][..],
        &["index.html", "a"],
        &["index.html", "dist/a"],
        &["dist/index.html", "dist/a"],
    ] {
        let content = |name: &str| {
            if name.ends_with("index.html") {
                ""
            } else {
                "a"
            }
        };
        let entry = |name: &&str| RawEntry::stored(name, content(name));
        let error = refused(&RawZip::new(names.iter().map(entry)));
        assert_eq!(error.code(), "missing_index", "{names:?}: {error}");
    }
}
