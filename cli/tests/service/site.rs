//! `live-updater serve` as a process, and a workshop whose commands find it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use device_process::{Device, Process};
use serde_json::{Value, json};

use crate::support::{Run, Workshop};

pub(crate) const APP: &str = "com.example.app";

/// A service on this machine, which ends with this.
pub(crate) struct Site {
    pub(crate) workshop: Workshop,
    pub(crate) url: String,
    process: Child,
}

impl Site {
    /// A service that is empty, and a web build in `dist`; `.live-updater.json` names the app.
    pub(crate) fn new() -> Self {
        let workshop = Workshop::with_build();
        workshop.write(
            ".live-updater.json",
            format!(r#"{{"appId": "{APP}"}}"#).as_bytes(),
        );
        let data = workshop.path("updates");
        Self::on(workshop, &data)
    }

    /// Another service, on a folder of this one's workshop.
    pub(crate) fn restored(&self, folder: &str) -> Self {
        Self::on(Workshop::with_build(), &self.path(folder))
    }

    fn on(workshop: Workshop, data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["serve", "--port", "0", "--json", "--data"])
            .arg(data)
            .current_dir(workshop.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        Self {
            workshop,
            url: started["url"].as_str().unwrap().to_owned(),
            process,
        }
    }

    /// A site with keys in `keys`.
    pub(crate) fn with_keys() -> Self {
        let site = Self::new();
        site.workshop.json("keygen --out keys");
        site
    }

    /// Runs a command at the service.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.workshop.run(&format!("{arguments} --data updates"))
    }

    /// Runs a command at the service, which must succeed, and reads its JSON.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        self.workshop.json(&format!("{arguments} --data updates"))
    }

    /// Runs a command at the service, which must fail so.
    #[track_caller]
    pub(crate) fn fails(&self, arguments: &str, exit: i32, code: &str) -> String {
        let run = self.run(&format!("--json {arguments}"));
        run.assert_error(exit, code);
        run.value()["error"]["message"].as_str().unwrap().to_owned()
    }

    /// Publishes another build under a version.
    pub(crate) fn publish(&self, version: &str, rest: &str) -> Value {
        self.build(version);
        self.json(&format!("publish dist --version {version} {rest}"))
    }

    /// Changes the build, so that its bundle is another.
    pub(crate) fn build(&self, text: &str) {
        let page = format!("<script>LiveUpdater.notifyAppReady()</script>{text}");
        self.workshop.write("dist/index.html", page.as_bytes());
    }

    /// A device with the app, which trusts whom `trust` says.
    pub(crate) fn device(&self, name: &str, trust: &Value) -> Process {
        let config = json!({
            "appId": APP,
            "updateUrl": self.url,
            "deviceId": name,
            "platform": "android",
            "trust": trust,
            "allowDowngrade": true,
        });
        let root = self.workshop.path(&format!("devices/{name}"));
        fs::create_dir_all(&root).unwrap();
        let program = env!("CARGO_BIN_EXE_live-updater");
        let mut process = Device::new(program, root, &config).start().unwrap();
        process.call("launch", json!({})).unwrap();
        process
    }

    /// What a device would trust that pins the key in `keys`.
    pub(crate) fn trust(&self, mode: &str) -> Value {
        let key = fs::read_to_string(self.workshop.path("keys/live-updater.public.pem"));
        json!({ "mode": mode, "keys": [{ "key": key.unwrap() }] })
    }

    /// The version that an unsigned device is offered.
    pub(crate) fn offered(&self) -> Value {
        let trust = json!({ "mode": "unsigned" });
        let mut device = self.device("asks", &trust);
        let latest = device.call("getLatest", json!({})).unwrap();
        device.kill().unwrap();
        fs::remove_dir_all(self.workshop.path("devices/asks")).unwrap();
        latest["version"].clone()
    }

    pub(crate) fn key(&self) -> String {
        let key = fs::read_to_string(self.workshop.path("updates/first.key"));
        key.unwrap().trim().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.workshop.path(name)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All files of a folder tree, with their bytes, by their paths.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                found.push((name.to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
