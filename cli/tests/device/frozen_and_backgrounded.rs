//! A bundle that never calls ready goes away by itself; a good one never does, whatever the
//! system and its user do to the app.

use std::thread::sleep;
use std::time::{Duration, Instant};

use device_process::Process;
use serde_json::{Value, json};

use crate::scene::{PATIENCE, Scene, comes_true, ready, signal, wait_until};
use crate::web_app::WebApp;

/// In milliseconds.
const TIMEOUT: u64 = 1500;

/// A device on which 2.0.0 is good and 3.0.0 is what the next launch tries.
fn with_trial() -> Scene {
    let mut scene = with_good();
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    scene.download("3.0.0");
    // What goes wrong from here on goes wrong without a server.
    scene.configure("appReadyTimeout", TIMEOUT);
    scene
}

fn with_good() -> Scene {
    let mut scene = Scene::new();
    scene.install_good("2.0.0");
    scene.configure("appReadyTimeout", TIMEOUT);
    scene
}

fn launch_version(scene: &Scene, version: &str) -> (Process, Value) {
    let (device, launch) = scene.launch();
    assert_eq!(launch["bundle"]["version"], version, "{launch}");
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    (device, launch)
}

fn launch_hidden(scene: &Scene, version: &str) -> Process {
    let mut device = scene.start();
    let launch = device.call("launch", json!({"active": false})).unwrap();
    assert_eq!(launch["bundle"]["version"], version, "{launch}");
    device
}

fn version_running(device: &mut Process) -> Value {
    device.call("current", json!({})).unwrap()["bundle"]["version"].clone()
}

fn has_failed(device: &Process) -> bool {
    let events = device.events();
    events.iter().any(|event| event["event"] == "updateFailed")
}

/// The next launch runs 2.0.0 and says that 3.0.0 was taken back.
fn assert_rolled_back_at_launch(scene: &Scene) {
    let (device, launch) = launch_version(scene, "2.0.0");
    assert_eq!(launch["rolledBack"]["version"], "3.0.0", "{launch}");
    assert_eq!(launch["rolledBack"]["status"], "error", "{launch}");
    assert_eq!(launch["trial"], false, "{launch}");
    drop(device);
    assert_blocked(scene);
}

/// 3.0.0 isn't fetched again, and the server knows why.
fn assert_blocked(scene: &Scene) {
    let (mut device, launch) = launch_version(scene, "2.0.0");
    ready(&mut device, &launch).unwrap();
    let fetched = scene.server.bundle_requests().len();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(
        (&outcome["status"], &outcome["reason"]),
        (&json!("blocked"), &json!("failed"))
    );
    assert_eq!(scene.server.bundle_requests().len(), fetched);
    let failed = device.call("getFailedUpdate", json!({})).unwrap();
    assert_eq!(failed["bundle"]["version"], "3.0.0");
    wait_until("the server hears of it", || {
        let told = scene.server.confirmations();
        told.iter()
            .any(|told| told.version == "3.0.0" && !told.success)
    });
}

#[test]
fn a_trial_that_never_calls_ready_is_gone_after_the_watchdog() {
    let scene = with_trial();
    let started = Instant::now();
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    assert_eq!(launch["trial"], true);
    let failed = device.event("updateFailed").unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(TIMEOUT),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(failed["reason"], "timeout");
    assert_eq!(failed["bundle"]["version"], "3.0.0");
    let reload = device.event("reload").unwrap();
    assert_eq!(reload["bundle"]["version"], "2.0.0", "{reload}");
    assert_ne!(reload["launchToken"], launch["launchToken"]);
    assert_eq!(version_running(&mut device), "2.0.0");

    // The page that was replaced doesn't save itself, and the one that took its place is ready.
    let stale = json!({"launchToken": launch["launchToken"]});
    assert_eq!(device.refusal("notifyAppReady", stale), "stale_launch");
    ready(&mut device, &reload).unwrap();
    device.kill().unwrap();
    assert_blocked(&scene);
}

#[test]
fn a_trial_without_a_good_bundle_behind_it_gives_way_to_builtin() {
    let mut scene = Scene::new();
    scene.configure("appReadyTimeout", 300);
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    scene.download("3.0.0");
    let (mut device, _) = launch_version(&scene, "3.0.0");
    let reload = device.event("reload").unwrap();
    assert_eq!(reload["bundle"]["id"], "builtin");
    assert_eq!(reload["path"], Value::Null);
}

#[test]
fn a_trial_is_gone_after_two_launches_that_were_killed_before_ready() {
    let scene = with_trial();
    for _ in 0..2 {
        let (device, launch) = launch_version(&scene, "3.0.0");
        assert_eq!(launch["trial"], true);
        device.kill().unwrap();
    }
    assert_rolled_back_at_launch(&scene);
}

#[test]
fn a_trial_is_gone_after_two_crashes_that_end_the_input() {
    let scene = with_trial();
    for _ in 0..2 {
        launch_version(&scene, "3.0.0").0.close().unwrap();
    }
    assert_rolled_back_at_launch(&scene);
}

#[test]
fn going_home_and_swiping_away_is_no_verdict_until_twice_the_timeout_is_used_up() {
    let scene = with_trial();
    let mut active = Duration::ZERO;
    let mut launches = 0;
    loop {
        let mut device = scene.start();
        let started = Instant::now();
        let launch = device.call("launch", json!({})).unwrap();
        if launch["bundle"]["version"] == "2.0.0" {
            assert_eq!(launch["rolledBack"]["version"], "3.0.0", "{launch}");
            break;
        }
        launches += 1;
        assert!(
            active < Duration::from_millis(2 * TIMEOUT + 1000),
            "{active:?}"
        );
        sleep(Duration::from_millis(600));
        device.call("pause", json!({})).unwrap();
        active += started.elapsed();
        // The watchdog may notice before the next launch does.
        let taken_back = version_running(&mut device) == "2.0.0";
        device.kill().unwrap();
        if taken_back {
            break;
        }
    }
    assert!(active >= Duration::from_millis(2 * TIMEOUT), "{active:?}");
    assert!(launches > 3, "{launches}");
    assert_blocked(&scene);
}

#[test]
fn swiping_away_within_one_launch_adds_up_too() {
    let scene = with_trial();
    let started = Instant::now();
    let (mut device, _) = launch_version(&scene, "3.0.0");
    for _ in 0..30 {
        sleep(Duration::from_millis(100));
        device.call("pause", json!({})).unwrap();
        if has_failed(&device) {
            break;
        }
        device.call("resume", json!({})).unwrap();
    }
    assert!(started.elapsed() >= Duration::from_millis(TIMEOUT));
    device.call("resume", json!({})).unwrap();
    assert_eq!(device.event("updateFailed").unwrap()["reason"], "timeout");
}

#[test]
fn time_in_the_background_is_not_counted() {
    let scene = with_trial();
    let mut device = launch_hidden(&scene, "3.0.0");
    sleep(Duration::from_millis(2 * TIMEOUT));
    device.call("resume", json!({})).unwrap();
    sleep(Duration::from_millis(TIMEOUT / 3));
    device.call("pause", json!({})).unwrap();
    sleep(Duration::from_millis(2 * TIMEOUT));
    assert!(!has_failed(&device));
    device.kill().unwrap();

    // Nor is an end there a verdict, however often it comes.
    for _ in 0..5 {
        launch_hidden(&scene, "3.0.0").kill().unwrap();
    }
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    ready(&mut device, &launch).unwrap();
    assert_eq!(
        device.call("current", json!({})).unwrap()["bundle"]["status"],
        "success"
    );
}

#[test]
fn a_start_in_the_background_that_is_seen_before_it_dies_counts() {
    let scene = with_trial();
    for _ in 0..2 {
        let mut device = launch_hidden(&scene, "3.0.0");
        device.call("resume", json!({})).unwrap();
        device.kill().unwrap();
    }
    assert_rolled_back_at_launch(&scene);
}

#[test]
fn a_frozen_trial_is_not_taken_back_and_may_still_become_ready() {
    let scene = with_trial();
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    freeze(&device, Duration::from_secs(5));
    let answer = ready(&mut device, &launch).unwrap();
    assert_eq!(answer["bundle"]["status"], "success", "{answer}");
    sleep(Duration::from_millis(TIMEOUT));
    assert!(!has_failed(&device));
    device.kill().unwrap();
    launch_version(&scene, "3.0.0");
}

#[test]
fn a_frozen_good_bundle_is_not_taken_back() {
    let scene = with_good();
    for _ in 0..4 {
        let (mut device, launch) = launch_version(&scene, "2.0.0");
        assert_eq!(launch["rolledBack"], Value::Null);
        freeze(&device, Duration::from_millis(TIMEOUT));
        device.call("pause", json!({})).unwrap();
        // What is in the background gets frozen, and then killed.
        freeze(&device, Duration::from_millis(100));
        signal(&device, "STOP");
        device.kill().unwrap();
    }
}

fn freeze(device: &Process, duration: Duration) {
    signal(device, "STOP");
    sleep(duration);
    signal(device, "CONT");
}

#[test]
fn quick_swipes_never_take_a_good_bundle_back() {
    let scene = with_good();
    for round in 0..12 {
        let (mut device, launch) = launch_version(&scene, "2.0.0");
        assert_eq!(launch["rolledBack"], Value::Null, "{round}");
        sleep(Duration::from_millis(100));
        device.call("pause", json!({})).unwrap();
        if round % 3 == 0 {
            device.call("resume", json!({})).unwrap();
            device.call("pause", json!({})).unwrap();
        }
        device.kill().unwrap();
    }
}

#[test]
fn a_good_bundle_is_not_taken_back_in_the_middle_of_a_launch() {
    let scene = with_good();
    let (mut device, _) = launch_version(&scene, "2.0.0");
    sleep(Duration::from_millis(3 * TIMEOUT));
    assert!(!has_failed(&device));
    assert_eq!(version_running(&mut device), "2.0.0");
}

#[test]
fn a_second_launch_in_one_process_is_the_same_attempt() {
    let scene = with_trial();
    let (mut device, first) = launch_version(&scene, "3.0.0");
    for active in [false, true, true, false, true] {
        let again = device.call("launch", json!({"active": active})).unwrap();
        assert_eq!(again["launchToken"], first["launchToken"]);
        assert_eq!(again["bundle"], first["bundle"]);
        assert_eq!(again["trial"], true);
        assert_eq!(again["rolledBack"], Value::Null);
    }
    device.kill().unwrap();
    // So this is the second attempt and not the seventh.
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    ready(&mut device, &launch).unwrap();
}

#[test]
fn a_second_launch_says_whether_the_app_is_seen() {
    let scene = with_trial();
    let (mut device, _) = launch_version(&scene, "3.0.0");
    device.call("launch", json!({"active": false})).unwrap();
    sleep(Duration::from_millis(2 * TIMEOUT));
    assert!(!has_failed(&device));
    device.call("launch", json!({"active": true})).unwrap();
    assert_eq!(device.event("updateFailed").unwrap()["reason"], "timeout");
}

#[test]
fn a_ready_call_with_an_old_token_does_not_save_a_trial() {
    let scene = with_good();
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    let (mut device, old) = launch_version(&scene, "2.0.0");
    ready(&mut device, &old).unwrap();
    device.call("sync", json!({})).unwrap();
    let new = device.call("reload", json!({})).unwrap();
    assert_eq!(
        (&new["bundle"]["version"], &new["trial"]),
        (&json!("3.0.0"), &json!(true))
    );
    for token in [&old["launchToken"], &json!(""), &json!("0")] {
        let stale = json!({"launchToken": token});
        assert_eq!(device.refusal("notifyAppReady", stale), "stale_launch");
    }
    let failed = device.event("updateFailed").unwrap();
    assert_eq!(failed["bundle"]["version"], "3.0.0");
    assert_eq!(
        device.event("reload").unwrap()["bundle"]["version"],
        "2.0.0"
    );
}

#[test]
fn three_bad_launches_in_a_row_take_a_good_bundle_back() {
    let scene = with_two_good();
    for _ in 0..3 {
        launch_version(&scene, "3.0.0").0.kill().unwrap();
    }
    assert_rolled_back_at_launch(&scene);
}

#[test]
fn a_fine_launch_clears_the_row() {
    let scene = with_two_good();
    let fine: [fn(&mut Process, &Value); 2] = [
        |device, launch| drop(ready(device, launch).unwrap()),
        |device, _| drop(device.call("pause", json!({})).unwrap()),
    ];
    for make_fine in fine {
        for _ in 0..2 {
            launch_version(&scene, "3.0.0").0.kill().unwrap();
        }
        let (mut device, launch) = launch_version(&scene, "3.0.0");
        make_fine(&mut device, &launch);
        device.kill().unwrap();
    }
    for _ in 0..2 {
        launch_version(&scene, "3.0.0").0.kill().unwrap();
    }
    launch_version(&scene, "3.0.0");
}

#[test]
fn a_good_bundle_that_is_never_ready_before_people_leave_is_bad_too() {
    let scene = with_two_good();
    for _ in 0..3 {
        let (mut device, _) = launch_version(&scene, "3.0.0");
        // A device that stood still for long counts less of it.
        sleep(Duration::from_millis(2 * TIMEOUT));
        device.call("pause", json!({})).unwrap();
        device.kill().unwrap();
    }
    assert_rolled_back_at_launch(&scene);
}

#[test]
fn three_reported_crashes_of_a_ready_page_take_it_back() {
    let scene = with_two_good();
    for _ in 0..3 {
        let (mut device, launch) = launch_version(&scene, "3.0.0");
        ready(&mut device, &launch).unwrap();
        device
            .call("reportCrash", json!({"reason": "renderer"}))
            .unwrap();
        device
            .call("reportCrash", json!({"reason": "renderer"}))
            .unwrap();
        device.kill().unwrap();
    }
    assert_rolled_back_at_launch(&scene);
}

/// A device that runs 3.0.0 and has 2.0.0 to go back to.
fn with_two_good() -> Scene {
    let scene = with_trial();
    let (mut device, launch) = launch_version(&scene, "3.0.0");
    ready(&mut device, &launch).unwrap();
    wait_until("it is settled", || scene.leftovers().is_empty());
    device.kill().unwrap();
    scene
}

#[test]
fn a_bundle_that_is_reported_bad_is_taken_back_at_once() {
    let scene = with_two_good();
    let (mut device, _) = launch_version(&scene, "3.0.0");
    let answer = device.call("setBundleError", json!({})).unwrap();
    assert_eq!(answer["rolledBack"]["version"], "3.0.0");
    let reload = device.event("reload").unwrap();
    assert_eq!(reload["bundle"]["version"], "2.0.0");
    let failed = device
        .event_where("updateFailed", PATIENCE, |_| true)
        .unwrap();
    assert_eq!(failed["reason"], "reported");
    assert!(comes_true(PATIENCE, || version_running(&mut device) == "2.0.0"));
    device.kill().unwrap();
    assert_blocked(&scene);
}
