//! The library as a host uses it, against a real server: one file a behaviour.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod asking;
mod downloading;
mod limits;
mod listening;
mod refusing;
mod reporting;
mod stating;
mod updating;
#[path = "../world/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod world;
