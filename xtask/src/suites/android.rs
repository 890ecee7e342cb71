//! The Android plugin: its class among Capacitor's own, on a phone that is a JVM and a browser.

use std::fs;
use std::path::{Path, PathBuf};

use super::javascript;
use super::jvm::{self, Jvm};
use super::node::Node;
use super::{Result, Run, Suite, Tally, run_tests};
use crate::install::{self, NpmPackages, Tool};
use crate::native::{self, Native};
use crate::workspace::Workspace;

pub(super) const SUITE: Suite = Suite {
    name: "android",
    tools: &[
        Tool::new("npm", "npm"),
        Tool::new("java", "openjdk-17-jdk-headless"),
        Tool::new("javac", "openjdk-17-jdk-headless"),
        Tool::new(jvm::JNA, "libjna-java"),
        Tool::new(JSON, "libandroid-json-org-java"),
        Tool::new(CHROMIUM, "chromium"),
    ],
    packages: &[
        NpmPackages::TOOLS,
        NpmPackages::PLUGIN,
        NpmPackages::EXAMPLE_APP,
    ],
    runs_without_tools: false,
    by_default: true,
    run,
};

/// What Android has in its own library.
const JSON: &str = "/usr/share/java/json-android.jar";
const CHROMIUM: &str = "/usr/bin/chromium";

const VITE: &str = "node_modules/vite/bin/vite.js";

/// Capacitor's parts that need more of Android than the stubs have, and that no test needs.
const LEFT_OUT: [&str; 3] = [
    "com/getcapacitor/AppUUID.java",
    "com/getcapacitor/cordova/",
    "com/getcapacitor/plugin/",
];
/// … but for the one that names the stored path.
const WEB_VIEW: &str = "com/getcapacitor/plugin/WebView.java";

/// The example app in versions that do something wrong, and some that don't.
const APPS: [(&str, &str); 7] = [
    ("1.0.0", ""),
    ("2.0.0", ""),
    ("2.0.0", "stale-ready"),
    ("2.0.0", "service-worker"),
    ("2.0.0", "hostile-worker"),
    ("3.0.0", "throws-before-ready"),
    ("3.0.0", "never-ready"),
];

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let native = native::build()?;
    javascript::compile(run.workspace)?;
    let rig = Rig::new(run.workspace);
    rig.build_apps()?;
    let classpath = rig.compile()?;
    rig.run_scenarios(&native, &classpath, run.cargo, tally)
}

struct Rig<'a> {
    workspace: &'a Workspace,
    jvm: Jvm,
    node: Node,
    /// Built for the tests, and what they leave.
    folder: PathBuf,
}

impl<'a> Rig<'a> {
    fn new(workspace: &'a Workspace) -> Self {
        Self {
            workspace,
            jvm: Jvm::new(workspace),
            node: Node::find(workspace),
            folder: workspace.target.join("android"),
        }
    }

    /// The plugin and the host program, Capacitor, and what all of them need.
    fn compile(&self) -> Result<Vec<PathBuf>> {
        let android = self.workspace.root.join("android");
        let mut java = jvm::java_sources(&android.join("tests/stubs"))?;
        java.extend(self.capacitor(&android.join("tests/stubs"))?);
        let capacitor = self.jvm.compile_java("capacitor", &java, &[JSON.into()])?;

        let mut classpath = vec![capacitor, self.jvm.bindings(self.workspace)?, JSON.into()];
        classpath.extend(self.jvm.libraries());
        let mut kotlin = jvm::sources(&android.join("src/main/java"))?;
        kotlin.extend(jvm::sources(&android.join("tests/host"))?);
        let plugin = self.jvm.compile("android", &kotlin, &classpath)?;
        classpath.insert(0, plugin);
        Ok(classpath)
    }

    /// Capacitor's own sources, without those that a stub takes the place of.
    fn capacitor(&self, stubs: &Path) -> Result<Vec<PathBuf>> {
        let folder = self
            .modules()
            .join("@capacitor/android/capacitor/src/main/java");
        let mut sources = jvm::java_sources(&folder)?;
        sources.retain(|source| {
            let name = source.strip_prefix(&folder).unwrap_or(source);
            let is_left_out = LEFT_OUT
                .iter()
                .any(|part| name.to_str().is_some_and(|name| name.starts_with(part)));
            let is_wanted = !is_left_out || name == Path::new(WEB_VIEW);
            is_wanted && !stubs.join(name).is_file()
        });
        Ok(sources)
    }

    fn modules(&self) -> PathBuf {
        NpmPackages::TOOLS.path(self.workspace).join("node_modules")
    }

    fn apps(&self) -> PathBuf {
        self.folder.join("apps")
    }

    fn build_apps(&self) -> Result<()> {
        let source = self.workspace.root.join("example-app");
        for (version, fault) in APPS {
            let name = match fault {
                "" => version.to_owned(),
                fault => format!("{version}-{fault}"),
            };
            let mut vite = self.node.run(&source.join(VITE), &source)?;
            vite.args(["build", "--emptyOutDir", "--logLevel", "warn", "--outDir"])
                .arg(self.apps().join(name))
                .env("VITE_BUNDLE_VERSION", version)
                .env("VITE_FAULT", fault);
            install::succeed(&mut vite)?;
        }
        Ok(())
    }

    fn run_scenarios(
        &self,
        native: &Native,
        classpath: &[PathBuf],
        names: &[String],
        tally: &mut Tally,
    ) -> Result<()> {
        let scratch = self.folder.join("scratch");
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(&scratch)?;
        let script = self.workspace.root.join("android/tests/browser/run.mjs");
        let mut node = self.node.run(&script, &scratch)?;
        // Arguments of cargo may be meant as well.
        node.args(names.iter().filter(|name| !name.starts_with('-')))
            .env("LIVE_UPDATER_PROGRAM", native.program())
            .env("LIVE_UPDATER_LIBRARY", &native.folder)
            .env("LIVE_UPDATER_CLASS_PATH", std::env::join_paths(classpath)?)
            .env("LIVE_UPDATER_APPS", self.apps())
            .env("LIVE_UPDATER_SCRATCH", &scratch)
            .env("LIVE_UPDATER_SCREENSHOTS", self.folder.join("screenshots"))
            .env("LIVE_UPDATER_NODE_MODULES", self.modules());
        run_tests(&mut node, tally)
    }
}
