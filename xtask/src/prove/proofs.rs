//! The proofs, in the order of the page.

use crate::install::Tool;

pub(super) const PROOFS: [Proof; 7] = [
    Proof {
        name: "simulated-disk",
        title: "Power cuts and errors on a simulated disk",
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
        way: Way::Tests(&[
            &["--package", "live-updater", "--test", "power_cut"],
            &["--package", "storage-simulator"],
        ]),
    },
    Proof {
        name: "state-machine",
        title: "Everything in any order",
        promise: "A bad bundle goes away by itself, and a good one doesn't.",
        how: "Lives of a device are drawn at random: launches, checks, downloads, crashes, pages that are \
              ready, or were once, kills, power cuts, changed files, damaged state, other builds of the \
              app, rollbacks by the server, clocks that are set, the background, and whatever a caller may \
              choose. After each step the device is where a small model is that was written from the \
              documents: what runs, what is next, what is good, blocked or owed to the server, and what \
              each call answers. Without the model, it is looked for what must never happen. Mistakes that \
              are made on purpose are found.",
        tools: &[],
        way: Way::Tests(&[&["--package", "live-updater", "--test", "state_machine"]]),
    },
    Proof {
        name: "kills",
        title: "Kills at system calls",
        promise: "The app always starts.",
        how: "A device's process is killed just before each call to the system that is about its \
              files, its connections or its answers, one after the other, over all threads: in a \
              first update, in an update that is applied at once, in a trial, in the launch that \
              takes a bad bundle back, and in a rollback of what runs. Afterwards a launch gives a \
              whole bundle without a problem, and the right one: what an answer had promised holds. \
              The bundle to fall back to is there, the next update comes, nothing is left over, and \
              the server hears of each verdict, at most once more and by the same id.",
        tools: &[],
        way: Way::Tests(&[&["--package", "live-updater-cli", "--test", "proofs", "kills"]]),
    },
    Proof {
        name: "faults",
        title: "Errors of system calls",
        promise: "The app always starts.",
        how: "Each of those calls fails, one after the other, once or from then on: with an I/O \
              error, for want of space, or as forbidden, wherever a system may answer so. The \
              process goes on, every call to it is answered, with a typed error where something was \
              lost, and a launch gives a whole bundle. When the calls work again, all holds that \
              holds after a kill: no error was taken for damage.",
        tools: &[],
        way: Way::Tests(&[&[
            "--package",
            "live-updater-cli",
            "--test",
            "proofs",
            "faults",
        ]]),
    },
    Proof {
        name: "power-cuts",
        title: "Power cuts",
        promise: "The app always starts.",
        how: "A device lives on an ext4 file system, with and without `auto_da_alloc`, on a disk \
              that writes down every block it is told to write and every flush. The power goes \
              after each of them: once with all that was written, and once with a random half of \
              what was not flushed lost. What is left is mounted, the device boots, and all holds \
              that holds after a kill. A device whose fsync does nothing is found out by this.",
        tools: &[
            Tool::new("mkfs.ext4", "e2fsprogs"),
            Tool::new("mount", "mount"),
        ],
        way: Way::Tests(&[&[
            "--package",
            "live-updater-cli",
            "--test",
            "proofs",
            "power_cuts",
        ]]),
    },
    Proof {
        name: "attacks",
        title: "Attacks",
        promise: "Nothing unverified runs.",
        how: "The attacks of The Update Framework's specification, and those that signed bundles and \
              statements invite, are tried on a device that runs a good bundle, over HTTP and with \
              real keys, each in every way that we know. Each has its code, the good bundle goes \
              on running, nothing of the attack is left on the disk, and the next honest update is \
              taken. The same without the attack is taken too.",
        tools: &[],
        way: Way::Tests(&[&["--package", "live-updater", "--test", "attacks"]]),
    },
    Proof {
        name: "fuzz",
        title: "Fuzzing",
        promise: "Nothing unverified runs.",
        how: "Whatever a server, a network or a broken disk may hand over is fed to the code that reads \
          it, under AddressSanitizer, from inputs that are kept and on from there: nothing panics, \
          every refusal is an answer with its code, and what is taken keeps within its limits. \
          An app also starts on disks whose state, record of the launch before and file list \
          are such inputs: a bundle whose files are all there runs, or builtin, what runs is \
          told of as what it is, and bundles that are never ready go.",
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
