//! A slot of the state: as its bytes are, or around any payload.
#![no_main]

use storage_simulator::SimulatedDisk;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    live_updater::fuzzing::slots(input, &SimulatedDisk::new().mount());
});
