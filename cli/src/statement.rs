//! Release statements: what they bind, the envelope around it, and how sequences are counted.

mod content;
mod envelope;
mod payload;
mod sequence;
mod table;
mod time;

pub(crate) use content::BundleContent;
pub(crate) use envelope::{Envelope, refuse_answer};
pub(crate) use payload::{Action, Payload};
pub(crate) use sequence::{Line as SequenceLine, SequenceFile, Wanted as WantedSequence};
pub(crate) use table::Table;
pub(crate) use time::{Span, Timestamp};
