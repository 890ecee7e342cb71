//! Bundles zipped by what every build machine has: Info-ZIP's `zip`, and Python.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mock_update_server::MockServer;
use tempfile::TempDir;

use crate::support::{Phone, is_there, run};

#[test]
fn a_bundle_made_by_zip_is_installed() {
    if !is_there("zip") {
        return;
    }
    let site = Site::new();
    run(zip().arg(site.bundle()).arg(".").current_dir(site.app()));
    site.assert_device_installs();
}

#[test]
fn a_bundle_made_by_zip_with_the_folder_around_it_is_installed_without_it() {
    if !is_there("zip") {
        return;
    }
    let site = Site::new();
    let around = site.app().parent().unwrap().to_owned();
    run(zip().arg(site.bundle()).arg("dist").current_dir(around));
    site.assert_device_installs();
}

#[test]
fn a_bundle_that_zip_wrote_to_a_pipe_is_installed() {
    if !is_there("zip") {
        return;
    }
    let site = Site::new();
    // Without a way back, sizes and CRCs stand behind the bytes.
    let command = format!("zip -qr - . | cat > '{}'", site.bundle().display());
    run(Command::new("sh")
        .args(["-c", &command])
        .current_dir(site.app()));
    site.assert_device_installs();
}

#[test]
fn a_bundle_made_by_python_is_installed() {
    if !is_there("python3") {
        return;
    }
    let site = Site::new();
    let script = "import shutil, sys; shutil.make_archive(sys.argv[1][:-4], 'zip', sys.argv[2])";
    run(Command::new("python3")
        .args(["-c", script])
        .arg(site.bundle())
        .arg(site.app()));
    site.assert_device_installs();
}

/// A web build, and the folder of a server.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            folder: TempDir::new().unwrap(),
        };
        for (name, text) in [
            ("index.html", "<script src=assets/app.js></script>"),
            ("assets/app.js", "notifyAppReady()"),
            ("assets/empty.txt", ""),
            ("assets/日本/ü.txt", "ü"),
            (".well-known/assetlinks.json", "[]"),
        ] {
            let path = site.app().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.repeat(1000)).unwrap();
        }
        fs::create_dir(site.folder.path().join("bundles")).unwrap();
        site
    }

    fn app(&self) -> PathBuf {
        self.folder.path().join("build/dist")
    }

    fn bundle(&self) -> PathBuf {
        self.folder.path().join("bundles/app-1.2.3.zip")
    }

    fn assert_device_installs(&self) {
        let bundles = self.folder.path().join("bundles");
        let server = MockServer::builder(bundles).start_blocking().unwrap();
        let phone = Phone::new(&server.url());
        let installed = phone.sync_and_try(phone.start());
        Phone::assert_same_files(&installed, &self.app());
    }
}

fn zip() -> Command {
    let mut zip = Command::new("zip");
    zip.arg("-qr");
    zip
}
