//! The library as a host uses it, against a real server: one file a behaviour.

mod asking;
mod downloading;
mod limits;
mod refusing;
mod reporting;
mod support;
mod updating;
