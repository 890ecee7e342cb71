//! The service, asked over HTTP as devices and developers ask it.
#![expect(clippy::unwrap_used, reason = "a failure is the test's")]

mod admin;
mod bundles;
mod capgo_devices;
mod capgo_interface;
mod checks;
mod every_field;
mod folder;
mod hostile;
mod openapi;
mod operations;
mod reports;
mod signing;
mod support;
mod tenants;
