//! The service, asked over HTTP as devices and developers ask it.

mod bundles;
mod checks;
mod support;
