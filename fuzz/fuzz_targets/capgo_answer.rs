//! What a server that speaks Capgo's protocol answers to an update check.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| live_updater::fuzzing::capgo_answer(bytes));
