//! The memory that a sync needs doesn't grow with the bundle, whatever its signature.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::process::Command;

use serde_json::json;

use crate::scene::{Scene, ready};
use crate::tmpfs::Tmpfs;
use crate::web_app::Dice;

/// In KiB.
const LIMIT: u64 = 48 * 1024;
const SLACK: u64 = 1024;

const MIB: usize = 1 << 20;

#[test]
fn a_sync_of_500_mb_takes_no_more_memory_than_one_of_50() {
    // In memory it takes half as long, where there is enough of it. A download wants four times
    // its size to be free, of which it uses two.
    let disk = has_room().then(|| Tmpfs::mount("size=3g")).flatten();
    let mut scene = disk
        .as_ref()
        .map_or_else(Scene::new, |disk| Scene::below(disk.path()));
    for (version, mib) in [("2.0.50", 50), ("2.0.500", 500)] {
        publish(&scene, version, mib);
    }
    for kind in ["unsigned", "ed25519", "p256", "rsa-pkcs1", "rsa-pss"] {
        let peaks = ["2.0.50", "2.0.500"].map(|version| {
            trust(&mut scene, kind, version);
            let peak = peak_of_sync(&mut scene, version);
            println!("{kind}, {version}: {peak} KiB");
            peak
        });
        for peak in peaks {
            assert!(peak < LIMIT, "{kind}: {peaks:?} KiB");
        }
        let [small, large] = peaks;
        let allowed = small / 10 + SLACK;
        assert!(large.abs_diff(small) <= allowed, "{kind}: {peaks:?} KiB");
    }
}

fn has_room() -> bool {
    let known = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = known.lines().find_map(|line| {
        let line = line.strip_prefix("MemAvailable:")?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    });
    available.is_some_and(|kib| kib > 6 << 20)
}

/// Bytes that don't shrink: many files of 1 MiB, some of them deflated all the same, and a large one.
fn publish(scene: &Scene, version: &str, mib: usize) {
    let path = scene.path(&format!("bundles/{version}.zip"));
    let mut zip = zip::ZipWriter::new(BufWriter::new(File::create(&path).unwrap()));
    let mut dice = Dice::new(mib as u64);
    let noise: Vec<u8> = (0..MIB).map(|_| dice.next() as u8).collect();
    let stored =
        zip::write::SimpleFileOptions::DEFAULT.compression_method(zip::CompressionMethod::Stored);
    zip.start_file("index.html", stored).unwrap();
    zip.write_all(version.as_bytes()).unwrap();
    for index in 0..mib {
        if index < mib * 4 / 5 {
            let method = match index % 10 {
                0 => zip::CompressionMethod::Deflated,
                _ => zip::CompressionMethod::Stored,
            };
            let options = stored.compression_method(method);
            zip.start_file(format!("assets/{index}.bin"), options)
                .unwrap();
        } else if index == mib * 4 / 5 {
            zip.start_file("assets/large.bin", stored).unwrap();
        }
        let turn = dice.within(0..MIB as u64) as usize;
        zip.write_all(&noise[turn..]).unwrap();
        zip.write_all(&noise[..turn]).unwrap();
    }
    zip.finish().unwrap().flush().unwrap();
}

fn trust(scene: &mut Scene, kind: &str, version: &str) {
    let _none_before = fs::remove_file(scene.path(&format!("bundles/{version}.zip.sig")));
    if kind == "unsigned" {
        scene.configure("trust", json!({"mode": "unsigned"}));
        return;
    }
    let (algorithm, extra): (&[&str], &[&str]) = match kind {
        "rsa-pkcs1" => (
            &["rsa", "--bits", "2048"],
            &["--algorithm", "rsa-pkcs1-sha256"],
        ),
        "rsa-pss" => (
            &["rsa", "--bits", "2048"],
            &["--algorithm", "rsa-pss-sha256"],
        ),
        kind => (&[kind][..1], &[]),
    };
    if !scene.path(kind).exists() {
        let keygen = [&["keygen", "--out", kind, "--algorithm"], algorithm].concat();
        run(scene, &keygen);
    }
    let zip = format!("bundles/{version}.zip");
    let key = format!("{kind}/live-updater.private.pem");
    run(scene, &[&["sign", &zip, "--key", &key], extra].concat());
    let key = fs::read_to_string(scene.path(&format!("{kind}/live-updater.public.pem"))).unwrap();
    scene.configure("trust", json!({"mode": "bundle", "keys": [{"key": key}]}));
}

/// The most memory that the process of a sync ever had, in KiB.
fn peak_of_sync(scene: &mut Scene, version: &str) -> u64 {
    let root = scene.path("device");
    scene.move_to(&root);
    scene.server.offer(scene.server.release(version).unwrap());
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "downloaded", "{outcome}");
    let status = fs::read_to_string(format!("/proc/{}/status", device.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert_eq!(
        device.call("getNextBundle", json!({})).unwrap()["version"],
        version
    );
    device.kill().unwrap();
    fs::remove_dir_all(root).unwrap();
    peak
}

fn run(scene: &Scene, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_live-updater"))
        .args(arguments)
        .current_dir(scene.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
