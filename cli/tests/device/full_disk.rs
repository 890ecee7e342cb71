//! A full disk costs an update and nothing else.

use std::path::Path;

use device_process::Process;
use serde_json::{Value, json};

use crate::scene::{PATIENCE, Scene, names, ready, wait_until};
use crate::tmpfs::Tmpfs;
use crate::web_app::WebApp;

/// A device on a disk of so many MiB, on which 2.0.0 is good.
fn scene_on_disk(mib: u32) -> Option<(Tmpfs, Scene, WebApp)> {
    let disk = Tmpfs::mount(&format!("size={mib}m"))?;
    let mut scene = Scene::new();
    scene.move_to(disk.join("device"));
    let app = scene.install_good("2.0.0");
    Some((disk, scene, app))
}

fn launch_good(scene: &Scene, app: &WebApp) -> (Process, Value) {
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
    ready(&mut device, &launch).unwrap();
    (device, launch)
}

fn assert_current_is_good(device: &mut Process) {
    let current = device.call("current", json!({})).unwrap();
    assert_eq!(current["bundle"]["version"], "2.0.0");
    assert_eq!(current["bundle"]["status"], "success");
}

#[test]
fn a_bundle_that_has_no_room_is_not_even_begun() {
    let Some((disk, scene, app)) = scene_on_disk(32) else {
        return;
    };
    let next = WebApp::new("3.0.0").with_bytes(2 << 20);
    scene.publish("3.0.0", &next);
    disk.fill_up_to(10 * 1024);
    let (mut device, launch) = launch_good(&scene, &app);
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    let fetched = scene.server.bundle_requests().len();
    for _ in 0..2 {
        let error = device.call("sync", json!({})).unwrap_err();
        assert_eq!(error.code(), Some("insufficient_storage"), "{error}");
        assert!(error.to_string().contains("bytes"), "{error}");
    }
    assert_eq!(scene.server.bundle_requests().len(), fetched);
    assert_current_is_good(&mut device);
    disk.free_up();
    assert_syncs(&mut device);
    device.kill().unwrap();
    assert_starts(&scene, &next);
}

#[test]
fn a_disk_without_a_free_byte_still_starts_the_good_bundle() {
    let Some((disk, scene, app)) = scene_on_disk(32) else {
        return;
    };
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    disk.fill_up_to(0);
    for _ in 0..4 {
        let (mut device, launch) = launch_good(&scene, &app);
        assert_eq!(
            launch["problem"]["code"], "insufficient_storage",
            "{launch}"
        );
        assert_eq!(launch["rolledBack"], Value::Null);
        let error = device.call("sync", json!({})).unwrap_err();
        assert_eq!(error.code(), Some("insufficient_storage"), "{error}");
        assert_current_is_good(&mut device);
    }
    disk.free_up();
    let (mut device, launch) = launch_good(&scene, &app);
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    assert_syncs(&mut device);
    device.kill().unwrap();
    assert_starts(&scene, &WebApp::new("3.0.0"));
}

#[test]
fn a_device_whose_disk_was_always_full_starts_builtin() {
    let Some(disk) = Tmpfs::mount("size=1m") else {
        return;
    };
    let mut scene = Scene::new();
    scene.move_to(disk.join("device"));
    disk.fill_up_to(0);
    for _ in 0..2 {
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["bundle"]["id"], "builtin", "{launch}");
        assert_eq!(
            launch["problem"]["code"], "insufficient_storage",
            "{launch}"
        );
        let refused = device.call("setChannel", json!({"channel": "beta"}));
        let error = refused.unwrap_err();
        assert_eq!(error.code(), Some("insufficient_storage"), "{error}");
        assert!(
            error.to_string().contains("not enough space on the disk"),
            "{error}"
        );
        assert_eq!(
            device.call("getChannel", json!({})).unwrap()["channel"],
            "production"
        );
    }
    disk.free_up();
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    device
        .call("setChannel", json!({"channel": "beta"}))
        .unwrap();
}

#[test]
fn a_disk_without_inodes_is_full_too() {
    let Some(disk) = Tmpfs::mount("size=64m,nr_inodes=60") else {
        return;
    };
    let mut scene = Scene::new();
    scene.move_to(disk.join("device"));
    let app = scene.install_good("2.0.0");
    scene.publish("3.0.0", &WebApp::new("3.0.0").with_files(100));
    let (mut device, _) = launch_good(&scene, &app);
    let error = device.call("sync", json!({})).unwrap_err();
    assert_eq!(error.code(), Some("insufficient_storage"), "{error}");
    wait_until("nothing is left in staging", || {
        names(&scene.root().join("staging")).is_empty()
    });
    assert_current_is_good(&mut device);
    device.kill().unwrap();
    launch_good(&scene, &app);
}

#[test]
fn a_disk_that_fills_up_while_bytes_arrive_keeps_what_came() {
    let Some((disk, scene, app)) = scene_on_disk(64) else {
        return;
    };
    let next = WebApp::new("3.0.0").with_bytes(4 << 20);
    let size = scene.publish("3.0.0", &next);
    scene.server.set_rate_limit(Some(size));
    let (mut device, _) = launch_good(&scene, &app);
    let id = device.send("sync", json!({})).unwrap();
    wait_until("a quarter is there", || scene.part_len() > size / 4);
    disk.fill_up_to(100);
    let error = device.answer(id, PATIENCE).unwrap_err();
    assert_eq!(error.code(), Some("insufficient_storage"), "{error}");
    let kept = scene.part_len();
    assert!(kept > size / 4, "{kept}");
    assert_current_is_good(&mut device);
    device.kill().unwrap();

    disk.fill_up_to(0);
    let (device, launch) = launch_good(&scene, &app);
    assert_eq!(
        launch["problem"]["code"], "insufficient_storage",
        "{launch}"
    );
    device.kill().unwrap();

    disk.free_up();
    let (mut device, _) = launch_good(&scene, &app);
    assert_syncs(&mut device);
    let resumed = scene.server.bundle_requests().last().unwrap().range_start;
    assert_eq!(resumed, Some(kept), "no byte comes twice");
    device.kill().unwrap();
    assert_starts(&scene, &next);
}

#[test]
fn a_disk_that_fills_up_while_files_are_written_keeps_the_download() {
    let Some((disk, scene, app)) = scene_on_disk(128) else {
        return;
    };
    // Long to write, and short to fetch.
    let next = WebApp::new("3.0.0").with_files(6000);
    let size = scene.publish("3.0.0", &next);
    disk.fill_up_to(40 * 1024);
    let (mut device, _) = launch_good(&scene, &app);
    let id = device.send("sync", json!({})).unwrap();
    let staging = scene.root().join("staging");
    wait_until("unpacking has begun", || !names(&staging).is_empty());
    disk.fill_up_to(0);
    let error = device.answer(id, PATIENCE).unwrap_err();
    assert_eq!(error.code(), Some("insufficient_storage"), "{error}");
    assert_eq!(names(&staging), [""; 0]);
    assert_eq!(scene.part_len(), size);
    assert_current_is_good(&mut device);
    device.kill().unwrap();

    disk.free_up();
    let fetched = scene.server.bundle_requests().len();
    let (mut device, _) = launch_good(&scene, &app);
    assert_syncs(&mut device);
    assert_eq!(
        scene.server.bundle_requests().len(),
        fetched,
        "it was all there"
    );
    device.kill().unwrap();
    assert_starts(&scene, &next);
}

#[test]
fn a_trial_on_a_full_disk_is_judged_all_the_same() {
    let Some((disk, mut scene, app)) = scene_on_disk(32) else {
        return;
    };
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    scene.download("3.0.0");
    scene.configure("appReadyTimeout", 500);
    disk.fill_up_to(0);
    // Whether the trial can begin depends on whether its start can be written down.
    let (mut device, launch) = scene.launch();
    if launch["trial"] == true {
        let reload = device.event("reload").unwrap();
        assert_eq!(reload["bundle"]["version"], "2.0.0", "{reload}");
    } else {
        assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
    }
    device.kill().unwrap();
    let (device, _) = launch_good(&scene, &app);
    device.kill().unwrap();
    disk.free_up();
    launch_good(&scene, &app);
}

fn assert_syncs(device: &mut Process) {
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "downloaded", "{outcome}");
}

fn assert_starts(scene: &Scene, app: &WebApp) {
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    assert_eq!(launch["trial"], true, "{launch}");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
    ready(&mut device, &launch).unwrap();
    wait_until("nothing is left over", || scene.leftovers().is_empty());
}
