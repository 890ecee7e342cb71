//! The demo runs as a newcomer runs it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "what packing and signing are tested with")]
mod support;

use std::fs::File;
use std::io::Write;

use serde_json::Value;
use support::{Workshop, noise};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[test]
fn every_claim_of_the_demo_holds() {
    let report = Workshop::new().json("demo");
    assert_all_hold(&report, 16);
}

#[test]
fn it_holds_for_a_folder_of_ones_own_and_keeps_what_was_made() {
    let workshop = Workshop::with_build();
    let report = workshop.json("demo --bundle dist --keep kept");
    assert_all_hold(&report, 16);
    for made in [
        "kept/bundles/app-2.0.0.zip",
        "kept/bundles/app-3.0.0.zip.sig",
        "kept/keys/live-updater.public.pem",
        "kept/device/state.a",
    ] {
        assert!(workshop.path(made).is_file(), "{made}");
    }
    // What is kept isn't written over.
    let again = workshop.run("demo --keep kept");
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stderr.contains("not empty"), "{again:?}");
}

#[test]
fn it_holds_for_a_zip_of_another_tool() {
    let workshop = Workshop::with_build();
    let python = "import shutil; shutil.make_archive('app', 'zip', '.', 'dist')";
    if workshop.other("python3", &["-c", python]).is_none() {
        eprintln!("skipped: there is no python3 to make a zip with");
        return;
    }
    let report = workshop.json("demo --bundle app.zip");
    // Nothing is packed for a zip, so nothing is said of that.
    assert_all_hold(&report, 15);
}

#[test]
fn what_is_no_bundle_is_refused_before_anything_is_played() {
    let workshop = Workshop::with_build();
    workshop.write("empty/readme.txt", b"nothing here");
    workshop.write("text.zip", b"this is no zip");
    workshop.run("pack dist --out app.zip");
    for (bundle, code, exit) in [
        ("empty", "missing_index", 1),
        ("text.zip", "invalid_archive", 1),
        ("nowhere", "usage", 2),
    ] {
        let run = workshop.run(&format!("--json demo --bundle {bundle}"));
        run.assert_error(exit, code);
    }
}

/// The device is right to refuse this bundle, so what the demo wants to prove can't be seen.
#[test]
fn what_does_not_hold_is_marked_and_fails_the_demo() {
    let workshop = Workshop::new();
    let mut zip = ZipWriter::new(File::create(workshop.path("evil.zip")).unwrap());
    for (name, content) in [
        ("index.html", b"<p>".to_vec()),
        ("noise", noise(100_000)),
        ("../escape", b"x".to_vec()),
    ] {
        zip.start_file(name, SimpleFileOptions::DEFAULT).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap();

    let run = workshop.run("--json demo --bundle evil.zip");
    assert_eq!(run.code, 1, "{run:?}");
    let report = run.value();
    assert_eq!(report["holds"], false, "{report:#}");
    let row = |claim: &str| {
        let mut rows = report["rows"].as_array().unwrap().iter();
        rows.find(|row| row["claim"].as_str().unwrap().contains(claim))
            .unwrap()
    };
    let arrival = row("don't stop a download");
    assert_eq!(arrival["holds"], false, "{report:#}");
    let seen = arrival["seen"].as_str().unwrap();
    assert!(seen.contains("unsafe_path"), "{seen}");
    for claim in ["ready makes it good", "is what was signed", "watchdog"] {
        assert_eq!(row(claim)["holds"], false, "{report:#}");
    }
    // What was seen in spite of it holds.
    assert_eq!(row("asked for again")["holds"], true, "{report:#}");
    assert_eq!(row("flipped byte")["holds"], true, "{report:#}");
}

#[test]
fn the_story_is_plain_lines_where_nobody_watches() {
    let run = Workshop::new().run("demo");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    assert!(run.stdout.contains("killed    SIGKILL"), "{run:?}");
    assert!(run.stdout.contains("All 16 hold."), "{run:?}");
}

fn assert_all_hold(report: &Value, claims: usize) {
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), claims, "{report:#}");
    assert!(rows.iter().all(|row| row["holds"] == true), "{report:#}");
    assert_eq!(report["holds"], true, "{report:#}");
}
