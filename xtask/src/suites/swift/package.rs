//! Lays out the Swift package that is tested on Linux.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Result;
use crate::workspace::Workspace;

/// Folders of the project, and where they go in the package.
const FOLDERS: [(&str, &str); 7] = [
    ("ios/Tests/OnLinux", ""),
    ("ios/Tests/Stubs", "Stubs"),
    ("ios/Tests/Workshop", "Workshop"),
    ("ios/Tests/Example", "Example"),
    ("ios/Tests/LiveUpdaterCoreTests", "LiveUpdaterCoreTests"),
    ("ios/Tests/LiveUpdaterPluginTests", "LiveUpdaterPluginTests"),
    ("ios/Sources/LiveUpdaterPlugin", "LiveUpdaterPlugin"),
];

pub(super) struct Package {
    pub(super) folder: PathBuf,
}

impl Package {
    /// Copies everything to `folder`. What is the same there stays untouched, so that only what
    /// changed is compiled.
    pub(super) fn lay_out(workspace: &Workspace, library: &Path, folder: &Path) -> Result<Self> {
        let mut layout = Layout {
            folder,
            kept: BTreeSet::new(),
        };
        for (from, to) in FOLDERS {
            layout.copy_folder(&workspace.root.join(from), Path::new(to))?;
        }
        let bindings = workspace.root.join("bindings/swift");
        layout.copy(
            &bindings.join("LiveUpdaterCore.swift"),
            "LiveUpdaterCore/LiveUpdaterCore.swift",
        )?;
        let header = "LiveUpdaterCoreFFI/include/LiveUpdaterCoreFFI.h";
        layout.copy(&bindings.join("LiveUpdaterCoreFFI.h"), header)?;
        layout.copy(
            &workspace.root.join("Package.swift"),
            "Manifest/Package.swift",
        )?;
        let privacy = "ios/Sources/LiveUpdaterPlugin/PrivacyInfo.xcprivacy";
        layout.copy(&workspace.root.join(privacy), "PrivacyInfo.xcprivacy")?;
        layout.copy(library, "lib/liblive_updater_ffi.so")?;
        layout.remove_others(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }
}

struct Layout<'a> {
    folder: &'a Path,
    /// What belongs to the package.
    kept: BTreeSet<PathBuf>,
}

impl Layout<'_> {
    fn copy_folder(&mut self, from: &Path, to: &Path) -> Result<()> {
        for entry in fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))? {
            let path = entry?.path();
            let to = to.join(path.file_name().unwrap_or_default());
            if path.is_dir() {
                self.copy_folder(&path, &to)?;
            } else if to.starts_with("LiveUpdaterPlugin") {
                self.copy_plugin_file(&path, &to)?;
            } else {
                self.copy(&path, to)?;
            }
        }
        Ok(())
    }

    /// Without the attributes of Objective-C, which only Apple's compilers know. In their place
    /// comes a table of what they would expose.
    fn copy_plugin_file(&mut self, from: &Path, to: &Path) -> Result<()> {
        if from
            .extension()
            .is_none_or(|extension| extension != "swift")
        {
            return Ok(());
        }
        let source = fs::read_to_string(from)?;
        self.write(to, without_objective_c(&source).as_bytes())?;
        let methods = exposed_methods(&source);
        if !methods.is_empty() {
            let table = Path::new("LiveUpdaterPlugin/Exposed.swift");
            self.write(table, table_of(&methods).as_bytes())?;
        }
        Ok(())
    }

    fn copy(&mut self, from: &Path, to: impl AsRef<Path>) -> Result<()> {
        let bytes = fs::read(from).map_err(|error| format!("{}: {error}", from.display()))?;
        self.write(to.as_ref(), &bytes)
    }

    fn write(&mut self, to: &Path, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(to);
        self.kept.insert(path.clone());
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(fs::write(path, bytes)?)
    }

    /// A source that is gone from the project mustn't be compiled.
    fn remove_others(&self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let is_build = path.file_name().is_some_and(|name| name == ".build");
            if path.is_dir() && !is_build {
                self.remove_others(&path)?;
            } else if path
                .extension()
                .is_some_and(|extension| extension == "swift")
                && !self.kept.contains(&path)
            {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn without_objective_c(source: &str) -> String {
    let mut lines = String::new();
    for line in source.lines() {
        if !line.starts_with("@objc(") {
            lines.push_str(&line.replace("@objc func ", "func "));
        }
        lines.push('\n');
    }
    lines
}

/// Methods that Capacitor can call: those that Objective-C sees.
fn exposed_methods(source: &str) -> Vec<&str> {
    source
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("@objc func "))
        .filter_map(|rest| rest.split_once("(_ call: CAPPluginCall)"))
        .map(|(name, _)| name)
        .collect()
}

fn table_of(methods: &[&str]) -> String {
    let entries: String = methods
        .iter()
        .map(|name| format!("        \"{name}\": {{ plugin in {{ plugin.{name}($0) }} }},\n"))
        .collect();
    format!(
        "import Capacitor\n\n\
         extension LiveUpdaterPlugin {{\n    \
         static let exposed: [String: (LiveUpdaterPlugin) -> (CAPPluginCall) -> Void] = [\n\
         {entries}    ]\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "@objc(Name)\npublic class Name {\n    @objc func go(_ call: CAPPluginCall) {\n    func stay() {\n";

    #[test]
    fn only_the_attributes_go_and_lines_keep_their_numbers() {
        assert_eq!(
            without_objective_c(SOURCE),
            "\npublic class Name {\n    func go(_ call: CAPPluginCall) {\n    func stay() {\n"
        );
    }

    #[test]
    fn the_table_has_what_objective_c_sees() {
        assert_eq!(exposed_methods(SOURCE), ["go"]);
        assert!(table_of(&["go"]).contains("\"go\": { plugin in { plugin.go($0) } },"));
    }
}
