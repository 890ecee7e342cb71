//! What changes on the disk after unpacking is found.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::archive::FileList;
use crate::archive::testing::{RawEntry, RawZip, Site, noise};
use crate::store::storage::Storage;

fn installed() -> (Site, FileList) {
    let site = Site::new();
    let zip = RawZip::bundle([
        RawEntry::stored("a/b/c", "12345"),
        RawEntry::stored("a/d", ""),
        RawEntry::stored("u\u{308}", "decomposed"),
        RawEntry::stored("large", noise(300_000)),
    ]);
    let list = site.install(&zip.build()).unwrap();
    (site, list)
}

fn sizes(site: &Site, list: &FileList) -> Vec<String> {
    list.check_sizes(&site.storage, site.www()).unwrap()
}

fn hashes(site: &Site, list: &FileList) -> Vec<String> {
    let outcome = list
        .check_hashes(&site.storage, site.www(), 2, &|| false)
        .unwrap();
    assert!(outcome.complete);
    outcome.damaged
}

#[track_caller]
fn assert_found(change: impl FnOnce(&Site), expected: &[&str]) {
    let (site, list) = installed();
    assert!(sizes(&site, &list).is_empty() && hashes(&site, &list).is_empty());
    change(&site);
    assert_eq!(sizes(&site, &list), expected);
    assert_eq!(hashes(&site, &list), expected);
}

#[test]
fn a_missing_file() {
    assert_found(
        |site| fs::remove_file(site.absolute("a/d")).unwrap(),
        &["a/d"],
    );
}

#[test]
fn a_missing_folder() {
    assert_found(
        |site| fs::remove_dir_all(site.absolute("a/b")).unwrap(),
        &["a/b/c"],
    );
}

#[test]
fn nothing_at_all() {
    assert_found(
        |site| fs::remove_dir_all(site.absolute("")).unwrap(),
        &["a/b/c", "a/d", "index.html", "large", "u\u{308}"],
    );
}

#[test]
fn another_size() {
    assert_found(
        |site| {
            fs::write(site.absolute("a/d"), "1").unwrap();
            fs::write(site.absolute("a/b/c"), "").unwrap();
        },
        &["a/b/c", "a/d"],
    );
}

#[test]
fn a_file_or_folder_too_many() {
    assert_found(
        |site| {
            fs::write(site.absolute("extra"), "").unwrap();
            fs::write(site.absolute("a/b/extra"), "").unwrap();
            fs::create_dir(site.absolute("a/folder")).unwrap();
        },
        &["a/b/extra", "a/folder", "extra"],
    );
}

#[test]
fn a_folder_in_the_place_of_a_file_and_the_other_way_around() {
    assert_found(
        |site| {
            fs::remove_file(site.absolute("a/d")).unwrap();
            fs::create_dir(site.absolute("a/d")).unwrap();
            fs::remove_dir_all(site.absolute("a/b")).unwrap();
            fs::write(site.absolute("a/b"), "").unwrap();
        },
        &["a/b", "a/b/c", "a/d"],
    );
}

#[cfg(unix)]
#[test]
fn links_even_to_the_right_bytes() {
    use std::os::unix::fs::symlink;

    assert_found(
        |site| {
            let outside = site.absolute("../elsewhere");
            fs::rename(site.absolute("a/b"), &outside).unwrap();
            symlink(&outside, site.absolute("a/b")).unwrap();
            fs::remove_file(site.absolute("index.html")).unwrap();
            symlink("a/d", site.absolute("index.html")).unwrap();
        },
        &["a/b", "index.html"],
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_root() {
    assert_found(
        |site| {
            let www = site.storage.root().join(site.www());
            let elsewhere = www.with_file_name("elsewhere");
            fs::rename(&www, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &www).unwrap();
        },
        &["."],
    );
}

#[test]
fn a_changed_byte_is_found_by_its_hash_alone() {
    let (site, list) = installed();
    let mut content = fs::read(site.absolute("large")).unwrap();
    content[299_999] ^= 1;
    fs::write(site.absolute("large"), content).unwrap();
    assert!(sizes(&site, &list).is_empty());
    assert_eq!(hashes(&site, &list), ["large"]);
}

#[test]
fn a_check_that_is_stopped_says_so() {
    let (site, list) = installed();
    for asked in [0, 1, 5] {
        let count = AtomicUsize::new(0);
        let outcome = list
            .check_hashes(&site.storage, site.www(), 2, &|| {
                count.fetch_add(1, Ordering::Relaxed) >= asked
            })
            .unwrap();
        assert!(!outcome.complete);
        assert!(outcome.damaged.is_empty());
    }
}

#[test]
fn damage_that_sizes_show_is_named_although_the_check_was_stopped() {
    let (site, list) = installed();
    fs::remove_file(site.absolute("index.html")).unwrap();
    let outcome = list
        .check_hashes(&site.storage, site.www(), 1, &|| true)
        .unwrap();
    assert!(!outcome.complete);
    assert_eq!(outcome.damaged, ["index.html"]);
}
