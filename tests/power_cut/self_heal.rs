//! Files that are no longer what was installed are found, replaced, and fetched again; what was
//! good stays at hand.

use live_updater::{BlockReason, FailureReason, SyncStatus};
use serde_json::json;
use storage_simulator::SimulatedDisk;

use simulated_device::{Device, Server, Setting};

/// A device on which these versions were installed, one after the other, and all of them good.
fn device_with(versions: &[&str], setting: Setting) -> Device {
    let mut device = Device::new(SimulatedDisk::new(), Server::new(), setting, 1);
    device.launch(true);
    for version in versions {
        update_to(&mut device, version);
    }
    device
}

fn update_to(device: &mut Device, version: &str) {
    device.server.publish(version);
    device.sync().unwrap();
    assert_eq!(device.launch(true).bundle.version, version);
    device.ready().unwrap();
}

fn running(device: &Device) -> (String, String) {
    let bundle = &device.process().launch.bundle;
    (bundle.id.to_string(), bundle.version.clone())
}

/// Changes a byte of the bundle that runs, so that nothing but its digest tells.
fn damage(device: &Device) {
    let (id, _) = running(device);
    let page = format!("bundles/{id}/www/js/app.js");
    let mut bytes = device.disk.read(&page).unwrap();
    bytes[2000] ^= 1;
    device.disk.write(&page, &bytes);
}

#[test]
fn a_trial_that_was_damaged_is_never_served() {
    let mut device = device_with(&["2.0.0"], Setting::new());
    device.server.publish("3.0.0");
    let trial = device.sync().unwrap().bundle.unwrap();
    for path in device.disk.files(format!("bundles/{}", trial.id)).keys() {
        let path = format!("bundles/{}/{}", trial.id, path.display());
        let bytes = device.disk.read(&path).unwrap();
        for changed in [bytes.split_last().map(|(_, rest)| rest.to_vec()), None] {
            let mut device = device.after_reboot();
            match changed {
                Some(bytes) => device.disk.write(&path, &bytes),
                None => device.disk.remove(&path),
            }
            let launch = device.launch_at_last();
            // What describes the bundle is for a lost state; it isn't needed to run it.
            let is_needed = !path.ends_with("bundle.json");
            let expected = if is_needed { "2.0.0" } else { "3.0.0" };
            assert_eq!(launch.bundle.version, expected, "{path}");
            assert_eq!(launch.rolled_back.is_some(), is_needed, "{path}");
        }
    }
}

#[test]
fn damage_is_found_after_a_reboot_and_the_next_good_one_runs() {
    let mut device = device_with(&["2.0.0", "3.0.0"], Setting::new());
    damage(&device);
    assert_eq!(device.launch(true).bundle.version, "3.0.0");
    assert_eq!(running(&device).1, "3.0.0", "this boot has hashed it");
    let mut device = device.after_reboot();
    device.launch(true);
    assert_eq!(running(&device).1, "2.0.0");
    let state = device.state().unwrap();
    assert_eq!(
        state["failedUpdate"]["reason"],
        FailureReason::Damaged.as_str()
    );
    assert_eq!(
        state["failed"],
        json!([]),
        "that says nothing of the version"
    );
}

#[test]
fn damage_that_verify_finds_makes_the_next_good_one_run() {
    let mut device = device_with(&["2.0.0", "3.0.0"], Setting::new());
    damage(&device);
    device.verify().unwrap();
    assert_eq!(running(&device).1, "2.0.0");
}

#[test]
fn damaged_files_are_fetched_again_twice_and_no_more() {
    let mut device = device_with(&["2.0.0", "3.0.0"], Setting::new());
    for again in 1..=2 {
        let before = running(&device).0;
        let requests = device.server.bundle_requests();
        damage(&device);
        device.verify().unwrap();
        update_to(&mut device, "3.0.0");
        assert_ne!(running(&device).0, before);
        assert_eq!(device.server.bundle_requests(), requests + 1, "{again}");
    }
    damage(&device);
    device.verify().unwrap();
    let outcome = device.sync().unwrap();
    assert_eq!(outcome.status, SyncStatus::Blocked);
    assert_eq!(outcome.reason, Some(BlockReason::Failed));
    assert_eq!(running(&device).1, "2.0.0");
    update_to(&mut device, "4.0.0");
}

#[test]
fn the_last_good_bundles_stay_at_hand_and_a_rollback_goes_back_through_them() {
    let mut setting = Setting::new();
    setting.config["keepBundles"] = json!(3);
    let versions = ["2.0.0", "3.0.0", "4.0.0", "5.0.0", "6.0.0"];
    let mut device = device_with(&versions, setting);
    device.launch(true);
    assert_eq!(device.disk.names("bundles").len(), 3);
    for version in ["6.0.0", "5.0.0", "4.0.0"] {
        assert_eq!(running(&device).1, version);
        let launch = &device.process().launch;
        assert_eq!(device.flaw_of(launch), None);
        device.take_back().unwrap();
    }
    assert_eq!(running(&device).0, "builtin");
}

#[test]
fn a_lost_state_adopts_what_is_on_the_disk_without_a_byte_fetched() {
    let mut device = device_with(&["2.0.0", "3.0.0"], Setting::new());
    let (id, _) = running(&device);
    let requests = device.server.bundle_requests();
    device.kill();
    for slot in ["state.a", "state.b"] {
        device.disk.write(slot, b"garbage");
    }
    let launch = device.launch(true);
    assert!(launch.bundle.id.is_builtin());
    assert_eq!(launch.problem.unwrap().code, "storage");
    update_to(&mut device, "3.0.0");
    assert_eq!(running(&device).0, id);
    assert_eq!(device.server.bundle_requests(), requests);
}

#[test]
fn a_lost_state_adopts_nothing_that_is_damaged() {
    let mut device = device_with(&["2.0.0", "3.0.0"], Setting::new());
    let (id, _) = running(&device);
    let requests = device.server.bundle_requests();
    damage(&device);
    device.kill();
    for slot in ["state.a", "state.b"] {
        device.disk.remove(slot);
    }
    device.launch(true);
    update_to(&mut device, "3.0.0");
    assert_ne!(running(&device).0, id);
    assert_eq!(device.server.bundle_requests(), requests + 1);
}
