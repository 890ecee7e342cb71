//! What the device promises, seen from outside: `live-updater device` as a process that is cut
//! off, killed, frozen, starved and lied to.
//!
//! One program for all of it, so that it is linked once; one file a behaviour.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod automatic_updates;
mod bad_bundles;
mod bad_input;
mod damaged_bundles;
mod frozen_and_backgrounded;
mod full_disk;
mod kill_at_any_moment;
mod memory;
mod nothing_is_sent_twice;
mod read_only_root;
mod release_statements;
mod resume_after_cuts_and_kills;
mod scene;
mod second_process;
mod strange_server;
mod tmpfs;
mod web_app;
