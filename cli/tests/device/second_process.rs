//! One process owns a root; any other gets something good to run and can't do any harm.

use std::path::Path;

use device_process::Process;
use serde_json::{Value, json};

use crate::scene::{Scene, all_methods, ready, tree, wait_until};
use crate::web_app::WebApp;

#[test]
fn a_second_process_runs_the_good_bundle_and_every_call_is_busy() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    let (mut first, launch) = scene.launch();
    ready(&mut first, &launch).unwrap();
    wait_until("the first is settled", || {
        scene.leftovers().is_empty() && first.call("flush", json!({})).unwrap()["pending"] == 0
    });
    let before = tree(scene.root());

    let mut second = launch_second(&scene, "2.0.0", &app);
    assert_all_busy(&mut second);
    second.kill().unwrap();
    assert!(
        tree(scene.root()) == before,
        "the second process has written"
    );
}

fn launch_second(scene: &Scene, version: &str, app: &WebApp) -> Process {
    let mut second = scene.start();
    assert_all_busy(&mut second);
    let launch = second.call("launch", json!({})).unwrap();
    assert_eq!(launch["problem"]["code"], "busy", "{launch}");
    assert_eq!(launch["bundle"]["version"], version, "{launch}");
    assert_eq!(launch["trial"], false, "{launch}");
    assert_eq!(launch["rolledBack"], Value::Null, "{launch}");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
    second
}

fn assert_all_busy(device: &mut Process) {
    for (method, params) in all_methods() {
        match method {
            "sync" | "getLatest" => {
                let answer = device.call(method, params).unwrap();
                assert_eq!(answer["status"], "busy", "{method}");
            }
            _ => assert_eq!(device.refusal(method, params), "busy", "{method}"),
        }
    }
}

#[test]
fn a_second_process_never_runs_a_trial() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    scene.download("3.0.0");
    let (mut first, launch) = scene.launch();
    assert_eq!(
        (&launch["bundle"]["version"], &launch["trial"]),
        (&json!("3.0.0"), &json!(true))
    );
    launch_second(&scene, "2.0.0", &app).kill().unwrap();

    // And it is no launch of the trial that could count against it.
    for _ in 0..3 {
        launch_second(&scene, "2.0.0", &app).kill().unwrap();
    }
    let answer = ready(&mut first, &launch).unwrap();
    assert_eq!(answer["bundle"]["status"], "success", "{answer}");
    launch_second(&scene, "3.0.0", &WebApp::new("3.0.0"));
}

#[test]
fn a_second_process_runs_builtin_where_nothing_is_good_yet() {
    let scene = Scene::new();
    scene.publish("3.0.0", &WebApp::new("3.0.0"));
    scene.download("3.0.0");
    let (first, launch) = scene.launch();
    assert_eq!(launch["trial"], true);
    let (second, launch) = scene.launch();
    assert_eq!(launch["bundle"]["id"], "builtin", "{launch}");
    assert_eq!(launch["problem"]["code"], "busy", "{launch}");
    drop((first, second));
}

#[test]
fn the_first_process_is_not_disturbed() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    let next = WebApp::new("3.0.0").with_bytes(2 << 20);
    let size = scene.publish("3.0.0", &next);
    scene.server.set_rate_limit(Some(size));
    let (mut first, launch) = scene.launch();
    let id = first.send("sync", json!({})).unwrap();
    for _ in 0..5 {
        launch_second(&scene, "2.0.0", &app).kill().unwrap();
    }
    ready(&mut first, &launch).unwrap();
    let outcome = first.answer(id, crate::scene::PATIENCE).unwrap();
    assert_eq!(outcome["status"], "downloaded");
    assert_eq!(
        scene.server.bundle_requests().len(),
        2,
        "one for each bundle"
    );
    launch_second(&scene, "2.0.0", &app).kill().unwrap();
    let launch = first.call("reload", json!({})).unwrap();
    assert_eq!(launch["bundle"]["version"], "3.0.0");
    ready(&mut first, &launch).unwrap();
}

#[test]
fn when_the_owner_dies_the_next_process_owns_the_root() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    let (first, _) = scene.launch();
    let second = launch_second(&scene, "2.0.0", &app);
    first.kill().unwrap();
    let (mut third, launch) = scene.launch();
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    assert_eq!(launch["bundle"]["version"], "2.0.0");
    ready(&mut third, &launch).unwrap();
    assert_eq!(third.call("sync", json!({})).unwrap()["status"], "upToDate");
    drop(second);
}

#[test]
fn of_many_that_start_at_once_one_is_the_owner() {
    let scene = Scene::new();
    scene.install_good("2.0.0");
    let mut devices: Vec<_> = (0..8).map(|_| scene.start()).collect();
    let ids: Vec<_> = devices
        .iter_mut()
        .map(|device| device.send("launch", json!({})).unwrap())
        .collect();
    let mut owners = 0;
    for (device, id) in devices.iter_mut().zip(ids) {
        let launch = device.answer(id, crate::scene::PATIENCE).unwrap();
        assert_eq!(launch["bundle"]["version"], "2.0.0");
        match launch["problem"]["code"].as_str() {
            None => owners += 1,
            Some(code) => assert_eq!(code, "busy"),
        }
    }
    assert_eq!(owners, 1);
}

#[test]
fn a_second_update_in_one_process_is_busy_too() {
    let scene = Scene::new();
    let size = scene.publish("2.0.0", &WebApp::new("2.0.0").with_bytes(500_000));
    scene.server.set_rate_limit(Some(size));
    let (mut device, _) = scene.launch();
    let id = device.send("sync", json!({})).unwrap();
    wait_until("it has begun", || scene.part_len() > 0);
    assert_eq!(device.call("sync", json!({})).unwrap()["status"], "busy");
    assert_eq!(device.refusal("download", json!({})), "busy");
    let outcome = device.answer(id, crate::scene::PATIENCE).unwrap();
    assert_eq!(outcome["status"], "downloaded");
    assert_eq!(scene.server.bundle_requests().len(), 1);
}
