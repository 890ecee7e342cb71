//! The service, asked over HTTP as devices and developers ask it.
#![expect(clippy::unwrap_used, reason = "a failure is the test's")]

mod bundles;
mod checks;
mod hostile;
mod reports;
mod signing;
mod support;
mod tenants;
