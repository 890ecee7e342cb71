//! What `pack` and `inspect` make of a folder.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use support::{Run, Workshop, is_hex, noise};

#[test]
fn the_same_files_give_the_same_bytes() {
    let one = Workshop::with_build();
    one.run("pack dist --out a.zip");

    let other = Workshop::new();
    for name in [
        "日本/ü.txt",
        "empty.txt",
        "assets/noise.png",
        "assets/app.js",
        "index.html",
    ] {
        let name = format!("dist/{name}");
        other.write(&name, &one.read(&name));
        let path = other.path(&name);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        let earlier = SystemTime::now() - Duration::from_secs(100_000);
        File::open(path).unwrap().set_modified(earlier).unwrap();
    }
    other.run("pack dist --out a.zip");
    assert_eq!(one.read("a.zip"), other.read("a.zip"));
    assert_eq!(one.read("a.zip.files"), other.read("a.zip.files"));

    other.write("dist/empty.txt", b"!");
    other.run("pack dist --out a.zip");
    assert_ne!(one.read("a.zip"), other.read("a.zip"));
}

#[test]
fn a_bundle_is_a_plain_zip() {
    let workshop = Workshop::with_build();
    workshop.json("pack dist --out a.zip");
    let bytes = workshop.read("a.zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).unwrap();
        names.push(String::from_utf8(entry.name_raw().to_vec()).unwrap());
        assert!(entry.is_file());
        assert_eq!(entry.unix_mode(), Some(0o100_644));
        assert_eq!(
            entry.last_modified().unwrap().to_string(),
            "1980-01-01 00:00:00"
        );
        let start = usize::try_from(entry.header_start()).unwrap();
        let flags = u16::from_le_bytes([bytes[start + 6], bytes[start + 7]]);
        let is_ascii = names[index].is_ascii();
        assert_eq!(
            flags,
            if is_ascii { 0 } else { 1 << 11 },
            "{}",
            names[index]
        );
        let extra_field = [bytes[start + 28], bytes[start + 29]];
        assert_eq!(extra_field, [0, 0]);
    }
    assert_eq!(
        names,
        [
            "assets/app.js",
            "assets/noise.png",
            "empty.txt",
            "index.html",
            "日本/ü.txt"
        ]
    );
    let mut method = |name| archive.by_name(name).unwrap().compression();
    assert_eq!(method("assets/app.js"), zip::CompressionMethod::Deflated);
    assert_eq!(method("assets/noise.png"), zip::CompressionMethod::Stored);
}

#[test]
fn python_and_unzip_open_it() {
    let workshop = Workshop::with_build();
    workshop.json("pack dist --out a.zip");
    if let Some(run) = workshop.other("python3", &["-m", "zipfile", "-e", "a.zip", "python"]) {
        assert_eq!(run.code, 0, "{run:?}");
        assert_same_files(&workshop, "python");
    }
    if let Some(run) = workshop.other("unzip", &["-q", "a.zip", "-d", "unzip"]) {
        assert_eq!(run.code, 0, "{run:?}");
        assert_same_files(&workshop, "unzip");
    }
}

#[test]
fn the_list_is_what_sha256sum_checks() {
    let workshop = Workshop::with_build();
    let report = workshop.json("pack dist --out a.zip");
    let list = String::from_utf8(workshop.read("a.zip.files")).unwrap();
    assert_eq!(list.lines().count(), 5);
    assert!(list.ends_with("  日本/ü.txt\n"));
    let Some(check) = workshop.other("sha256sum", &["--version"]) else {
        return;
    };
    assert_eq!(check.code, 0);
    let script = "cd dist && sha256sum --strict -c ../a.zip.files";
    let run = workshop.other("sh", &["-c", script]).unwrap();
    assert_eq!(run.code, 0, "{run:?}");
    let sum = workshop
        .other("sha256sum", &["a.zip.files", "a.zip"])
        .unwrap();
    let sums: Vec<_> = sum.stdout.lines().map(|line| &line[..64]).collect();
    assert_eq!(sums, [&report["filesSha256"], &report["sha256"]]);
}

#[test]
fn the_report_has_what_a_server_needs() {
    let workshop = Workshop::with_build();
    let report = workshop.json("pack dist --version 1.2.3-beta.1");
    assert_eq!(report["file"], "dist-1.2.3-beta.1.zip");
    assert_eq!(report["version"], "1.2.3-beta.1");
    assert_eq!(report["files"], 5);
    assert_eq!(report["size"], workshop.read("dist-1.2.3-beta.1.zip").len());
    assert!(is_hex(&report["sha256"], 64) && is_hex(&report["filesSha256"], 64));
    assert_eq!(report["signature"], Value::Null);
    assert_eq!(report["warnings"], Value::Array(Vec::new()));

    let run = workshop.run("pack dist");
    assert_eq!((run.code, &*run.stderr), (0, ""));
    assert!(run.stdout.contains(report["sha256"].as_str().unwrap()));
    assert!(workshop.path("dist.zip").exists());
}

#[test]
fn a_folder_without_an_index_is_refused() {
    let workshop = Workshop::new();
    workshop.write("dist/sub/index.html", b"<html>");
    let run = workshop.run("pack dist --json");
    run.assert_error(1, "missing_index");
    workshop.write("dist/index.html", b"");
    let run = workshop.run("pack dist --json");
    run.assert_error(1, "missing_index");
    assert!(!workshop.path("dist.zip").exists());
    assert!(!workshop.path("dist.zip.partial").exists());

    let run = workshop.run("pack dist");
    assert_eq!((run.code, &*run.stdout), (1, ""));
    assert!(run.stderr.starts_with("error: "), "{run:?}");
    workshop.run("pack nowhere --json").assert_error(2, "usage");
}

#[test]
fn names_that_devices_refuse_are_refused() {
    for name in ["a\\b.js", "a\nb.js", "INDEX.html", "Assets/app.css"] {
        let workshop = Workshop::with_build();
        workshop.write(&format!("dist/{name}"), b"");
        workshop
            .run("pack dist --json")
            .assert_error(1, "unsafe_path");
    }
}

#[test]
fn links_are_refused() {
    for target in ["../secret", "index.html", "assets"] {
        let workshop = Workshop::with_build();
        workshop.write("secret", b"secret");
        symlink(target, workshop.path("dist/link")).unwrap();
        let run = workshop.run("pack dist --json");
        run.assert_error(1, "unsafe_path");
        assert!(run.stdout.contains("symbolic link"));
    }
}

#[test]
fn what_macos_leaves_behind_is_left_out() {
    let workshop = Workshop::with_build();
    let before = workshop.json("pack dist");
    workshop.write("dist/.DS_Store", b"rubbish");
    workshop.write("dist/assets/.DS_Store", b"rubbish");
    workshop.write("dist/__MACOSX/assets/._app.js", b"rubbish");
    assert_eq!(workshop.json("pack dist")["sha256"], before["sha256"]);
}

#[test]
fn a_zip_in_its_own_folder_is_refused() {
    let workshop = Workshop::with_build();
    for out in [
        "dist/a.zip",
        "dist/assets/a.zip",
        "dist/new/a.zip",
        "new/../dist/a.zip",
    ] {
        let run = workshop.run(&format!("pack dist --json --out {out}"));
        run.assert_error(2, "usage");
    }
}

#[test]
fn the_folder_of_the_zip_is_made() {
    let workshop = Workshop::with_build();
    let packed = workshop.json("pack dist --out releases/web/a.zip");
    assert_eq!(packed["file"], "releases/web/a.zip");
    workshop.json("inspect releases/web/a.zip");
}

#[test]
fn what_would_be_taken_for_an_attack_is_refused() {
    let workshop = Workshop::with_build();
    workshop.write("dist/zeros.bin", &vec![0; 100 << 20]);
    workshop
        .run("pack dist --json")
        .assert_error(1, "archive_limit");
    assert!(!workshop.path("dist.zip").exists());
    assert!(!workshop.path("dist.zip.partial").exists());
}

#[test]
fn what_may_not_be_meant_is_told() {
    let workshop = Workshop::new();
    workshop.write("dist/index.html", b"<p>hello</p>");
    workshop.write("dist/notes.txt", b"notifyAppReady");
    assert_eq!(warnings(&workshop.json("pack dist")), ["not_ready"]);

    // Across the buffers that files are read in.
    let mut script = noise(256 * 1024 - 5);
    script.extend(b"notifyAppReady()");
    workshop.write("dist/app.js", &script);
    assert!(warnings(&workshop.json("pack dist")).is_empty());

    workshop.write("dist/assets/aux.js", b"");
    workshop.write("dist/sw.js", b"navigator.serviceWorker.register('x')");
    let found = ["device_name", "service_worker"];
    assert_eq!(warnings(&workshop.json("pack dist")), found);
    assert_eq!(warnings(&workshop.json("inspect dist")), found);
    assert_eq!(warnings(&workshop.json("inspect dist.zip")), found);

    let run: Run = workshop.run("pack dist");
    assert_eq!(run.code, 0);
    assert_eq!(run.stderr.matches("warning: ").count(), 2, "{run:?}");
}

#[test]
fn inspecting_a_zip_and_its_folder_tells_the_same_files() {
    let workshop = Workshop::with_build();
    let packed = workshop.json("pack dist");
    let zip = workshop.json("inspect dist.zip");
    let folder = workshop.json("inspect dist");
    for key in ["sha256", "size", "filesSha256", "unpackedSize"] {
        assert_eq!(zip[key], packed[key], "{key}");
    }
    assert_eq!(folder["filesSha256"], packed["filesSha256"]);
    assert_eq!(folder["sha256"], Value::Null);
    assert_eq!(
        (&zip["index"], &folder["index"]),
        (&true.into(), &true.into())
    );
    let paths = |report: &Value| -> Vec<String> {
        let files = report["files"].as_array().unwrap();
        files.iter().map(|file| file["path"].to_string()).collect()
    };
    assert_eq!(paths(&zip), paths(&folder));
    let table = workshop.run("inspect dist.zip").stdout;
    assert!(table.contains("assets/noise.png") && table.contains("index.html   found"));
}

#[test]
fn inspecting_leaves_out_the_one_folder_around_everything() {
    let workshop = Workshop::with_build();
    let packed = workshop.json("pack dist");
    let script = "import shutil; shutil.make_archive('around', 'zip', '.', 'dist')";
    let Some(run) = workshop.other("python3", &["-c", script]) else {
        return;
    };
    assert_eq!(run.code, 0, "{run:?}");
    let around = workshop.json("inspect around.zip");
    assert_eq!(around["filesSha256"], packed["filesSha256"]);
    assert_eq!(around["index"], true);
}

#[test]
fn what_is_no_zip_is_told() {
    let workshop = Workshop::new();
    workshop.write("a.zip", b"no zip");
    workshop
        .run("inspect a.zip --json")
        .assert_error(1, "invalid_archive");
    workshop
        .run("inspect b.zip --json")
        .assert_error(2, "usage");
}

fn warnings(report: &Value) -> Vec<&str> {
    let warnings = report["warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect()
}

fn assert_same_files(workshop: &Workshop, folder: &str) {
    let run = workshop.other("diff", &["-r", "dist", folder]).unwrap();
    assert_eq!(run.code, 0, "{run:?}");
}
