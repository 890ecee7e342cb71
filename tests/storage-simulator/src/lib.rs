//! A disk in memory that loses its power, for tests of whatever keeps files by
//! [`Storage`](live_updater::Storage).
//!
//! [`SimulatedStorage`] does what [`DiskStorage`](live_updater::DiskStorage) does, system call by
//! system call, and the [`SimulatedDisk`] below it knows what of that is durable, as ext4 and F2FS
//! promise it and no better:
//!
//! - The bytes and the length of a file are durable after an `fsync` of the file, or a `syncfs`.
//! - A name (a new one, a renamed one, one that is gone) is durable after an `fsync` of its
//!   directory, or a `syncfs`. A rename is one change, durable with the directory that it leads to.
//! - Of all else, a [`PowerCut`] keeps what its seed says: of the bytes each sector as it was at
//!   some moment since, of the names any selection.
//! - A drive may lie ([`Drive::Lying`]): of what the last system calls wrote, nothing is sure.
//!
//! So a test can take a scenario, cut the power after each of its steps, and look whether a new
//! process finds its way:
//!
//! ```
//! use std::path::Path;
//!
//! use live_updater::Storage;
//! use storage_simulator::{Drive, PowerCut, SimulatedDisk};
//!
//! let disk = SimulatedDisk::new();
//! disk.record();
//! let storage = disk.mount();
//! storage.commit(Path::new("a"), b"one").unwrap();
//! storage.commit(Path::new("a"), b"two").unwrap();
//!
//! let recording = disk.recording();
//! for moment in recording.moments() {
//!     let cut = PowerCut { drive: Drive::Honest, seed: 7 };
//!     let left = moment.power_cut(&cut);
//!     let bytes = left.read("a"); // what a new process would find
//! #   drop(bytes);
//! }
//! ```
//!
//! System calls can also be made to [fail](SimulatedDisk::fail), for good or once.
//!
//! # Limits
//!
//! - There are no links, permissions, times or devices, and names are UTF-8.
//! - A failed `fsync` leaves what it should have synced for the next one, as a file system does
//!   that keeps dirty pages; Linux drops them.
//! - Space is a number that tests set; nothing is counted against it.

mod content;
mod crash;
mod dice;
mod disk;
mod fault;
mod files;
mod handles;
mod recording;
mod step;
mod storage;

pub use crash::{Drive, PowerCut};
pub use disk::SimulatedDisk;
pub use fault::{Failure, Fault, Scope};
pub use recording::{Moment, Moments, Recording};
pub use step::Step;
pub use storage::{ROOT_PATH, SimulatedStorage};
