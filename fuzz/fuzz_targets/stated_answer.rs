//! What a server answers to an update check in statement mode.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| live_updater::fuzzing::stated_answer(bytes));
