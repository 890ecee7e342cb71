//! What a server answers to an update check.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| live_updater::fuzzing::release_answer(bytes));
