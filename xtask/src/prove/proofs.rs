//! The proofs, in the order of the page.

use crate::install::Tool;

pub(super) const PROOFS: [Proof; 1] = [Proof {
    name: "kills",
    title: "Kills at system calls",
    promise: "The app always starts.",
    how: "A device's process is killed just before each system call by which an update, its \
          activation and what follows change the disk. The next launch gives a whole bundle, \
          takes nothing back, gets the next update, and leaves nothing behind.",
    tools: &[Tool::new("strace", "strace")],
    tests: &[&[
        "--package",
        "live-updater-cli",
        "--test",
        "device",
        "kill_at_system_calls",
    ]],
}];

/// Tests that show that a promise holds.
pub(super) struct Proof {
    /// As people write it, and as the page marks it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The promise of the README that it is about.
    pub(super) promise: &'static str,
    /// A paragraph: what is done, and what has to hold afterwards.
    pub(super) how: &'static str,
    pub(super) tools: &'static [Tool],
    /// Arguments of `cargo test`, a run each.
    pub(super) tests: &'static [&'static [&'static str]],
}
