//! `docs/server.md` is right: its commands run as they stand, and a copy that was made so is whole.

use std::process::Command;

use crate::site::Site;

const PAGE: &str = include_str!("../../../docs/server.md");

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let site = Site::with_keys();
    let scripts = scripts();
    let [publish, organisation, doctor, copy, again] = &scripts[..] else {
        panic!("another command: see that it is run here: {scripts:?}");
    };
    run(&site, publish);
    assert_eq!(site.offered(), "1.1.0");
    run(&site, organisation);
    run(&site, doctor);

    if site.workshop.other("sqlite3", &["--version"]).is_none() {
        return;
    }
    run(&site, copy);
    // As often as one likes.
    run(&site, copy);
    std::fs::rename(site.path("backup"), site.path("restored")).unwrap();
    let restored = site.restored("restored");
    assert_eq!(restored.offered(), "1.1.0");
    run(&restored, doctor);
    // Its own folder has another name.
    restored.workshop.json("keygen --out keys");
    let data = site.path("restored");
    let key = site.path("updates/first.key");
    let here = format!("--data {} --key-file {}", data.display(), key.display());
    run(&restored, &again.replace("--data updates", &here));
    let status = restored
        .workshop
        .json(&format!("rollout status --app-id com.example.app {here}"));
    assert_eq!(status["channel"]["sequence"], 1001, "{status}");
}

fn scripts() -> Vec<String> {
    let blocks = PAGE.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

fn run(site: &Site, script: &str) {
    let program = env!("CARGO_BIN_EXE_live-updater");
    let script = script
        .replace("live-updater ", &format!("{program} "))
        .replace("http://127.0.0.1:8080", &site.url);
    let ran = Command::new("sh")
        .args(["-ec", &script])
        .current_dir(site.path(""))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{script}: {ran:?}");
}
