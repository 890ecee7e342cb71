//! Capgo's document on bundles: a bundle made, checksummed, uploaded and registered by hand.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Node, Phone, Service, run};

const UPLOAD: &str = r#"curl -X POST "$API/upload" \
    -H "Authorization: Bearer $KEY" \
    -F "file=@my-app-1.2.3.zip""#;

#[test]
fn the_five_steps_by_hand_end_with_a_bundle_that_devices_install() {
    let (Some(service), Some(node)) = (Service::start(), Node::find()) else {
        return;
    };
    let script = |name, arguments: &[&str]| script(&service, &node, name, arguments);

    let made = script(
        "create_bundle.js",
        &["unix", "dist", "my-app-1.2.3.zip", "1.2.3"],
    );
    let zip = fs::read(service.path("my-app-1.2.3.zip")).unwrap();
    assert_eq!(made["filename"], "my-app-1.2.3.zip");
    assert_eq!(made["version"], "1.2.3");
    assert_eq!(made["size"], zip.len());

    let checksum = script("checksum.js", &["my-app-1.2.3.zip"])["checksum"].clone();
    assert_eq!(checksum, made["checksum"]);
    assert_eq!(checksum.as_str().unwrap().len(), 64);

    let (status, kept) = service.curl(UPLOAD);
    assert_eq!((status, &kept["checksum"]), (200, &checksum));
    let url = kept["url"].as_str().unwrap();
    assert!(url.starts_with("https://"), "{url}");
    let (status, _) = service.curl_text(&format!("curl -o downloaded.zip {url}"));
    assert_eq!(status, 200);
    assert_eq!(fs::read(service.path("downloaded.zip")).unwrap(), zip);

    let text = checksum.as_str().unwrap();
    let registered = script("register.js", &["com.example.app", "1.2.3", url, text]);
    assert_eq!(registered, json!({ "status": "ok" }));

    give(&service, "1.2.3");
    let phone = Phone::new(service.url()).with("rootCertificates", service.root_certificates());
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &service.path("dist"));
}

#[test]
fn a_bundle_that_was_zipped_as_on_windows_is_taken() {
    let (Some(service), Some(node)) = (Service::start(), Node::find()) else {
        return;
    };
    let arguments = ["windows", "dist", "my-app-1.2.3.zip", "1.2.3"];
    let made = script(&service, &node, "create_bundle.js", &arguments);
    let (_, kept) = service.curl(UPLOAD);
    let url = kept["url"].as_str().unwrap();
    let checksum = made["checksum"].as_str().unwrap();
    let arguments = ["com.example.app", "1.2.3", url, checksum];
    let registered = script(&service, &node, "register.js", &arguments);
    assert_eq!(registered, json!({ "status": "ok" }));
}

#[test]
fn the_workflow_script_zips_uploads_and_registers() {
    let (Some(service), Some(node)) = (Service::start(), Node::find()) else {
        return;
    };
    let done = script(
        &service,
        &node,
        "deploy.js",
        &["dist", "com.example.app", "1.2.3"],
    );
    let list = r#"curl -H "authorization: $KEY" "$API/bundle/?app_id=com.example.app""#;
    let (_, listed) = service.curl(list);
    assert_eq!(listed["data"][0]["name"], "1.2.3");
    assert_eq!(listed["data"][0]["checksum"], done["checksum"]);
    assert_eq!(listed["data"][0]["external_url"], done["url"]);

    // What is there already is refused, and the script says so.
    let again = command(
        &service,
        &node,
        "deploy.js",
        &["dist", "com.example.app", "1.2.3"],
    )
    .output()
    .unwrap();
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("already exists"));
}

#[test]
fn a_checksum_is_verified_before_a_bundle_is_taken() {
    let (Some(service), Some(node)) = (Service::start(), Node::find()) else {
        return;
    };
    let arguments = ["unix", "dist", "my-app-1.2.3.zip", "1.2.3"];
    let made = script(&service, &node, "create_bundle.js", &arguments);
    let right = made["checksum"].as_str().unwrap();
    let wrong = "0".repeat(64);
    for (expected, valid) in [(right, true), (&wrong, false)] {
        let checked = script(
            &service,
            &node,
            "checksum.js",
            &["my-app-1.2.3.zip", expected],
        );
        assert_eq!(checked, json!({ "checksum": right, "valid": valid }));
    }
    let (_, kept) = service.curl(UPLOAD);
    let url = kept["url"].as_str().unwrap();
    let arguments = ["com.example.app", "1.2.3", url, &wrong];
    let refused = command(&service, &node, "register.js", &arguments)
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("checksum_mismatch"));
}

#[test]
fn a_bundle_without_an_index_at_its_root_is_refused() {
    let (Some(service), Some(node)) = (Service::start(), Node::find()) else {
        return;
    };
    fs::remove_file(service.path("dist/index.html")).unwrap();
    fs::write(service.path("dist/assets/index.html"), "").unwrap();
    fs::write(service.path("dist/readme.txt"), "").unwrap();
    let arguments = ["unix", "dist", "my-app-1.2.3.zip", "1.2.3"];
    let made = script(&service, &node, "create_bundle.js", &arguments);
    let (_, kept) = service.curl(UPLOAD);
    let (url, checksum) = (
        kept["url"].as_str().unwrap(),
        made["checksum"].as_str().unwrap(),
    );
    let arguments = ["com.example.app", "1.2.3", url, checksum];
    let refused = command(&service, &node, "register.js", &arguments)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("missing_index"));
}

/// Has the first channel give a version.
fn give(service: &Service, version: &str) {
    let (status, answer) = service.curl(&format!(
        r#"curl -X POST -H "authorization: $KEY" -H "Content-Type: application/json" \
           -d '{{"app_id": "com.example.app", "channel": "production", "version": "{version}"}}' \
           "$API/channel/""#
    ));
    assert_eq!((status, answer), (200, json!({ "status": "ok" })));
}

fn script(service: &Service, node: &Node, name: &str, arguments: &[&str]) -> Value {
    let printed = run(&mut command(service, node, name, arguments));
    serde_json::from_str(&printed).unwrap()
}

fn command(service: &Service, node: &Node, name: &str, arguments: &[&str]) -> Command {
    let mut command = service.command(node.program());
    command
        .arg(Node::script(&format!("documents/{name}")))
        .args(arguments)
        .env("NODE_PATH", node.modules());
    command
}
