//! A root that can't be written or read: the app starts, every change is a clear error, and
//! nothing is harmed.

use std::fs;
use std::path::Path;

use device_process::Process;
use serde_json::{Value, json};

use crate::scene::{Scene, all_methods, ready, tree, wait_until};
use crate::tmpfs::Tmpfs;
use crate::web_app::WebApp;

#[test]
fn a_read_only_root_runs_the_good_bundle_and_harms_nothing() {
    let Some(disk) = Tmpfs::mount("size=32m") else {
        return;
    };
    let mut scene = Scene::new();
    scene.move_to(disk.join("device"));
    let app = scene.install_good("2.0.0");
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    let before = tree(scene.root());
    disk.remount("ro");
    for _ in 0..4 {
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
        assert_eq!(launch["problem"]["code"], "storage", "{launch}");
        assert_eq!(launch["trial"], false, "{launch}");
        app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
        assert_eq!(device.refusal("sync", json!({})), "storage");
        assert_changes_are_refused(&mut device);
    }
    assert!(tree(scene.root()) == before);

    disk.remount("rw");
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
    assert_eq!(launch["rolledBack"], Value::Null);
    ready(&mut device, &launch).unwrap();
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
}

/// What changes the state says that it can't. `current` and the like may still answer.
fn assert_changes_are_refused(device: &mut Process) {
    let current = device.call("current", json!({})).unwrap();
    let id = json!({"id": current["bundle"]["id"]});
    for (method, params) in [
        ("next", id),
        ("reset", json!({})),
        ("setBundleError", json!({"id": "builtin"})),
        ("setChannel", json!({"channel": "beta"})),
        ("setCustomId", json!({"customId": "x"})),
    ] {
        let code = device.refusal(method, params);
        assert!(
            matches!(code.as_str(), "storage" | "protected_bundle"),
            "{method}: {code}"
        );
    }
    assert_eq!(
        device.call("getChannel", json!({})).unwrap()["channel"],
        "production"
    );
}

#[test]
fn a_read_only_root_runs_no_trial() {
    let Some(disk) = Tmpfs::mount("size=32m") else {
        return;
    };
    let mut scene = Scene::new();
    scene.move_to(disk.join("device"));
    let app = scene.install_good("2.0.0");
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    scene.download("3.0.0");
    disk.remount("ro");
    for _ in 0..3 {
        let (device, launch) = scene.launch();
        assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
        assert_eq!(launch["trial"], false, "{launch}");
        assert_eq!(launch["problem"]["code"], "storage", "{launch}");
        app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
        device.kill().unwrap();
    }
    disk.remount("rw");
    let (_device, launch) = scene.launch();
    assert_eq!(launch["bundle"]["version"], "3.0.0", "{launch}");
    assert_eq!(launch["trial"], true, "{launch}");
}

#[test]
fn a_read_only_root_that_is_empty_or_missing_runs_builtin() {
    let Some(disk) = Tmpfs::mount("size=4m") else {
        return;
    };
    let mut scene = Scene::new();
    fs::create_dir(disk.join("device")).unwrap();
    disk.remount("ro");
    for root in ["device", "missing/device"] {
        scene.move_to(disk.join(root));
        let (mut device, launch) = scene.launch();
        assert_builtin(&launch);
        assert_eq!(
            device.refusal("setChannel", json!({"channel": "x"})),
            "storage"
        );
        device.kill().unwrap();
    }
    disk.remount("rw");
    let (_device, launch) = scene.launch();
    assert_eq!(launch["problem"], Value::Null, "{launch}");
}

#[test]
fn a_root_that_is_a_file_or_lies_below_one_runs_builtin() {
    let mut scene = Scene::new();
    fs::write(scene.path("file"), "mine").unwrap();
    for root in ["file", "file/device"] {
        scene.move_to(scene.path(root));
        let (mut device, launch) = scene.launch();
        assert_builtin(&launch);
        for (method, params) in all_methods() {
            assert_eq!(device.refusal(method, params), "storage", "{method}");
        }
    }
    assert_eq!(fs::read(scene.path("file")).unwrap(), b"mine");
}

#[test]
fn a_slot_that_cannot_be_read_is_left_alone_until_it_can() {
    for (slot, kept) in [("state.a", "kept.a"), ("state.b", "kept.b")] {
        let scene = Scene::new();
        let app = scene.install_good("2.0.0");
        // Reading a folder fails, and that is no damage.
        let (slot, kept) = (scene.root().join(slot), scene.path(kept));
        fs::rename(&slot, &kept).unwrap();
        fs::create_dir(&slot).unwrap();
        let before = tree(scene.root());
        for _ in 0..2 {
            let (mut device, launch) = scene.launch();
            assert_builtin(&launch);
            for (method, params) in all_methods() {
                assert_eq!(device.refusal(method, params), "storage", "{method}");
            }
            device.kill().unwrap();
            assert!(tree(scene.root()) == before, "something was written");
        }

        fs::remove_dir(&slot).unwrap();
        fs::rename(&kept, &slot).unwrap();
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["problem"], Value::Null, "{launch}");
        assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
        app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
        ready(&mut device, &launch).unwrap();
    }
}

#[test]
fn one_damaged_slot_costs_nothing_that_was_ready() {
    for slot in ["state.a", "state.b"] {
        let scene = Scene::new();
        scene.install_good("2.0.0");
        fs::write(scene.root().join(slot), b"\0\0\0\0\0\0\0\0").unwrap();
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["problem"], Value::Null, "{launch}");
        // The older slot may still say that it is in trial; its bundle runs in any case.
        assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
        ready(&mut device, &launch).unwrap();
    }
}

#[test]
fn two_damaged_slots_are_kept_and_the_bundle_is_found_again_without_a_download() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    for slot in ["state.a", "state.b"] {
        fs::write(scene.root().join(slot), format!("broken {slot}")).unwrap();
    }
    let (mut device, launch) = scene.launch();
    assert_builtin(&launch);
    ready(&mut device, &launch).unwrap();
    for slot in ["state.a", "state.b"] {
        let broken = scene.root().join(format!("{slot}.broken"));
        assert_eq!(
            fs::read(broken).unwrap(),
            format!("broken {slot}").into_bytes()
        );
    }
    wait_until("it has settled", || scene.leftovers().is_empty());
    assert_eq!(scene.installed().len(), 1);
    let fetched = scene.server.bundle_requests().len();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "downloaded", "{outcome}");
    assert_eq!(scene.server.bundle_requests().len(), fetched);
    device.kill().unwrap();
    let (_device, launch) = scene.launch();
    assert_eq!(launch["trial"], true, "{launch}");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
}

fn assert_builtin(launch: &Value) {
    assert_eq!(launch["bundle"]["id"], "builtin", "{launch}");
    assert_eq!(launch["path"], Value::Null, "{launch}");
    assert_eq!(launch["problem"]["code"], "storage", "{launch}");
}
