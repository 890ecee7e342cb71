//! The proofs, in the order of the page.

use crate::install::Tool;

pub(super) const PROOFS: [Proof; 2] = [
    Proof {
        name: "kills",
        title: "Kills at system calls",
        promise: "The app always starts.",
        how: "A device's process is killed just before each system call by which an update, its \
          activation and what follows change the disk. The next launch gives a whole bundle, \
          takes nothing back, gets the next update, and leaves nothing behind.",
        tools: &[Tool::new("strace", "strace")],
        way: Way::Tests(&[&[
            "--package",
            "live-updater-cli",
            "--test",
            "device",
            "kill_at_system_calls",
        ]]),
    },
    Proof {
        name: "fuzz",
        title: "Fuzzing",
        promise: "Nothing unverified runs.",
        how: "Whatever a server, a network or a broken disk may hand over is fed to the code that reads \
          it, under AddressSanitizer, from inputs that are kept and on from there: nothing panics, \
          every refusal is an answer with its code, and what is taken keeps within its limits.",
        tools: &[Tool::new("g++", "g++")],
        way: Way::Suite("fuzz"),
    },
];

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
    pub(super) way: Way,
}

/// How a proof is run.
pub(super) enum Way {
    /// By `cargo test` with these arguments, a run each.
    Tests(&'static [&'static [&'static str]]),
    /// As one of the suites of `cargo xtask test`.
    Suite(&'static str),
}
