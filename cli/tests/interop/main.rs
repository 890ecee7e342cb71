//! The program together with tools, servers and web apps that others made.
//!
//! A test whose tool isn't there says so and is skipped; `cargo xtask test --install` installs
//! all of them first.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../tests/capgo_server/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod capgo_server;
#[path = "../../../tests/skipped/mod.rs"]
mod skipped;
mod support;

mod capgo_cli;
mod documents;
mod dsse_python;
mod nginx;
mod nginx_tls;
mod npm_bundles;
mod openssl;
mod python_http_server;
mod tls;
mod zip_tools;
