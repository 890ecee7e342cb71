//! The proofs, in the order of the page.

use crate::install::Tool;

pub(super) const PROOFS: [Proof; 2] = [POWER_CUTS, KILLS];

const POWER_CUTS: Proof = Proof {
    name: "power-cuts",
    title: "Power cuts and failing disks",
    promise: "The app always starts.",
    how: "On a simulated disk the power is cut after every step of everything that changes the \
          disk, and again while the app recovers: each write that wasn't synced is kept, dropped \
          or torn, each name kept or lost, and in one model the drive has lied about what is \
          durable. Then system calls fail, one by one and from one on. The next launch gives a \
          whole bundle or the builtin files, nothing that was acknowledged is lost, the next \
          update comes and stays, the server learns of each verdict, and nothing is left behind. \
          Mistakes that are put between the library and the disk on purpose make the proof fail; \
          the simulator does the system calls that strace sees.",
    tools: &[Tool::new("strace", "strace")],
    tests: &[
        &["--package", "live-updater", "--test", "power_cut"],
        &["--package", "storage-simulator"],
    ],
};

const KILLS: Proof = Proof {
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
};

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
