//! How the library is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    // Built for size: relocations take a bit where they took 24 bytes. It needs glibc 2.36, so
    // libraries for trying things out go without.
    if system == "linux" && env::var("OPT_LEVEL").is_ok_and(|level| level == "z") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
    }
    if system == "android" {
        for option in [
            // Devices with pages of 16 KB load nothing that is aligned to less.
            "-z,max-page-size=16384",
            // Relocations take a few bytes where they took 24 each; Android 6 and later read them.
            "--pack-dyn-relocs=android",
            // What was compiled to the same instructions is kept once.
            "--icf=all",
        ] {
            println!("cargo::rustc-cdylib-link-arg=-Wl,{option}");
        }
    }
}
