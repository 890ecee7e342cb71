//! What schemathesis finds: a service with everything that can be asked about.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Result;
use crate::service::Service;

/// What the file's examples are about.
const APP: &str = "com.example.app";
const OLD: &str = "com.example.old";
const RIVAL: &str = "com.example.rival";
/// Whoever asks often is to be answered all the same: the limits have tests of their own.
const OPTIONS: [&str; 8] = [
    "--requests-per-minute",
    "10000000",
    "--device-requests-per-minute",
    "10000000",
    "--wrong-keys-per-minute",
    "10000000",
    "--max-bundle-bytes",
    "1000000",
];
/// A service with all that the file's examples are about, and keys of all kinds.
pub(super) struct Scene {
    pub(super) service: Service,
    /// The name of a bundle that is there.
    pub(super) file: String,
    /// One for each role, one for a single app, and another organisation's.
    pub(super) keys: Vec<String>,
}

impl Scene {
    pub(super) fn set(program: &Path, folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        let service = Service::start(program, &data, &OPTIONS)?;
        let scene = Stage {
            program,
            folder,
            service: &service,
        };
        let key = service.key.clone();
        for version in ["1.0.0", "1.1.0", "1.2.0", "9.9.9"] {
            scene.upload(&key, APP, version)?;
        }
        scene.upload(&key, OLD, "1.0.0")?;
        let path = format!("/api/v1/apps/{APP}");
        let channel = format!("{path}/channels/production/releases");
        scene.tell(&key, "POST", &channel, &json!({ "version": "1.0.0" }))?;
        let rollout = json!({ "version": "1.2.0", "rollout": 10 });
        scene.tell(&key, "POST", &channel, &rollout)?;
        let choosable = json!({ "selfSet": true });
        for name in ["beta", "old"] {
            scene.tell(&key, "PUT", &format!("{path}/channels/{name}"), &choosable)?;
        }
        let shown: Value =
            serde_json::from_slice(&service.ask(&key, &format!("{path}/bundles/1.0.0"), &[])?)?;
        let file = text(&shown, "r2_path")?;
        let mut keys = vec![key.clone()];
        for permission in ["read", "upload", "write"] {
            keys.push(scene.make_key(&json!({ "name": "n", "permission": permission }))?);
        }
        keys.push(scene.make_key(&json!({ "name": "n", "permission": "all", "appId": APP }))?);
        let rival = scene.tell(
            &key,
            "POST",
            "/api/v1/organisations",
            &json!({ "id": "rival" }),
        )?;
        let rival = text(&rival, "key")?;
        scene.upload(&rival, RIVAL, "1.0.0")?;
        keys.push(rival);
        Ok(Self {
            service,
            file,
            keys,
        })
    }
}

/// Where a scene is being set.
struct Stage<'a> {
    program: &'a Path,
    folder: &'a Path,
    service: &'a Service,
}

impl Stage<'_> {
    fn upload(&self, key: &str, app: &str, version: &str) -> Result<()> {
        let web = self.folder.join("web");
        let zip = self.folder.join(format!("{app}-{version}.zip"));
        fs::create_dir_all(&web)?;
        fs::write(
            web.join("index.html"),
            format!("<!doctype html><p>{app} {version}</p>"),
        )?;
        let mut pack = Command::new(self.program);
        pack.args(["--json", "pack", "--out"]).arg(&zip).arg(&web);
        let packed = pack.output()?;
        if !packed.status.success() {
            return Err(String::from_utf8_lossy(&packed.stdout).into());
        }
        let path = format!("/api/v1/apps/{app}/bundles/{version}");
        let zip = format!("@{}", zip.display());
        self.service
            .ask(key, &path, &["--request", "PUT", "--data-binary", &zip])?;
        Ok(())
    }

    fn tell(&self, key: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let answer = self
            .service
            .ask(key, path, &["--request", method, "--data", &body])?;
        Ok(serde_json::from_slice(&answer)?)
    }

    fn make_key(&self, wanted: &Value) -> Result<String> {
        text(
            &self.tell(&self.service.key, "POST", "/api/v1/keys", wanted)?,
            "key",
        )
    }
}

fn text(answer: &Value, name: &str) -> Result<String> {
    let text = answer[name].as_str();
    Ok(text
        .ok_or_else(|| format!("no {name} in {answer}"))?
        .to_owned())
}
