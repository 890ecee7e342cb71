//! The library for Android, compiled and linked without the NDK: Debian's Rust, which brings the
//! sources of the standard library, a C compiler for the same processor, and LLVM's linker.
//!
//! Android's own libraries are played by empty ones, so what comes out can't be loaded by a phone.
//! But it is compiled for Android, linked with the options that an app's library is linked with,
//! and of the same size.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::{Outcome, Result, Run, Suite, Tally};
use crate::chroot::{Chroot, Toolchain};
use crate::elf::Library;
use crate::install::{Tool, succeed};
use crate::package;
use crate::workspace::{Workspace, files_below};

pub(super) const SUITE: Suite = Suite {
    name: "android-cross",
    tools: &[
        Tool::new("debootstrap", "debootstrap"),
        Tool::new("unshare", "util-linux"),
    ],
    packages: &[],
    runs_without_tools: false,
    by_default: false,
    run,
};

const RUST: Toolchain = Toolchain {
    name: "Rust for Android",
    folder: "android-chroot",
    variable: "LIVE_UPDATER_ANDROID_CHROOT",
    stamp: "live-updater-android",
    // Debian's `rustc` is older than what the dependencies want; this one follows the browsers.
    packages: &[
        "rustc-web",
        "cargo-web",
        "rust-web-src",
        "lld",
        "gcc",
        "libc6-dev",
        "gcc-aarch64-linux-gnu",
        "libc6-dev-arm64-cross",
    ],
    cost: "1.5 minutes and 1.6 GB",
    command: "cargo xtask test android-cross --install",
};

const TARGET: &str = "aarch64-linux-android";

/// What a phone downloads and keeps, for the processor that most have. It is a limit and no goal.
const MOST_BYTES: u64 = 3_200_000;

/// It starts in the project; `/out` is where what this makes lies.
const SCRIPT: &str = r#"
    mkdir -p /out/stubs
    for name in c m dl log; do
        aarch64-linux-gnu-gcc -x c /dev/null -shared -nostdlib -fuse-ld=lld \
            -Wl,-soname,lib$name.so -o /out/stubs/lib$name.so
    done
    rm -f /out/stubs/libunwind.a
    aarch64-linux-gnu-ar rcs /out/stubs/libunwind.a
    printf '#!/bin/sh\nexec aarch64-linux-gnu-gcc -fuse-ld=lld -nostdlib "$@"\n' > /out/linker
    chmod +x /out/linker
    export CARGO_HOME=/cargo CARGO_HTTP_CAINFO=/out/certificates.pem RUSTC_BOOTSTRAP=1
    export CC_aarch64_linux_android=aarch64-linux-gnu-gcc
    export AR_aarch64_linux_android=aarch64-linux-gnu-ar
    export CARGO_TARGET_AARCH64_LINUX_ANDROID_LINKER=/out/linker
    export CARGO_TARGET_AARCH64_LINUX_ANDROID_RUSTFLAGS='-L /out/stubs'
    nice cargo rustc --locked --package live-updater-ffi --lib --features capgo \
        --crate-type cdylib --profile mobile -Zbuild-std=std,panic_unwind --target aarch64-linux-android \
        --target-dir /out/target
"#;

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let chroot = Chroot::new(run.workspace, &RUST);
    if run.has_tools {
        chroot.make()?;
    } else if let Err(lack) = chroot.is_usable() {
        tally.note(SUITE.name, Outcome::Skipped(lack));
        return Ok(());
    }
    let library = library(run.workspace, &chroot)?;
    println!(
        "{TARGET}: {} bytes, aligned to {:#x}, needs {:?}",
        library.size, library.alignment, library.needed
    );
    let functions = package::functions(run.workspace)?;
    let mut problems = library.problems(functions.iter().map(String::as_str));
    if library.size > MOST_BYTES {
        problems.push(format!("{} bytes are more than {MOST_BYTES}", library.size));
    }
    for problem in &problems {
        println!("{problem}");
    }
    let outcome = if problems.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed
    };
    tally.note("android_cross::a_phone_could_load_the_library", outcome);
    Ok(())
}

/// Builds it, unless that was done from the very same sources.
fn library(workspace: &Workspace, chroot: &Chroot) -> Result<Library> {
    let out = workspace.target.join("android-check");
    let (stamp, built) = (
        out.join("built-from"),
        out.join("target")
            .join(TARGET)
            .join("mobile/liblive_updater_ffi.so"),
    );
    let sources = sources(workspace)?;
    if built.is_file() && fs::read_to_string(&stamp).is_ok_and(|before| before == sources) {
        println!("{TARGET}: built before from the same sources");
        return Library::read(&built);
    }
    fs::create_dir_all(&out)?;
    let home = cargo_home()?;
    let registry = home.join("registry");
    fs::create_dir_all(&registry)?;
    let certificates = std::env::var_os("CARGO_HTTP_CAINFO")
        .or_else(|| std::env::var_os("SSL_CERT_FILE"))
        .unwrap_or_else(|| "/etc/ssl/certs/ca-certificates.crt".into());
    fs::copy(certificates, out.join("certificates.pem"))?;
    let places = [(&*out, "out"), (&*registry, "cargo/registry")];
    succeed(&mut chroot.command_with(&workspace.root, SCRIPT, &places))?;
    fs::write(stamp, sources)?;
    Library::read(&built)
}

fn cargo_home() -> Result<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || Some(Path::new(&std::env::var_os("HOME")?).join(".cargo"));
    named
        .or_else(usual)
        .ok_or_else(|| "neither CARGO_HOME nor HOME is set".into())
}

/// All that the library is made of, a line each with a checksum.
fn sources(workspace: &Workspace) -> Result<String> {
    let mut files = vec![
        workspace.root.join("Cargo.toml"),
        workspace.root.join("Cargo.lock"),
        workspace.root.join("uniffi/Cargo.toml"),
        workspace.root.join("uniffi/build.rs"),
    ];
    files.extend(files_below(&workspace.root.join("src"))?);
    files.extend(files_below(&workspace.root.join("uniffi/src"))?);
    let mut lines = vec![format!("{}\n{SCRIPT}", RUST.packages.join(" "))];
    for file in files {
        let mut hasher = DefaultHasher::new();
        fs::read(&file)?.hash(&mut hasher);
        let name = file.strip_prefix(&workspace.root)?;
        lines.push(format!("{:016x}  {}", hasher.finish(), name.display()));
    }
    lines.sort_unstable();
    Ok(lines.join("\n"))
}
