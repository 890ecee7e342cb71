//! Updates are the core's business: a page that does nothing about them is updated too.

use std::thread::sleep;
use std::time::{Duration, Instant};

use device_process::Process;
use mock_update_server::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::scene::{PATIENCE, Scene, ready, wait_until};
use crate::web_app::WebApp;

/// A device that has an automatic mode, and is offered 2.0.0.
fn scene(mode: &str) -> Scene {
    let mut scene = Scene::new();
    scene.configure("autoUpdate", mode);
    scene.configure("checkInterval", 1);
    scene.configure("appReadyTimeout", 500);
    scene.publish("2.0.0", &WebApp::new("2.0.0"));
    scene
}

fn checks(scene: &Scene) -> usize {
    let requests = scene.server.requests();
    requests
        .iter()
        .filter(|request| request.path == "/api/v1/updates/check")
        .count()
}

fn wait_for_next(device: &mut Process, version: &str) {
    let is_next = |data: &Value| data["bundle"]["version"] == version;
    device.event_where("setNext", PATIENCE, is_next).unwrap();
}

#[test]
fn a_page_that_calls_nothing_but_ready_is_updated() {
    for mode in ["launch", "resume"] {
        let scene = scene(mode);
        for version in ["2.0.0", "3.0.0"] {
            let (mut device, launch) = scene.launch();
            ready(&mut device, &launch).unwrap();
            wait_for_next(&mut device, version);
            device.kill().unwrap();
            scene.publish("3.0.0", &WebApp::new("3.0.0"));
        }
        let (_, launch) = scene.launch();
        assert_eq!(launch["bundle"]["version"], "3.0.0", "{mode}: {launch}");
    }
}

#[test]
fn a_page_that_never_calls_ready_is_updated_too() {
    for mode in ["launch", "resume"] {
        let scene = scene(mode);
        // Builtin first, whose page is dead.
        let (mut device, _) = scene.launch();
        wait_for_next(&mut device, "2.0.0");
        device.kill().unwrap();

        // A trial whose page is dead is taken back, and then there is something newer.
        scene.publish("3.0.0", &WebApp::new("3.0.0"));
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["trial"], true, "{launch}");
        wait_for_next(&mut device, "3.0.0");
        assert_eq!(device.event("reload").unwrap()["bundle"]["id"], "builtin");
        device.kill().unwrap();
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["bundle"]["version"], "3.0.0", "{launch}");
        ready(&mut device, &launch).unwrap();
        device.kill().unwrap();

        // A good bundle whose page is dead this time.
        scene.publish("4.0.0", &WebApp::new("4.0.0"));
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["bundle"]["status"], "success", "{launch}");
        wait_for_next(&mut device, "4.0.0");
        device.kill().unwrap();
        let (_, launch) = scene.launch();
        assert_eq!(launch["bundle"]["version"], "4.0.0", "{launch}");
    }
}

#[test]
fn nothing_is_asked_in_the_first_two_seconds() {
    let mut scene = scene("resume");
    // So late a launch would be looked at as settled first, whatever the page says.
    scene.configure("appReadyTimeout", 60_000);
    let (mut device, launch) = scene.launch();
    sleep(Duration::from_millis(300));
    assert_eq!(checks(&scene), 0);
    let before = Instant::now();
    ready(&mut device, &launch).unwrap();
    wait_until("it is asked after that", || checks(&scene) >= 1);
    let waited = before.elapsed();
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
}

#[test]
fn with_resume_it_is_asked_again_and_again_and_not_in_the_background() {
    let scene = scene("resume");
    scene.server.offer_nothing();
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    wait_until("it is asked three times", || checks(&scene) >= 3);
    device.call("pause", json!({})).unwrap();
    let asked = checks(&scene);
    sleep(Duration::from_millis(2500));
    assert!(checks(&scene) <= asked + 1, "one may have been on its way");
    let asked = checks(&scene);
    device.call("resume", json!({})).unwrap();
    wait_until("it is asked after the return", || checks(&scene) > asked);
}

#[test]
fn a_start_in_the_background_asks_nothing_until_it_is_seen() {
    let scene = scene("resume");
    let mut device = scene.start();
    device.call("launch", json!({"active": false})).unwrap();
    sleep(Duration::from_millis(3500));
    assert_eq!(checks(&scene), 0);
    device.call("resume", json!({})).unwrap();
    wait_for_next(&mut device, "2.0.0");
}

#[test]
fn with_launch_it_is_asked_once_a_launch() {
    let scene = scene("launch");
    scene.server.offer_nothing();
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    wait_until("it is asked", || checks(&scene) == 1);
    sleep(Duration::from_millis(2500));
    assert_eq!(checks(&scene), 1);
}

#[test]
fn the_interval_outlives_the_process() {
    let mut scene = scene("resume");
    scene.configure("checkInterval", 3600);
    scene.server.offer_nothing();
    for _ in 0..2 {
        let (mut device, launch) = scene.launch();
        ready(&mut device, &launch).unwrap();
        wait_until("the first launch asks", || checks(&scene) == 1);
        sleep(Duration::from_millis(2500));
    }
    assert_eq!(checks(&scene), 1);
}

#[test]
fn a_server_that_wants_to_be_left_alone_is_also_by_the_next_process() {
    let scene = scene("resume");
    let busy = Fault::Status {
        status: 429,
        retry_after: Some("3600".to_owned()),
    };
    scene.server.fault(Endpoint::Check, busy).once();
    for _ in 0..2 {
        let (mut device, launch) = scene.launch();
        ready(&mut device, &launch).unwrap();
        for method in ["sync", "getLatest"] {
            let outcome = device.call(method, json!({})).unwrap();
            assert_eq!(outcome["status"], "blocked", "{outcome}");
            assert_eq!(outcome["reason"], "rate_limited", "{outcome}");
        }
        sleep(Duration::from_millis(2500));
    }
    assert_eq!(checks(&scene), 1);
}

#[test]
fn off_asks_nothing() {
    let mut scene = scene("off");
    for mode in ["off", ""] {
        if mode.is_empty() {
            // The default.
            scene.configure("autoUpdate", Value::Null);
        }
        let (mut device, launch) = scene.launch();
        ready(&mut device, &launch).unwrap();
        sleep(Duration::from_millis(3000));
        device.call("pause", json!({})).unwrap();
        device.call("resume", json!({})).unwrap();
        sleep(Duration::from_millis(500));
        assert_eq!(checks(&scene), 0);
    }
}

#[test]
fn a_mandatory_release_is_told_and_not_acted_on() {
    let scene = scene("resume");
    let mut release = scene.server.release("2.0.0").unwrap();
    release.mandatory = true;
    scene.server.offer(release);
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    let latest = device.call("getLatest", json!({})).unwrap();
    assert_eq!(latest["release"]["mandatory"], true);
    wait_for_next(&mut device, "2.0.0");
    device.call("pause", json!({})).unwrap();
    device.call("resume", json!({})).unwrap();
    assert_eq!(
        device.call("current", json!({})).unwrap()["bundle"]["id"],
        "builtin"
    );
    let is_reload = |event: &Value| event["event"] == "reload";
    assert!(!device.events().iter().any(is_reload));
}

#[test]
fn what_is_next_is_applied_after_a_while_in_the_background() {
    let mut scene = Scene::new();
    scene.configure("applyAfterBackground", 1);
    scene.install_good("2.0.0");
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    device.call("sync", json!({})).unwrap();

    // A short absence changes nothing.
    device.call("pause", json!({})).unwrap();
    device.call("resume", json!({})).unwrap();
    assert_eq!(
        device.call("current", json!({})).unwrap()["bundle"]["version"],
        "2.0.0"
    );

    device.call("pause", json!({})).unwrap();
    sleep(Duration::from_millis(1100));
    device.call("resume", json!({})).unwrap();
    let reload = device.event("reload").unwrap();
    assert_eq!(reload["bundle"]["version"], "3.0.0", "{reload}");
    assert_eq!(reload["trial"], true);
    assert_ne!(reload["launchToken"], launch["launchToken"]);
    let stale = json!({"launchToken": launch["launchToken"]});
    assert_eq!(device.refusal("notifyAppReady", stale), "stale_launch");
    let answer = ready(&mut device, &reload).unwrap();
    assert_eq!(answer["bundle"]["status"], "success");
}

#[test]
fn a_trial_is_not_replaced_on_the_way_back() {
    let mut scene = Scene::new();
    scene.configure("applyAfterBackground", 1);
    scene.publish("2.0.0", &WebApp::new("2.0.0"));
    scene.download("2.0.0");
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["trial"], true);
    device.call("sync", json!({})).unwrap();
    device.call("pause", json!({})).unwrap();
    sleep(Duration::from_millis(1100));
    device.call("resume", json!({})).unwrap();
    assert_eq!(
        device.call("current", json!({})).unwrap()["bundle"]["version"],
        "2.0.0"
    );
    ready(&mut device, &launch).unwrap();
}

#[test]
fn an_absence_of_zero_seconds_means_never() {
    let mut scene = Scene::new();
    scene.configure("applyAfterBackground", 0);
    scene.publish("2.0.0", &WebApp::new("2.0.0"));
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    device.call("sync", json!({})).unwrap();
    device.call("pause", json!({})).unwrap();
    sleep(Duration::from_millis(500));
    device.call("resume", json!({})).unwrap();
    assert_eq!(
        device.call("current", json!({})).unwrap()["bundle"]["id"],
        "builtin"
    );
}
