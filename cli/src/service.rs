//! An update service, for people: publish bundles, and steer what devices get.

pub(crate) mod apps;
pub(crate) mod bundles;
pub(crate) mod channel;
pub(crate) mod keys;
pub(crate) mod organisations;
pub(crate) mod publish;
pub(crate) mod rollback;
pub(crate) mod rollout;

mod answers;
mod client;
mod connection;
mod statement;
mod table;
