//! The list of a bundle's files.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| live_updater::fuzzing::file_list(bytes));
