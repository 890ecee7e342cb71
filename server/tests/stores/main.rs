//! The service on PostgreSQL and S3, which `cargo xtask test stores` starts: several processes at
//! once, and stores that go away and come back.
#![expect(clippy::unwrap_used, reason = "a failure is the test's")]

mod bucket;
mod encrypted;
mod outages;
mod place;
mod processes;
#[path = "../../../tests/skipped/mod.rs"]
mod skipped;
#[path = "../service/support.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod support;
