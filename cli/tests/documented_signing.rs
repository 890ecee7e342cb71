//! `docs/signing.md` and the way to a signed release in the README work as they stand: every command
//! is run, in order. So is the one of `docs/statements.md`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use support::Workshop;

const PAGE: &str = include_str!("../../docs/signing.md");
const FORMAT: &str = include_str!("../../docs/statements.md");
const README: &str = include_str!("../../README.md");

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let workshop = Workshop::with_build();
    for tool in ["openssl", "sha256sum", "unzip"] {
        if workshop.other(tool, &["--help"]).is_none() {
            return;
        }
    }
    let scripts = scripts(PAGE);
    assert!(scripts.len() > 10, "{}", scripts.len());
    run_all(&workshop, &scripts);

    let inspected = workshop.json("inspect bundles/1.1.0.statement.json");
    assert_eq!(inspected["statement"]["version"], "1.1.0");
    assert_eq!(inspected["statement"]["sequence"], 4);
    let back = workshop.json("inspect bundles/back.statement.json");
    assert_eq!(back["statement"]["action"], "rollbackToBuiltin");
}

#[test]
fn the_readmes_way_to_a_signed_release_ends_with_a_server_that_offers_it() {
    let workshop = Workshop::with_build();
    let scripts = scripts(README);
    let script = scripts
        .iter()
        .find(|script| script.contains("sign statement"));
    run_all(&workshop, &[script.unwrap().clone()]);
    assert!(workshop.path("1.1.0.statement.json").exists());
}

#[test]
fn the_digest_of_all_files_is_what_usual_tools_make_of_the_folder() {
    let workshop = Workshop::with_build();
    let packed = workshop.json("pack dist --out a.zip");
    let [script] = &scripts(FORMAT)[..] else {
        panic!("another command: see that it is run here");
    };
    let Some(run) = workshop.other("sh", &["-c", script]) else {
        return;
    };
    let printed = run.stdout.split(' ').next().unwrap();
    assert_eq!(packed["filesSha256"], printed, "{run:?}");
}

/// The shell commands of a page, a text for each block.
fn scripts(page: &str) -> Vec<String> {
    page.split("\n```sh\n")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// Runs blocks in one shell, and the servers that they start until they say where they listen.
fn run_all(workshop: &Workshop, scripts: &[String]) {
    let mut script = "set -eu\n".to_owned();
    let mut servers = Vec::new();
    for line in scripts.iter().flat_map(|script| script.lines()) {
        match line.strip_prefix("live-updater mock ") {
            Some(arguments) => servers.push(arguments.replace("--port 8080", "--port 0")),
            None => script.push_str(&format!("{line}\n")),
        }
    }
    let output = in_workshop(workshop, "sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!servers.is_empty());
    for arguments in servers {
        let mut server = in_workshop(workshop, "live-updater")
            .arg("mock")
            .args(arguments.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(server.stdout.take().unwrap());
        let url = stdout.lines().next().unwrap().unwrap();
        let stderr = BufReader::new(server.stderr.take().unwrap());
        let offered = stderr.lines().map(Result::unwrap);
        let statement = offered.take(2).find(|line| line.starts_with("statement: "));
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        assert!(statement.unwrap().contains("com.example.app, production"));
    }
}

/// A command there, for which `live-updater` is the one that was built.
fn in_workshop(workshop: &Workshop, program: &str) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_live-updater"));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [built.parent().unwrap().to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    let mut command = Command::new(program);
    command
        .current_dir(workshop.path(""))
        .env("PATH", env::join_paths(folders).unwrap());
    command
}
