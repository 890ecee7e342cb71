//! The attacks on an updater, one a test: those of The Update Framework's specification (section
//! 1.5.2 and the list of attacks that goes with it), and those that signed bundles and statements
//! invite.
//!
//! Each test drives the library as a host does, over HTTP, with files and keys that are real. The
//! device runs a good bundle. It's shown what the attacker wants to pass for, and takes it; it's
//! attacked in every way that is known here, and goes on running what ran, with nothing of the
//! attack on its disk; and then it takes the next honest update. What a trust mode doesn't protect
//! from is shown as well: the same attack succeeds there.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod clock;
mod content;
mod device;
mod keys;
mod repository;
mod rogue;
mod rsa_keys;
mod statements;
mod transport;
mod weakness;
#[path = "../world/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod world;
