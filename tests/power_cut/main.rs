//! The power goes after every single step, and the app starts all the same.
//!
//! Each scenario runs once on a simulated disk. For every step of it, the disk is made that a power
//! cut would leave, with other losses for each seed; a new process starts there, is checked, and
//! lives on until the next update is good.
//!
//! What doesn't hold is told with the name of its cut, such as `sync:57:honest:3`: the scenario,
//! the steps that had been done, the drive and the seed. With `LIVE_UPDATER_POWER_CUT` set to that
//! name, only that one is made, and the steps before it are shown.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod check;
mod cuts;
mod errors;
mod expected;
mod mistakes;
mod record;
mod scenario;
mod self_heal;
