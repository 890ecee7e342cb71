//! Zips that anybody may have made.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| live_updater::fuzzing::archive(bytes));
