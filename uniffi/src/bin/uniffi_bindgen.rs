//! Writes the Kotlin and Swift code that `bindings/` holds: `cargo xtask bindings` calls it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
