//! What the core says, on its way to the host's log.

use std::fmt::{self, Write as _};
use std::sync::{Arc, PoisonError, RwLock};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::listener::ListenerError;
use crate::panics::unless_it_panics;

static SINK: RwLock<Option<Installed>> = RwLock::new(None);

/// The host's log. It is called on any thread, the caller's among them, must not block, and must
/// not call the updater. What it throws is dropped.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// One line. No secret is in it.
    fn log(&self, level: LogLevel, target: String, message: String) -> Result<(), ListenerError>;
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something had to be worked around.
    Warn,
    /// Something that happens once in a while.
    Info,
    /// For who looks for a fault.
    Debug,
    /// Everything.
    Trace,
}

/// Sends what all updaters of this process say to `sink`, from `most_verbose` up. The newest sink
/// replaces the one before.
#[uniffi::export]
pub fn install_log_sink(sink: Arc<dyn LogSink>, most_verbose: LogLevel) {
    let installed = Installed {
        sink,
        most_verbose: most_verbose.into(),
    };
    // Without a log, the app goes on.
    let _ = unless_it_panics(|| {
        *SINK.write().unwrap_or_else(PoisonError::into_inner) = Some(installed);
        // It fails where this was done before, or where the host is Rust and has a subscriber.
        let _ = tracing::subscriber::set_global_default(Bridge);
        tracing::callsite::rebuild_interest_cache();
    });
}

struct Installed {
    sink: Arc<dyn LogSink>,
    most_verbose: Level,
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::ERROR => Self::Error,
            Level::WARN => Self::Warn,
            Level::INFO => Self::Info,
            Level::DEBUG => Self::Debug,
            _ => Self::Trace,
        }
    }
}

/// Passes on the events of this project; spans have no use here.
struct Bridge;

impl Subscriber for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && metadata.target().starts_with("live_updater")
            && most_verbose().is_some_and(|most| *metadata.level() <= most)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        most_verbose().map(LevelFilter::from_level)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(sink) = installed(|installed| Arc::clone(&installed.sink)) else {
            return;
        };
        let mut line = Line::default();
        event.record(&mut line);
        let metadata = event.metadata();
        let target = metadata.target().to_owned();
        // There is nobody left to tell that the log is broken.
        let _ = sink.log((*metadata.level()).into(), target, line.finish());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn most_verbose() -> Option<Level> {
    installed(|installed| installed.most_verbose)
}

fn installed<T>(read: impl FnOnce(&Installed) -> T) -> Option<T> {
    SINK.read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .map(read)
}

/// `message key=value key=value`
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn finish(mut self) -> String {
        self.message.push_str(&self.fields);
        self.message
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to text doesn't fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
