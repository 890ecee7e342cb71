//! Files that are not what was installed are noticed, replaced, and fetched again.

use std::fs;
use std::path::{Path, PathBuf};

use device_process::Process;
use serde_json::{Value, json};

use crate::scene::{Scene, ready, wait_until};
use crate::web_app::WebApp;

/// The file of a bundle on the disk.
fn file(scene: &Scene, id: &Value, name: &str) -> PathBuf {
    let bundle = scene.root().join("bundles").join(id.as_str().unwrap());
    bundle.join("www").join(name)
}

fn launch_version(scene: &Scene, version: &str) -> (Process, Value) {
    let (device, launch) = scene.launch();
    assert_eq!(launch["bundle"]["version"], version, "{launch}");
    (device, launch)
}

/// Fetches 3.0.0 over the network and gives its id.
fn fetch(scene: &Scene, device: &mut Process) -> Value {
    let fetched = scene.server.bundle_requests().len();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "downloaded", "{outcome}");
    assert_eq!(scene.server.bundle_requests().len(), fetched + 1);
    outcome["bundle"]["id"].clone()
}

#[test]
fn a_damaged_trial_is_never_started_and_fetched_again_twice() {
    let scene = Scene::new();
    scene.install_good("2.0.0");
    let app = WebApp::new("3.0.0");
    scene.publish("3.0.0", &app);
    for _ in 0..3 {
        let (mut device, launch) = launch_version(&scene, "2.0.0");
        ready(&mut device, &launch).unwrap();
        let id = fetch(&scene, &mut device);
        device.kill().unwrap();
        fs::write(file(&scene, &id, "app.js"), "shorter").unwrap();

        let (mut device, launch) = launch_version(&scene, "2.0.0");
        assert_eq!(launch["trial"], false, "{launch}");
        assert_eq!(launch["rolledBack"]["version"], "3.0.0", "{launch}");
        assert_eq!(device.event("updateFailed").unwrap()["reason"], "damaged");
    }
    let (mut device, launch) = launch_version(&scene, "2.0.0");
    ready(&mut device, &launch).unwrap();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "blocked", "{outcome}");

    device.call("clearBlocked", json!({})).unwrap();
    fetch(&scene, &mut device);
    device.kill().unwrap();
    let (_device, launch) = launch_version(&scene, "3.0.0");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
}

#[test]
fn a_good_bundle_without_its_index_gives_way_to_the_one_before() {
    let scene = Scene::new();
    scene.install_good("2.0.0");
    scene.install_good("3.0.0");
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    ready(&mut device, &launch).unwrap();
    device.kill().unwrap();
    fs::remove_file(file(&scene, &launch["bundle"]["id"], "index.html")).unwrap();
    let (mut device, launch) = launch_version(&scene, "2.0.0");
    assert_eq!(launch["rolledBack"]["version"], "3.0.0", "{launch}");
    ready(&mut device, &launch).unwrap();
    fetch(&scene, &mut device);
    device.kill().unwrap();
    launch_version(&scene, "3.0.0");
}

#[test]
fn damage_to_what_runs_is_found_by_verify_and_replaced_at_once() {
    let scene = Scene::new();
    scene.install_good("2.0.0");
    scene.install_good("3.0.0");
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    ready(&mut device, &launch).unwrap();
    let id = launch["bundle"]["id"].clone();
    let whole = device.call("verify", json!({"id": id})).unwrap();
    assert_eq!(whole, json!({"ok": true, "damaged": []}));

    let path = file(&scene, &id, "app.js");
    let mut bytes = fs::read(&path).unwrap();
    bytes[7] ^= 1;
    fs::write(&path, bytes).unwrap();
    let damaged = device.call("verify", json!({"id": id})).unwrap();
    assert_eq!(damaged, json!({"ok": false, "damaged": ["app.js"]}));
    let reload = device.event("reload").unwrap();
    assert_eq!(reload["bundle"]["version"], "2.0.0", "{reload}");
    assert_eq!(device.event("updateFailed").unwrap()["reason"], "damaged");
    ready(&mut device, &reload).unwrap();
    fetch(&scene, &mut device);

    // The old page may still load its files; the next process doesn't need them any more.
    assert!(path.exists());
    device.kill().unwrap();
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    ready(&mut device, &launch).unwrap();
    wait_until("the damaged files are gone", || !path.exists());
}

#[test]
fn with_every_bundle_gone_builtin_runs() {
    let scene = Scene::new();
    scene.install_good("2.0.0");
    scene.install_good("3.0.0");
    fs::remove_dir_all(scene.root().join("bundles")).unwrap();
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["bundle"]["id"], "builtin", "{launch}");
    ready(&mut device, &launch).unwrap();
    fetch(&scene, &mut device);
    device.kill().unwrap();
    launch_version(&scene, "3.0.0");
}
