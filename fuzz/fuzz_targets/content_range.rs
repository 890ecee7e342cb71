//! What a server says of the part that it sends.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| live_updater::fuzzing::content_range(text));
