//! The Swift bindings and the iOS half of the plugin on Linux: Debian's Swift in a chroot, against
//! the real library and a real server. What Apple's systems would bring is played by stubs.

mod bundles;
mod capacitor;
mod channels;
mod manifests;
mod package;
mod server;
mod xctest;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{Outcome, Result, Run, Suite, Tally};
use crate::chroot::{Chroot, PLACE, Toolchain};
use crate::install::{NpmPackages, Tool};
use crate::native;
use crate::workspace::Workspace;
use channels::ChannelServer;
use package::Package;
use server::MockServer;

pub(super) const SUITE: Suite = Suite {
    name: "swift",
    tools: &[
        Tool::new("debootstrap", "debootstrap"),
        Tool::new("unshare", "util-linux"),
        Tool::new("zip", "zip"),
        Tool::new("node", "nodejs"),
        Tool::new("npm", "npm"),
    ],
    packages: &[NpmPackages::PLUGIN],
    runs_without_tools: false,
    by_default: false,
    run,
};

const SWIFT: Toolchain = Toolchain {
    name: "Swift",
    folder: "swift-chroot",
    variable: "LIVE_UPDATER_SWIFT_CHROOT",
    stamp: "live-updater-swift",
    packages: &[
        "swiftlang",
        "libc6-dev",
        "libstdc++-14-dev",
        "libgcc-14-dev",
    ],
    cost: "1.5 minutes and 2.7 GB",
    command: "cargo xtask test swift --install",
};

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let chroot = Chroot::new(run.workspace, &SWIFT);
    if run.has_tools {
        chroot.make()?;
    } else if let Err(lack) = chroot.is_usable() {
        tally.note(SUITE.name, Outcome::Skipped(lack));
        return Ok(());
    }
    let native = native::build()?;
    let folder = run.workspace.target.join("swift");
    let bundles = bundles::make(&native.program(), &folder.join("bundles"))?;
    let server = MockServer::start(&native.program(), &bundles)?;
    let channels = ChannelServer::start()?;
    let package = Package::lay_out(run.workspace, &native.library(), &folder.join("package"))?;

    let mut tests = chroot.command(&package.folder, "swift test --disable-swift-testing 2>&1");
    tests
        .env("LIVE_UPDATER_TEST_SERVER", &server.url)
        .env("LIVE_UPDATER_TEST_CHANNELS", channels.url());
    xctest::run(&mut tests, tally)?;

    note(
        tally,
        "documented_example_updates_an_app",
        example(&chroot, &package, &server.url),
    );
    note(
        tally,
        "page_script_tells_its_token",
        page_script(run.workspace, &package),
    );
    note(
        tally,
        "plugin_compiles_as_one_pod",
        one_pod(&chroot, &package),
    );
    note(tally, "manifest_is_read", manifest(&chroot, &package));
    let capacitor = capacitor::check(run.workspace);
    note(tally, "stubs_are_as_capacitor_is", capacitor);
    Ok(())
}

fn note(tally: &mut Tally, name: &str, result: Result<()>) {
    let name = format!("swift::{name}");
    let outcome = match result {
        Ok(()) => Outcome::Passed,
        Err(problem) => {
            println!("{name}: {problem}");
            Outcome::Failed
        }
    };
    tally.note(&name, outcome);
}

/// Runs the program of docs/swift.md twice, as an app is started twice: the first start brings the
/// update, the second one shows it.
fn example(chroot: &Chroot, package: &Package, server: &str) -> Result<()> {
    let config = json!({
        "appId": "com.example.app",
        "updateUrl": server,
        "channel": "small",
        "trust": {"mode": "unsigned"},
    });
    fs::write(package.folder.join("live-updater.json"), config.to_string())?;
    let program = ".build/debug/Example";
    let script = format!("rm -rf updates; {program}; {program}");
    let said = said(&mut chroot.command(&package.folder, &script))?;
    let shown = format!("show {PLACE}/updates/bundles/");
    let expected = ["show builtin", "sync: downloaded", &shown, "sync: upToDate"];
    let mut rest = &*said;
    for line in expected {
        let Some((_, after)) = rest.split_once(line) else {
            return Err(format!("it never says \"{line}\":\n{said}").into());
        };
        rest = after;
    }
    Ok(())
}

/// The script that a test has found in a page, in a window without a browser.
fn page_script(workspace: &Workspace, package: &Package) -> Result<()> {
    let mut node = Command::new("node");
    node.arg(workspace.root.join("ios/Tests/page-script.mjs"))
        .arg(package.folder.join("page-script.js"));
    said(&mut node).map(drop)
}

/// CocoaPods makes one module of the plugin and the bindings.
fn one_pod(chroot: &Chroot, package: &Package) -> Result<()> {
    let script = "
        mkdir -p .build/pod
        for module in Journal UIKit WebKit Capacitor; do
            cp .build/debug/Modules/$module.swiftmodule .build/pod
        done
        swiftc -typecheck -swift-version 5 -module-name CapacitorLiveUpdater -I .build/pod \
            -I LiveUpdaterCoreFFI/include LiveUpdaterPlugin/*.swift LiveUpdaterCore/*.swift";
    said(&mut chroot.command(&package.folder, script)).map(drop)
}

/// Package.swift, by the package manager itself. Its dependencies are only for Apple's systems.
fn manifest(chroot: &Chroot, package: &Package) -> Result<()> {
    let script = "swift package dump-package --package-path Manifest";
    let dump: Value = serde_json::from_str(&said(&mut chroot.command(&package.folder, script))?)?;
    if dump["products"][0]["name"] != dump["name"] {
        return Err("Capacitor wants a product that is called as the package".into());
    }
    Ok(())
}

/// What a command says; where it fails, all it says is the error.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}:\n{said}{errors}", output.status).into());
    }
    Ok(said)
}
