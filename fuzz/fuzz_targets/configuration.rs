//! The configuration, as it stands in an app.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| live_updater::fuzzing::configuration(text));
