//! What the mock server offers: a version for each channel, with what is special about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Result;
use crate::install::succeed;

const MEGABYTE: usize = 1 << 20;

/// Makes the bundles, unless they are there; gives their folder.
pub(super) fn make(program: &Path, folder: &Path) -> Result<PathBuf> {
    let ready = folder.join("ready");
    // This file says what is made; another version of it makes something else.
    let recipe = include_str!("bundles.rs");
    if fs::read_to_string(&ready).is_ok_and(|made| made == recipe) {
        return Ok(folder.to_owned());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let bundles = Bundles { program, folder };
    bundles.pack("small", "1.1.0", &[], &Value::Null)?;
    bundles.pack("other", "1.2.0", &[], &Value::Null)?;
    bundles.pack(
        "changed",
        "1.3.0",
        &[],
        &json!({"checksum": "0".repeat(64)}),
    )?;
    bundles.pack("gated", "1.6.0", &[], &json!({"minAppVersion": "9.0.0"}))?;
    let limited = json!({"downloadUrl": "/api/v1/bundles/1.7.0?fault=status=429,retry-after=120"});
    bundles.pack("limited", "1.7.0", &[], &limited)?;
    // One and a half seconds, in which progress is told and a call can be cancelled.
    let slowly = json!({"downloadUrl": "/api/v1/bundles/3.0.0?fault=drip=200000"});
    bundles.pack("slow", "3.0.0", &[300_000], &slowly)?;
    bundles.pack("large", "2.0.0", &[MEGABYTE / 4; 200], &Value::Null)?;
    fs::write(folder.join("1.4.0.zip"), noise(1000, 4))?;
    bundles.zip_without_index("1.5.0")?;
    let channels = json!({
        "small": "1.1.0", "other": "1.2.0", "changed": "1.3.0", "garbage": "1.4.0",
        "empty": "1.5.0", "gated": "1.6.0", "limited": "1.7.0", "large": "2.0.0", "slow": "3.0.0",
    });
    fs::write(folder.join("channels.json"), channels.to_string())?;
    fs::write(ready, recipe)?;
    Ok(folder.to_owned())
}

struct Bundles<'a> {
    program: &'a Path,
    folder: &'a Path,
}

impl Bundles<'_> {
    /// A page that names its version, beside files of these sizes that don't compress.
    fn pack(&self, name: &str, version: &str, sizes: &[usize], metadata: &Value) -> Result<()> {
        let source = self.folder.join(name);
        fs::create_dir_all(&source)?;
        let page = format!("<script>LiveUpdater.notifyAppReady()</script><p>{name} {version}");
        fs::write(source.join("index.html"), page)?;
        for (number, size) in sizes.iter().enumerate() {
            fs::write(source.join(format!("{number}.bin")), noise(*size, number))?;
        }
        let mut pack = Command::new(self.program);
        pack.args(["pack", "--json", "--out"])
            .arg(self.folder.join(format!("{version}.zip")))
            .arg(&source);
        succeed(pack.stdout(std::process::Stdio::null()))?;
        fs::remove_dir_all(source)?;
        if !metadata.is_null() {
            fs::write(
                self.folder.join(format!("{version}.json")),
                metadata.to_string(),
            )?;
        }
        Ok(())
    }

    fn zip_without_index(&self, version: &str) -> Result<()> {
        let source = self.folder.join("empty");
        fs::create_dir_all(&source)?;
        fs::write(source.join("page.html"), "<p>not the first page")?;
        let mut zip = Command::new("zip");
        zip.args(["--quiet", "--recurse-paths"])
            .arg(self.folder.join(format!("{version}.zip")))
            .arg(".")
            .current_dir(&source);
        succeed(&mut zip)?;
        Ok(fs::remove_dir_all(source)?)
    }
}

/// Bytes without a pattern, the same for the same seed.
fn noise(count: usize, seed: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}
