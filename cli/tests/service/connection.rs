//! How the service and the key are found, and what is never said.

use std::process::Command;

use crate::site::Site;
use crate::support::Workshop;

#[test]
fn the_environment_names_service_and_key() {
    let site = Site::new();
    let run = |server: &str, key: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["--json", "apps", "list"])
            .env("LIVE_UPDATER_SERVER", server)
            .env("LIVE_UPDATER_KEY", key)
            .current_dir(site.path(""))
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(run(&site.url, &site.key()).0, 0);
    let (code, told) = run(&site.url, "not-the-key");
    assert_eq!(code, 1);
    assert!(told.contains("unauthorized"), "{told}");
    assert!(!told.contains("not-the-key"), "{told}");
    // Readable on its way.
    assert_eq!(run("http://updates.example.com", "secret").0, 2);
    let (code, told) = run(&site.url, "two\nlines");
    assert_eq!(code, 2);
    assert!(!told.contains("lines\\\""), "{told}");
}

#[test]
fn the_project_names_the_service_and_never_the_key() {
    let site = Site::new();
    let project = format!(r#"{{"server": "{}", "appId": "a.b"}}"#, site.url);
    site.workshop
        .write(".live-updater.json", project.as_bytes());
    let apps = site.workshop.json("apps list --key-file updates/first.key");
    assert_eq!(apps["apps"].as_array().unwrap().len(), 0);

    site.workshop
        .write(".live-updater.json", br#"{"key": "secret"}"#);
    let run = site
        .workshop
        .run("--json apps list --key-file updates/first.key");
    run.assert_error(2, "usage");
    assert!(!run.stdout.contains("secret"), "{run:?}");
}

#[test]
fn the_folder_gives_the_address_where_its_first_key_was_taken_away() {
    let site = Site::new();
    let key = site.key();
    std::fs::rename(site.path("updates/first.key"), site.path("my.key")).unwrap();
    let message = site.fails("apps list", 2, "usage");
    for named in ["first.key isn't there", "--key-file", "LIVE_UPDATER_KEY"] {
        assert!(message.contains(named), "{message}");
    }
    site.json("apps list --key-file my.key");
    let listed = Command::new(env!("CARGO_BIN_EXE_live-updater"))
        .args(["apps", "list", "--data", "updates"])
        .env("LIVE_UPDATER_KEY", key)
        .current_dir(site.path(""))
        .status()
        .unwrap();
    assert!(listed.success());
}

#[test]
fn a_key_of_the_project_that_nobody_knows_is_named() {
    let site = Site::new();
    let project = br#"{"appid": "com.example.app"}"#;
    site.workshop.write(".live-updater.json", project);
    let message = site.fails("bundles list", 2, "usage");
    assert!(message.contains("`appid`"), "{message}");
}

#[test]
fn a_url_without_https_is_told_how_it_is_written() {
    let workshop = Workshop::new();
    for text in ["updates.example.com", "updates.example.com:8443"] {
        let run = workshop.run(&format!("--json apps list --server {text}"));
        run.assert_error(2, "usage");
        assert!(
            run.stdout.contains(&format!("say https://{text}")),
            "{run:?}"
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let workshop = Workshop::new();
    for (arguments, named) in [
        ("apps list", "--server"),
        (
            "apps list --server https://updates.example.com",
            "LIVE_UPDATER_KEY",
        ),
        ("apps list --data nowhere", "live-updater serve --data"),
        ("bundles list", "--app-id"),
    ] {
        let run = workshop.run(&format!("--json {arguments}"));
        run.assert_error(2, "usage");
        assert!(run.stdout.contains(named), "{run:?}");
    }
}

#[test]
fn a_service_that_is_not_there_is_told_apart_from_one_that_refuses() {
    let workshop = Workshop::new();
    workshop.write("a.key", b"anything");
    // Nobody listens on this port.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let run = workshop.run(&format!("--json apps list --server {url} --key-file a.key"));
    run.assert_error(1, "network");
    assert!(run.stdout.contains("127.0.0.1"), "{run:?}");
    assert!(run.stdout.contains("is it running?"), "{run:?}");
}
