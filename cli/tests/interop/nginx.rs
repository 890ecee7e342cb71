//! nginx as a host for static files: the update check is one, the bundle another.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use device_process::{CallError, Process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bundle, Nginx, Phone, wait_until_still};

const MEGABYTE: usize = 1_000_000;
/// After so many bytes more, the device dies.
const KILLS: [u64; 10] = [
    20_000, 310_000, 1, 200_000, 350_000, 100_000, 290_000, 50_000, 250_000, 150_000,
];
/// After so many bytes more, the server goes away.
const CUTS: [u64; 5] = [200_000, 330_000, 1, 100_000, 270_000];

#[test]
fn a_download_that_is_killed_and_cut_asks_for_no_byte_again() {
    // Slow enough that what one request may send at once is less than what the next step waits
    // for, so that the system's buffers never hold the rest of the bundle.
    let Some(mut site) = Site::new(300_000) else {
        return;
    };
    let bundle = site.publish("app", 7 * MEGABYTE, Stamp::New);
    site.offer("1.1.0", &bundle);
    let phone = Phone::new(&site.nginx.url());
    let mut lengths = Vec::new();

    for step in KILLS {
        let mut process = phone.start();
        process.send("sync", json!({})).unwrap();
        phone.wait_for_part(&mut process, lengths.last().unwrap_or(&0) + step);
        process.kill().unwrap();
        lengths.push(phone.part_len());
        site.nginx.wait_for_bundles(lengths.len());
    }
    let mut process = phone.start();
    let call = process.send("sync", json!({})).unwrap();
    for step in CUTS {
        phone.wait_for_part(&mut process, lengths.last().unwrap() + step);
        site.nginx.stop();
        lengths.push(wait_until_still(|| phone.part_len()));
        site.nginx.resume();
    }
    let synced = patient_answer(&mut process, call);
    assert_eq!(synced["status"], "downloaded", "{synced}");
    Phone::assert_same_files(&phone.try_next(process), &site.path("app"));

    let served = site.nginx.served("/bundles/");
    let (first, resumed) = served.split_first().unwrap();
    assert_eq!((first.status, &first.range), (200, &None));
    assert_eq!(resumed.len(), lengths.len(), "{served:#?}");
    for request in resumed {
        assert_eq!(request.status, 206, "{request:?}");
        assert_eq!(request.if_range, first.etag, "{request:?}");
    }
    let asked_again: u64 = lengths
        .iter()
        .zip(resumed)
        .map(|(len, request)| len.checked_sub(request.range_start()).unwrap())
        .sum();
    assert!(asked_again <= bundle.size / 100, "{asked_again} bytes");
    // A device that lives on has kept whatever reached it before the connection ended.
    for pair in served[KILLS.len()..].windows(2) {
        let end = pair[0].range_start() + pair[0].body_bytes;
        assert_eq!(pair[1].range_start(), end, "{served:#?}");
    }
}

#[test]
fn a_newer_release_at_the_same_address_is_fetched_whole() {
    let Some(site) = Site::new(500_000) else {
        return;
    };
    let old = site.publish("old", MEGABYTE, Stamp::New);
    site.offer("1.1.0", &old);
    let phone = Phone::new(&site.nginx.url());
    site.kill_on_the_way(&phone, 300_000);

    let new = site.publish("new", MEGABYTE, Stamp::New);
    site.offer("1.2.0", &new);
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &site.path("new"));
    let served = site.nginx.served("/bundles/");
    assert_eq!(served.len(), 2, "{served:#?}");
    assert_eq!((served[1].status, &served[1].range), (200, &None));
    assert_eq!(served[1].body_bytes, new.size);
}

#[test]
fn a_file_that_is_not_the_one_on_offer_is_refused() {
    let Some(site) = Site::new(500_000) else {
        return;
    };
    let offered = site.publish("offered", MEGABYTE, Stamp::New);
    site.offer("1.1.0", &offered);
    let phone = Phone::new(&site.nginx.url());
    site.kill_on_the_way(&phone, 300_000);

    let other = site.publish("other", MEGABYTE, Stamp::New);
    assert_eq!(other.size, offered.size);
    let mut process = phone.start();
    assert_eq!(process.refusal("sync", json!({})), "checksum_mismatch");
    phone.assert_nothing_installed(&mut process);

    // The validator tells at once that it's another file, so that not even one is mixed.
    let served = site.nginx.served("/bundles/");
    assert!(served[1].range_start() >= 300_000, "{served:#?}");
    assert_eq!(served[1].if_range, served[0].etag);
    assert_ne!(served[1].etag, served[0].etag);
    assert!(served[1..].iter().all(|request| request.status == 200));

    // A wrong file is nothing that the release would be blamed for.
    site.publish("offered", MEGABYTE, Stamp::New);
    let installed = phone.sync_and_try(process);
    Phone::assert_same_files(&installed, &site.path("offered"));
}

#[test]
fn a_file_that_was_replaced_and_has_the_same_validator_is_fetched_whole() {
    let Some(site) = Site::new(500_000) else {
        return;
    };
    // nginx makes its ETag of the size and the second of the change.
    let wrong = site.publish("wrong", MEGABYTE, Stamp::Fixed);
    let phone = Phone::new(&site.nginx.url());
    let right = Bundle::make(site.folder.path(), "right", MEGABYTE);
    assert_eq!(right.size, wrong.size);
    site.offer("1.1.0", &right);
    site.kill_on_the_way(&phone, 300_000);

    site.publish("right", MEGABYTE, Stamp::Fixed);
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &site.path("right"));
    let served = site.nginx.served("/bundles/");
    let statuses: Vec<_> = served.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 206, 200], "{served:#?}");
    assert_eq!(served[1].etag, served[0].etag);
    assert_eq!(served[2].body_bytes, right.size);
}

#[test]
fn an_answer_that_has_not_changed_is_not_sent_again() {
    let Some(site) = Site::new(500_000) else {
        return;
    };
    let bundle = site.publish("app", 1000, Stamp::New);
    site.offer("1.1.0", &bundle);
    let phone = Phone::new(&site.nginx.url());
    let mut process = phone.start();
    let first = process.call("getLatest", json!({})).unwrap();
    assert_eq!(first["status"], "updateAvailable");
    assert_eq!(process.call("getLatest", json!({})).unwrap(), first);
    site.offer("1.2.0", &bundle);
    let changed = process.call("getLatest", json!({})).unwrap();
    assert_eq!(changed["version"], "1.2.0");
    let served = site.nginx.served("/check.json");
    let statuses: Vec<_> = served.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 304, 200]);
}

/// nginx, and a workshop for what it serves.
struct Site {
    nginx: Nginx,
    folder: TempDir,
}

/// When a file says that it was changed.
enum Stamp {
    /// At another time than all others.
    New,
    /// Always at the same time.
    Fixed,
}

impl Site {
    /// `None` where there is no nginx.
    fn new(bytes_per_second: u64) -> Option<Self> {
        Some(Self {
            nginx: Nginx::start(bytes_per_second)?,
            folder: TempDir::new().unwrap(),
        })
    }

    /// Makes a web app and puts its zip where the bundle is downloaded from.
    fn publish(&self, name: &str, len: usize, stamp: Stamp) -> Bundle {
        let bundle = Bundle::make(self.folder.path(), name, len);
        self.put("bundles/app.zip", &fs::read(&bundle.zip).unwrap(), stamp);
        bundle
    }

    fn offer(&self, version: &str, bundle: &Bundle) {
        let answer = bundle.offer(version, "/bundles/app.zip").to_string();
        self.put("check.json", answer.as_bytes(), Stamp::New);
    }

    /// Starts a sync and kills the device when so many bytes are there.
    fn kill_on_the_way(&self, phone: &Phone, len: u64) {
        let mut process = phone.start();
        process.send("sync", json!({})).unwrap();
        phone.wait_for_part(&mut process, len);
        process.kill().unwrap();
        self.nginx.wait_for_bundles(1);
    }

    /// Puts a file in its place in one step, as releases are made.
    fn put(&self, name: &str, bytes: &[u8], stamp: Stamp) {
        let place = self.nginx.files().join(name);
        let before = fs::metadata(&place).and_then(|metadata| metadata.modified());
        let changed = match (stamp, before) {
            (Stamp::New, Ok(before)) => before + Duration::from_secs(10),
            _ => SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        };
        let new = self.path("put.new");
        fs::write(&new, bytes).unwrap();
        File::options()
            .write(true)
            .open(&new)
            .unwrap()
            .set_modified(changed)
            .unwrap();
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::rename(new, place).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The answer to a sync; while the server is down it may give up, and is asked again.
fn patient_answer(process: &mut Process, call: u64) -> Value {
    const PATIENCE: Duration = Duration::from_secs(60);
    let mut answer = process.answer(call, PATIENCE);
    for _ in 0..5 {
        match &answer {
            Err(CallError::Refused { error, .. }) if error["retryable"] == true => {
                answer = process.call("sync", json!({}));
            }
            _ => break,
        }
    }
    answer.unwrap()
}
