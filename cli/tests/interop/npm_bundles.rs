//! Real web apps, zipped by the packages that the field zips with, and by our own `pack`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mock_update_server::MockServer;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bundle, Node, Phone, is_there, read_folder, run};

/// Folders of npm packages that hold a built web app.
const APPS: [&str; 3] = [
    "swagger-ui-dist",
    "@signalk/freeboard-sk/public",
    "@actual-app/web/build",
];

const LIST_WITH_PYTHON: &str = "
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps({name: hashlib.sha256(archive.read(name)).hexdigest()
                      for name in archive.namelist()}))
";

#[test]
fn a_bundle_made_by_adm_zip_is_installed_byte_for_byte() {
    let Some(node) = Node::find() else {
        return;
    };
    for app in APPS {
        let source = node.package(app);
        let folder = TempDir::new().unwrap();
        let zip = folder.path().join("app-1.2.3.zip");
        let made = node.run("zip.js", &[&source, &zip]);
        assert_eq!(made["size"], fs::metadata(&zip).unwrap().len());

        let server = MockServer::builder(folder.path()).start_blocking().unwrap();
        let mut offered = server.release("1.2.3").unwrap();
        offered.checksum = Some(made["checksum"].as_str().unwrap().to_owned());
        server.offer(offered);
        assert_device_installs(&server, &source);
    }
}

#[test]
fn a_bundle_made_by_pack_is_installed_byte_for_byte() {
    let Some(node) = Node::find() else {
        return;
    };
    for app in APPS {
        let source = node.package(app);
        let folder = TempDir::new().unwrap();
        Bundle::pack(&source, &folder.path().join("app-1.2.3.zip"));
        let server = MockServer::builder(folder.path()).start_blocking().unwrap();
        assert_device_installs(&server, &source);
    }
}

#[test]
fn pack_writes_the_same_bytes_twice_and_other_tools_open_them() {
    let Some(node) = Node::find() else {
        return;
    };
    for app in APPS {
        let packed = Packed::new(node.package(app));
        packed.assert_the_same_when_packed_again();
        packed.assert_adm_zip_opens_it(&node);
        if is_there("python3") {
            packed.assert_python_opens_it();
        }
        if is_there("unzip") && is_there("sha256sum") {
            packed.assert_unzip_opens_it_and_sha256sum_accepts_the_list();
        }
    }
}

/// Check, download, verification, unpacking, trial, ready, and the report of it.
fn assert_device_installs(server: &MockServer, source: &Path) {
    let phone = Phone::new(&server.url());
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, source);

    let mut process = phone.start();
    let current = process.call("current", json!({})).unwrap();
    assert_eq!(current["bundle"]["version"], "1.2.3");
    assert_eq!(current["bundle"]["status"], "success");
    let id = current["bundle"]["id"].clone();
    let verified = process.call("verify", json!({"id": id})).unwrap();
    assert_eq!(verified, json!({"ok": true, "damaged": []}));
    process.call("flush", json!({})).unwrap();
    // The app's death may have come before the server's answer: then the same report comes again.
    let mut reports = server.confirmations();
    reports.dedup();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].success);
}

/// A web app that `pack` packed.
struct Packed {
    source: PathBuf,
    bundle: Bundle,
    folder: TempDir,
}

impl Packed {
    fn new(source: PathBuf) -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            bundle: Bundle::pack(&source, &folder.path().join("app.zip")),
            source,
            folder,
        }
    }

    fn assert_the_same_when_packed_again(&self) {
        let again = Bundle::pack(&self.source, &self.folder.path().join("again.zip"));
        assert!(fs::read(again.zip).unwrap() == fs::read(&self.bundle.zip).unwrap());
    }

    fn assert_adm_zip_opens_it(&self, node: &Node) {
        self.assert_same_hashes(&node.run("entries.js", &[&self.bundle.zip]));
    }

    fn assert_python_opens_it(&self) {
        let entries = run(Command::new("python3")
            .args(["-c", LIST_WITH_PYTHON])
            .arg(&self.bundle.zip));
        self.assert_same_hashes(&serde_json::from_str(&entries).unwrap());
    }

    fn assert_unzip_opens_it_and_sha256sum_accepts_the_list(&self) {
        let unpacked = self.folder.path().join("unpacked");
        run(Command::new("unzip")
            .arg("-q")
            .arg(&self.bundle.zip)
            .arg("-d")
            .arg(&unpacked));
        Phone::assert_same_files(&unpacked, &self.source);

        let list = self.bundle.zip.with_extension("zip.files");
        let mut check = Command::new("sha256sum");
        check
            .args(["--check", "--strict"])
            .arg(&list)
            .current_dir(&unpacked);
        let checked = run(&mut check);
        assert_eq!(checked.lines().count(), read_folder(&unpacked).len());

        // The list is worth something only if it finds what was changed.
        fs::write(unpacked.join("index.html"), "changed").unwrap();
        assert_eq!(check.output().unwrap().status.code(), Some(1));
    }

    /// Asserts that another tool found the source's files in the zip, and nothing else. The list
    /// that `pack` wrote says what they are, and `sha256sum` confirms that list.
    fn assert_same_hashes(&self, entries: &Value) {
        let entries: BTreeMap<String, String> = serde_json::from_value(entries.clone()).unwrap();
        let list = fs::read_to_string(self.bundle.zip.with_extension("zip.files")).unwrap();
        let listed: BTreeMap<String, String> = list
            .lines()
            .map(|line| line.split_once("  ").unwrap())
            .map(|(hash, name)| (name.to_owned(), hash.to_owned()))
            .collect();
        assert_eq!(entries, listed);
        assert!(entries.keys().eq(read_folder(&self.source).keys()));
    }
}
