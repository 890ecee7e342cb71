//! The real `@capgo/cli` makes keys, zips and encrypted bundles; the device installs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::capgo_server::CapgoServer;
use crate::support::{Node, Phone};

#[test]
fn a_bundle_that_capgos_cli_has_encrypted_is_installed_byte_for_byte() {
    let Some(project) = Project::new() else {
        return;
    };
    let server = CapgoServer::start();
    let sealed = project.encrypt();
    server.put("/bundle.zip", &sealed.bytes);
    server.say(sealed.offer(&server));
    server.answer("POST /stats", 200, &[], json!({"status": "ok"}));
    let phone = project.phone(&server, project.trust());

    let process = phone.start();
    let installed = phone.sync_and_try(process);
    Phone::assert_same_files(&installed, &project.www());

    // The server finds an app's bundles by the beginning of its key.
    let key = project.public_key();
    let body: String = key.lines().skip(1).take(1).collect();
    let told = &server.heard("POST /updates")[0].body["key_id"];
    assert_eq!(told.as_str().unwrap(), &body[..20]);
}

#[test]
fn a_bundle_that_capgos_cli_has_zipped_is_installed_byte_for_byte() {
    let Some(project) = Project::new() else {
        return;
    };
    let server = CapgoServer::start();
    let zipped = project.zip();
    server.put(
        "/bundle.zip",
        &fs::read(project.path(&zipped["filename"])).unwrap(),
    );
    server.say(json!({
        "version": "1.2.3",
        "url": server.url("/bundle.zip"),
        "checksum": zipped["checksum"],
        "session_key": "",
    }));
    let phone = project.phone(&server, json!({"mode": "unsigned"}));
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &project.www());
}

#[test]
fn a_bundle_that_was_encrypted_for_another_app_is_refused() {
    let (Some(project), Some(stranger)) = (Project::new(), Project::new()) else {
        return;
    };
    let server = CapgoServer::start();
    let sealed = stranger.encrypt();
    server.put("/bundle.zip", &sealed.bytes);
    server.say(sealed.offer(&server));
    let phone = project.phone(&server, project.trust());
    let mut process = phone.start();
    let refused = process.call("sync", json!({})).unwrap_err();
    assert!(
        format!("{refused:?}").contains("signature_invalid"),
        "{refused:?}"
    );
    phone.assert_nothing_installed(&mut process);
    assert!(server.heard("GET /bundle.zip").is_empty());
}

/// A Capacitor app of somebody who uses Capgo, with a key of its own.
struct Project {
    folder: TempDir,
    node: Node,
}

struct Sealed {
    bytes: Vec<u8>,
    told: Value,
}

impl Project {
    /// `None` where the CLI is missing; the test is skipped then, and says so.
    fn new() -> Option<Self> {
        let project = Self {
            node: Node::find()?,
            folder: TempDir::new().unwrap(),
        };
        let www = project.www();
        fs::create_dir_all(www.join("assets")).unwrap();
        fs::write(
            www.join("index.html"),
            "<script src=assets/app.js></script>",
        )
        .unwrap();
        let script = "notifyAppReady();".repeat(20_000);
        fs::write(www.join("assets/app.js"), script).unwrap();
        let write = |path: &str, content: Value| {
            let path = project.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content.to_string()).unwrap();
        };
        // The CLI looks at which plugin the app has, and at nothing else of it.
        let plugin = "@capgo/capacitor-updater";
        write(
            "package.json",
            json!({"version": "1.2.3", "dependencies": {plugin: "8.51.23"}}),
        );
        write(
            &format!("node_modules/{plugin}/package.json"),
            json!({"name": plugin, "version": "8.51.23"}),
        );
        write(
            "capacitor.config.json",
            json!({"appId": "com.example.app", "appName": "App", "webDir": "www"}),
        );
        // It asks at the end whether to go on with the app's native project, and gets no answer.
        project.capgo(&["key", "create", "--force"]);
        Some(project)
    }

    fn zip(&self) -> Value {
        let path = self.www();
        let path = path.to_str().unwrap();
        let options = ["--bundle", "1.2.3", "--key-v2", "--json"];
        let zip = ["bundle", "zip", "com.example.app", "--path", path];
        serde_json::from_str(&self.capgo(&[&zip[..], &options[..]].concat())).unwrap()
    }

    fn encrypt(&self) -> Sealed {
        let zipped = self.zip();
        let (zip, checksum) = (text(&zipped["filename"]), text(&zipped["checksum"]));
        let key = ["--key", ".capgo_key_v2", "--json"];
        let encrypt = ["bundle", "encrypt", zip, checksum];
        let told = self.capgo(&[&encrypt[..], &key[..]].concat());
        let told: Value = serde_json::from_str(&told).unwrap();
        Sealed {
            bytes: fs::read(self.path(&told["filename"])).unwrap(),
            told,
        }
    }

    /// Runs the CLI in the project; what it printed.
    fn capgo(&self, arguments: &[&str]) -> String {
        let cli = self.node.package("@capgo/cli/dist/index.js");
        let output = Command::new(self.node.program())
            .arg(cli)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CI", "1")
            // It would write into this user's home, and ask for newer versions of itself.
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn phone(&self, server: &CapgoServer, trust: Value) -> Phone {
        Phone::new(&server.url("/updates"))
            .with("source", json!("capgo"))
            .with("platform", json!("android"))
            .with("statsUrl", json!(server.url("/stats")))
            .with("trust", trust)
    }

    /// What the app's configuration has for it.
    fn trust(&self) -> Value {
        json!({"mode": "capgo", "keys": [{"key": self.public_key()}]})
    }

    fn public_key(&self) -> String {
        fs::read_to_string(self.folder.path().join(".capgo_key_v2.pub")).unwrap()
    }

    fn www(&self) -> PathBuf {
        self.folder.path().join("www")
    }

    fn path(&self, name: &Value) -> PathBuf {
        self.folder.path().join(Path::new(text(name)))
    }
}

impl Sealed {
    fn offer(&self, server: &CapgoServer) -> Value {
        json!({
            "version": "1.2.3",
            "url": server.url("/bundle.zip"),
            "checksum": self.told["checksum"],
            "session_key": self.told["ivSessionKey"],
        })
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
