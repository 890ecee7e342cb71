//! A download that is cut off, or whose process dies, goes on where it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use device_process::{CallError, Process};
use mock_update_server::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::scene::{PATIENCE, Scene, ready, wait_until};
use crate::strange_server::{Manner, StrangeServer};
use crate::web_app::{Dice, WebApp};

const SIZE: usize = 8 << 20;
const CUTS: u64 = 20;
const KILLS: u64 = 10;

#[test]
fn nothing_is_fetched_twice_across_twenty_cuts_and_ten_kills() {
    for seed in [7, 1789] {
        let scene = Scene::new();
        let app = WebApp::new("2.0.0").with_bytes(SIZE);
        let size = scene.publish("2.0.0", &app);
        scene.server.set_rate_limit(Some(12 << 20));
        let fetched_twice = fetched_twice(&scene, || cut_and_kill(&scene, size, seed));
        assert!(
            fetched_twice * 100 <= size,
            "{fetched_twice} of {size}, seed {seed}"
        );
        assert_starts(&scene, &app);

        let requests = scene.server.bundle_requests();
        let cuts = requests.iter().filter(|request| request.fault.is_some());
        assert_eq!(cuts.count() as u64, CUTS, "seed {seed}");
        let begun = requests
            .iter()
            .filter(|request| request.range_start.is_none());
        // Whoever dies before the first byte is here begins once more.
        assert!(begun.count() as u64 <= 1 + KILLS);
    }
}

/// Lets a download meet all cuts and kills, and then end.
fn cut_and_kill(scene: &Scene, size: u64, seed: u64) {
    let mut dice = Dice::new(seed);
    for _ in 0..KILLS {
        for _ in 0..CUTS / KILLS {
            let after = dice.within(1..size / 100);
            let fault = match dice.next() % 2 {
                0 => Fault::Cut { after },
                _ => Fault::Reset { after },
            };
            scene.server.fault(Endpoint::Bundle, fault).once();
        }
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["problem"], Value::Null, "{launch}");
        let target = scene.part_len() + dice.within(1..size / 14);
        device.send("sync", json!({})).unwrap();
        wait_until("the download gets that far", || scene.part_len() >= target);
        device.kill().unwrap();
    }
    let (mut device, _) = scene.launch();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "downloaded", "{outcome}");
}

/// Bytes that were on the disk when a request for them went out.
fn fetched_twice(scene: &Scene, download: impl FnOnce()) -> u64 {
    let is_over = AtomicBool::new(false);
    let lengths = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            // By the number of requests that were there already, the longest part.
            let mut lengths = BTreeMap::<usize, u64>::new();
            while !is_over.load(Ordering::SeqCst) {
                // The length first: it can't be due to a request that comes after it.
                let before = scene.part_len();
                let requests = scene.server.bundle_requests().len();
                let longest = lengths.entry(requests).or_default();
                *longest = before.max(*longest);
                std::thread::sleep(Duration::from_millis(1));
            }
            lengths
        });
        download();
        is_over.store(true, Ordering::SeqCst);
        watcher.join().unwrap()
    });
    let requests = scene.server.bundle_requests();
    requests
        .iter()
        .enumerate()
        .filter_map(|(index, request)| {
            let on_disk = lengths.get(&index)?;
            Some(on_disk.saturating_sub(request.range_start.unwrap_or(0)))
        })
        .sum()
}

#[test]
fn a_kill_after_the_last_byte_costs_no_request() {
    let scene = Scene::new();
    let app = WebApp::new("2.0.0").with_files(3000).with_bytes(100_000);
    let size = scene.publish("2.0.0", &app);
    let (mut device, _) = scene.launch();
    device.send("sync", json!({})).unwrap();
    wait_until("everything is there", || scene.part_len() == size);
    device.kill().unwrap();
    assert_eq!(sync(&scene)["status"], "downloaded");
    assert_eq!(scene.server.bundle_requests().len(), 1);
    assert_starts(&scene, &app);
}

#[test]
fn a_cancelled_download_goes_on_later() {
    let scene = Scene::new();
    let app = WebApp::new("2.0.0").with_bytes(SIZE / 4);
    let size = scene.publish("2.0.0", &app);
    scene.server.set_rate_limit(Some(size));
    let (mut device, _) = scene.launch();
    let id = device.send("sync", json!({})).unwrap();
    wait_until("a third is there", || scene.part_len() > size / 3);
    device.call("cancel", json!({})).unwrap();
    let error = device.answer(id, PATIENCE).unwrap_err();
    assert_eq!(error.code(), Some("cancelled"), "{error}");
    let kept = scene.part_len();
    assert!(kept > size / 3);
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
    assert_eq!(scene.server.bundle_requests()[1].range_start, Some(kept));
}

#[test]
fn other_bytes_under_the_same_version_are_fetched_whole() {
    let scene = Scene::new();
    let size = scene.publish("2.0.0", &WebApp::new("before").with_bytes(SIZE / 4));
    download_half(&scene, size);
    let app = WebApp::new("after").with_bytes(SIZE / 4 + 1);
    scene.publish("2.0.0", &app);
    assert_eq!(sync(&scene)["status"], "downloaded");
    let requests = scene.server.bundle_requests();
    assert_eq!(requests.last().unwrap().range_start, None);
    assert_starts(&scene, &app);
}

#[test]
fn a_newer_version_is_fetched_whole() {
    let scene = Scene::new();
    let size = scene.publish("2.0.0", &WebApp::new("2.0.0").with_bytes(SIZE / 4));
    download_half(&scene, size);
    let app = WebApp::new("2.0.1").with_bytes(SIZE / 4);
    scene.publish("2.0.1", &app);
    assert_eq!(sync(&scene)["status"], "downloaded");
    let requests = scene.server.bundle_requests();
    assert_eq!(requests.last().unwrap().range_start, None);
    assert_starts(&scene, &app);
}

#[test]
fn an_object_that_changes_while_it_is_received_is_refused_and_the_new_one_installed() {
    for more in [0, 1000] {
        let scene = Scene::new();
        let size = scene.publish("2.0.0", &WebApp::new("before").with_bytes(SIZE / 4));
        let after = size / 2;
        // Nothing comes of the next requests, so that the object has changed before one is answered.
        let nothing = || Fault::Cut { after: 0 };
        let cuts = [Fault::Cut { after }, nothing(), nothing(), nothing()];
        scene.server.fault_sequence(Endpoint::Bundle, cuts);
        let (mut device, _) = scene.launch();
        let id = device.send("sync", json!({})).unwrap();
        wait_until("half is there", || scene.part_len() == after);
        let app = WebApp::new("after!").with_bytes(SIZE / 4 + more);
        assert_eq!(scene.publish("2.0.0", &app), size + more as u64);
        let error = device.answer(id, PATIENCE).unwrap_err();
        let code = error.code().unwrap_or_default();
        assert!(
            matches!(code, "checksum_mismatch" | "size_mismatch"),
            "{error}"
        );
        assert_eq!(
            device.call("sync", json!({})).unwrap()["status"],
            "downloaded"
        );
        drop(device);
        assert_starts(&scene, &app);
    }
}

#[test]
fn a_release_whose_first_bytes_were_wrong_is_fetched_again_in_the_same_call() {
    let scene = Scene::new();
    let app = WebApp::new("2.0.0").with_bytes(SIZE / 4);
    let size = scene.publish("2.0.0", &app);
    scene
        .server
        .fault(Endpoint::Bundle, Fault::Corrupt { offset: 1000 })
        .once();
    download_half(&scene, size);
    assert_eq!(sync(&scene)["status"], "downloaded");
    let starts: Vec<_> = scene
        .server
        .bundle_requests()
        .iter()
        .map(|request| request.range_start)
        .collect();
    assert_eq!(starts.len(), 3, "{starts:?}");
    assert!(starts[1].is_some() && starts[2].is_none(), "{starts:?}");
    assert_starts(&scene, &app);
}

#[test]
fn strange_but_right_answers_cost_nothing() {
    let app = WebApp::new("2.0.0").with_bytes(1 << 20);
    let zip = app.zip();
    let size = zip.len();
    for manner in [
        Manner::LoudUnit,
        Manner::Short(100_000),
        Manner::Short(1),
        Manner::Chunked,
        Manner::Unframed,
        Manner::Nothing,
        Manner::Page,
        Manner::TooLong(5),
    ] {
        let begin = [Manner::UpTo(size / 3), manner, Manner::UpTo(size / 2)];
        let server = StrangeServer::start(zip.clone(), &begin, Manner::UpTo(size));
        let scene = scene_of(&server);
        assert_eq!(persist(&scene)["status"], "downloaded", "{manner:?}");
        let starts = server.starts();
        assert!(
            starts.is_sorted() && starts[1..].iter().all(|start| *start >= size / 3),
            "{manner:?}: {starts:?}"
        );
        assert_starts(&scene, &app);
    }
}

#[test]
fn wrong_answers_never_spoil_a_bundle() {
    let app = WebApp::new("2.0.0").with_bytes(1 << 20);
    let zip = app.zip();
    let size = zip.len();
    for manner in [
        Manner::Late(10),
        Manner::Mislabelled,
        Manner::UnknownTotal,
        Manner::WrongTotal,
        Manner::Unlabelled,
        Manner::Unsatisfiable,
        Manner::Everything,
        Manner::Lie(b'x'),
        Manner::NoRanges(size / 2),
    ] {
        let begin = [Manner::UpTo(size / 3), manner];
        let server = StrangeServer::start(zip.clone(), &begin, Manner::UpTo(size));
        let scene = scene_of(&server);
        assert_eq!(persist(&scene)["status"], "downloaded", "{manner:?}");
        assert!(server.has_shown_all());
        let starts = server.starts();
        assert!(starts.len() <= 5, "{manner:?}: {starts:?}");
        assert_starts(&scene, &app);
    }
}

#[test]
fn a_server_without_ranges_still_works() {
    let app = WebApp::new("2.0.0").with_bytes(1 << 20);
    let zip = app.zip();
    let size = zip.len();
    let cuts = [size / 3, size / 2, size / 4].map(Manner::NoRanges);
    let server = StrangeServer::start(zip, &cuts, Manner::NoRanges(size));
    let scene = scene_of(&server);
    assert_eq!(sync(&scene)["status"], "downloaded");
    assert_eq!(server.starts().len(), 4);
    assert_starts(&scene, &app);
}

fn scene_of(server: &StrangeServer) -> Scene {
    let mut scene = Scene::new();
    scene.configure("updateUrl", server.url());
    scene
}

/// Begins a download and kills the process in the middle of it.
fn download_half(scene: &Scene, size: u64) {
    scene.server.set_rate_limit(Some(size));
    let (mut device, _) = scene.launch();
    device.send("sync", json!({})).unwrap();
    wait_until("half is there", || scene.part_len() >= size / 2);
    device.kill().unwrap();
    scene.server.set_rate_limit(None);
}

fn sync(scene: &Scene) -> Value {
    let (mut device, _) = scene.launch();
    device.call("sync", json!({})).unwrap()
}

/// Asks again while there is a reason to, as automatic checks do.
fn persist(scene: &Scene) -> Value {
    let (mut device, _) = scene.launch();
    let attempt = |device: &mut Process| device.call("sync", json!({}));
    let mut result = attempt(&mut device);
    for _ in 0..3 {
        match result {
            Ok(outcome) => return outcome,
            Err(CallError::Refused { .. }) => result = attempt(&mut device),
            Err(error) => panic!("{error}"),
        }
    }
    result.unwrap()
}

/// The next launch runs exactly these files, and nothing else is left of the download.
fn assert_starts(scene: &Scene, app: &WebApp) {
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["trial"], true, "{launch}");
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
    ready(&mut device, &launch).unwrap();
    wait_until("the download is gone", || scene.leftovers().is_empty());
}
