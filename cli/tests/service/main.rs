//! The command beside a service that runs: publish, roll out, roll back, administrate, examine.
//!
//! One program for all of it, so that it is linked once; one file a behaviour.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod administration;
mod connection;
mod doctor;
mod documented;
mod examples;
mod publish;
mod rollouts;
mod site;
mod starting;
mod statements;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/mod.rs"]
mod support;
mod uploads;
