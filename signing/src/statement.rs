//! Release statements: what they bind, and the envelope around it.

mod builder;
mod content;
mod envelope;
mod payload;
mod time;

pub use builder::StatementBuilder;
pub use content::BundleContent;
pub use envelope::{Envelope, StatementProblem, refuse_answer};
pub use payload::{Action, Payload};
pub use time::{ParseSpanError, ParseTimestampError, Span, Timestamp};
