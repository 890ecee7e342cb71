//! An app that starts on a disk whose state, record of the launch before, and list of a bundle's
//! files are what an input says.
//!
//! An input has up to four parts with an ASCII record separator between them: `state.a`, `state.b`,
//! the list of the first bundle's files, and `starts`. An empty part means no such file; for the
//! list, the right one.
#![no_main]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use live_updater::{Storage, fuzzing};
use storage_simulator::SimulatedDisk;

const SEPARATOR: u8 = 0x1e;
/// Two bundles that are whole, and one whose `index.html` is missing.
const BUNDLES: [&str; 3] = [
    "00000000000000000000000000000001",
    "00000000000000000000000000000002",
    "00000000000000000000000000000003",
];
const FILES: [(&str, &str); 2] = [
    ("app.js", "LiveUpdater.notifyAppReady()"),
    (
        "index.html",
        "<!doctype html><script src=\"app.js\"></script>",
    ),
];
const LIST: &str = "\
    f761174ab96eed14758be0b42af3eaf0472ee760434ac462098b0c4395985f67 28 app.js\n\
    62a4beec2cdd9acb9324ea79ad2ab0f7205b228d2b4f8815eafca12c0cf249df 45 index.html\n";

static BEFORE: LazyLock<SimulatedDisk> = LazyLock::new(disk_with_bundles);

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let disk = BEFORE.copy();
    let mut parts = input.splitn(4, |byte| *byte == SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    for name in ["state.a", "state.b"] {
        write(&disk, name, fuzzing::slot(part()));
    }
    let list = Some(part()).filter(|list| !list.is_empty());
    let path = folder(BUNDLES[0]) + "/files";
    write(&disk, &path, list.map(<[u8]>::to_vec));
    write(&disk, "starts", fuzzing::starts(part()));
    fuzzing::launch(Arc::new(disk.mount()));
});

fn disk_with_bundles() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let storage = disk.mount();
    for id in BUNDLES {
        let folder = folder(id);
        let www = folder.clone() + "/www";
        storage
            .create_dir_all(Path::new(&www))
            .expect("an empty disk");
        disk.write(folder + "/files", LIST.as_bytes());
        for (name, content) in FILES {
            disk.write(format!("{www}/{name}"), content.as_bytes());
        }
    }
    disk.remove(folder(BUNDLES[2]) + "/www/index.html");
    disk
}

fn folder(id: &str) -> String {
    format!("bundles/{id}")
}

fn write(disk: &SimulatedDisk, path: &str, bytes: Option<Vec<u8>>) {
    if let Some(bytes) = bytes {
        disk.write(path, &bytes);
    }
}
