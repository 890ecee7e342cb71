//! A device with one app, for tests of live-updater: a disk in memory, an update server in memory,
//! and a clock that stands still until a test moves it.
//!
//! Nothing of it waits for time: what goes on in the background is waited for by what it does. So
//! a device lives through thousands of launches in a second, and each run is like the last.
//!
//! ```
//! use simulated_device::{Device, Server, Setting};
//! use storage_simulator::SimulatedDisk;
//!
//! let server = Server::new();
//! server.publish("2.0.0");
//! let mut device = Device::new(SimulatedDisk::new(), server, Setting::new(), 1);
//! device.launch(true);
//! device.sync().unwrap();
//! let launch = device.launch(true);
//! assert!(launch.trial);
//! device.ready().unwrap();
//! ```
//!
//! What may go wrong is put in between: the disk loses its power or [fails][fail], a [`Wrap`]
//! stands between the library and its storage, the server [breaks off](Server::break_after).
//!
//! [fail]: storage_simulator::SimulatedDisk::fail
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod clock;
mod device;
mod files;
mod server;
mod setting;
pub mod slots;
mod statement;
mod web;

pub use clock::{START, TICK, TestClock};
pub use device::{Device, Process};
pub use files::bundle;
pub use server::{Report, Server};
pub use setting::{Setting, Wrap, plain};
pub use statement::{Statement, trust};
pub use web::{Offer, checksum_of, files_of};
