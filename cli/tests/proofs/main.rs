//! Proofs that the app always starts, with real processes: a device dies at each of its system
//! calls, each of them fails, and the power goes at each write that reaches the disk.
//!
//! `cargo test` runs a portion of each; with `LIVE_UPDATER_PROOF=full`, as `cargo xtask prove`
//! sets it, all of it is run. System calls are counted and changed by a tracer, which reads
//! registers: that is written for Linux on x86-64 alone.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aftermath;
mod attempt;
mod disk;
mod faults;

mod kills;
mod play;
mod power_cuts;
#[path = "../../../tests/skipped/mod.rs"]
mod skipped;
mod stage;
mod tracer;
#[path = "../device/web_app.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod web_app;
mod workers;
