//! live-updater for Kotlin and Swift, through UniFFI.
//!
//! The core's [`Updater`](live_updater::Updater) with types that cross the border. Nothing is
//! decided here: what updates do is the core's business, and what a phone does is the host's.
//!
//! - `updater`: the object and its calls. Those that may wait for the disk or the network are
//!   asynchronous and run on the updater's own threads, so a caller's thread never blocks.
//! - `roots`: the same folder opened twice in a process is the same updater.
//! - `listener`: events on their way to the host. What a listener throws ends nothing.
//! - `log`: what the core says goes to the host's log.
//! - `page`: the script that gives the page its launch token.
//! - `panics`: none ends the app.
//! - `bundle`, `answer`, `arguments`, `event`, `error`, `options`: records, as they cross.
#![warn(missing_docs)]

mod answer;
mod arguments;
mod bundle;
mod error;
mod event;
mod listener;
mod log;
mod options;
mod page;
mod panics;
mod roots;
#[cfg(test)]
mod tests;
mod updater;

pub use answer::{
    BlockReason, Channel, DownloadFrom, Flushed, Latest, LatestStatus, Release, SyncOutcome,
    SyncStatus,
};
pub use arguments::CallArguments;
pub use bundle::{BundleInfo, BundleStatus, CrashReason, FailureReason, Launch, Problem};
pub use error::UpdaterError;
pub use event::UpdateEvent;
pub use listener::{ListenerError, UpdateListener};
pub use log::{LogLevel, LogSink, install_log_sink};
pub use options::OpenOptions;
pub use updater::Updater;

uniffi::setup_scaffolding!("live_updater");

/// A record as JSON; the records' field names are JavaScript's.
fn to_json(record: &impl serde::Serialize) -> String {
    // Text keys and finite numbers only: it can't fail.
    panics::unless_it_panics(|| serde_json::to_string(record).ok())
        .flatten()
        .unwrap_or_else(|| "{}".to_owned())
}

/// Kotlin can neither format its unsigned numbers nor compare them with others.
fn signed(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
