//! A device whose server speaks Capgo's protocol: one file a behaviour.
#![cfg(feature = "capgo")]
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod asking;
#[path = "../capgo_server/mod.rs"]
mod capgo_server;
mod channels;
mod configuring;
mod encryption;
mod phone;
mod reporting;
mod sealing;
