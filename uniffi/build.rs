//! How the library is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "android") {
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
