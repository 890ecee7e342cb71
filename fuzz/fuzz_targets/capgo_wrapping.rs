//! A checksum or a session key of Capgo's encryption.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| live_updater::fuzzing::capgo_wrapping(text));
