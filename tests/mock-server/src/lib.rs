//! A mock update server: small, real HTTP, and full of faults that can be asked for.
//!
//! It speaks the native-update protocol over a folder of bundles, so that an updater can be
//! tried and tested without any other infrastructure:
//!
//! | endpoint | what it does |
//! |---|---|
//! | `GET /api/v1/updates/check?appId&currentVersion&platform&channel` | offers a release, or `{"updateAvailable": false}` |
//! | `GET`, `HEAD /api/v1/bundles/{version}` | a bundle, with ranges, validators and preconditions as RFC 9110 has them |
//! | `POST /api/v1/updates/confirm` | takes a report |
//! | `GET /health` | `{"status": "ok"}` |
//!
//! ```
//! use std::io::{Read, Write};
//! use mock_update_server::{Endpoint, Fault, MockServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("1.2.3.zip"), [0; 1000])?;
//!
//! let server = MockServer::start(folder.path()).await?;
//! server.fault(Endpoint::Bundle, Fault::Cut { after: 100 }).once();
//!
//! let mut connection = std::net::TcpStream::connect(server.addr())?;
//! connection.write_all(b"GET /api/v1/bundles/1.2.3 HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
//! let mut received = Vec::new();
//! connection.read_to_end(&mut received)?;
//! assert!(received.ends_with(&[0; 100]) && received.len() < 1000);
//!
//! let request = server.requests().remove(0);
//! assert_eq!(request.status, 200);
//! assert_eq!(request.bytes_sent, 100);
//! # Ok(())
//! # }
//! ```
//!
//! # The folder
//!
//! A bundle is a zip whose name ends in its version: `1.2.3.zip`, `my-app-1.2.3-beta.1.zip`.
//! Beside `NAME.zip` may lie:
//! - `NAME.zip.sig`: its signature, as base64 or as JSON with a `signature`;
//! - `NAME.json`: `minAppVersion`, `maxAppVersion`, `releaseNotes`, `mandatory`, `channel` or
//!   `channels`, `appId` or `appIds`, `signature`, `mirrors`, `release` (a statement); and
//!   `checksum`, `size`, `downloadUrl` where an answer is to say something else than the truth;
//! - `NAME.statement.json` or `NAME.LABEL.statement.json`: a release statement, as
//!   `live-updater sign statement` writes it.
//!
//! A client is offered the newest release of its channel that is newer than its own; a release
//! that names no channel is on all of them. `channels.json` pins channels to versions
//! (`{"production": "1.2.3"}`): such a channel offers its version to whoever has another one,
//! an older or a newer. The folder is read anew for each check. Answers can also be set in code,
//! with [`MockServer::offer`].
//!
//! As soon as the folder has statements for an app, a channel and a platform, only releases with a
//! statement are offered there, and to every client the one with the highest sequence that hasn't
//! expired: only the client knows how far it has come. One that goes back to builtin needs no
//! bundle. Nothing is verified here.
//!
//! # Faults
//!
//! What can go wrong is listed at [`Fault`]. A fault is set for the next requests to an
//! [`Endpoint`] ([`MockServer::fault`], [`MockServer::fault_sequence`]), or asked for by a
//! request of its own, by an `x-mock-fault` header or `fault` in the query, where the server
//! [allows it](MockServerBuilder::allow_request_faults).
//!
//! # Its own thread
//!
//! The server runs in a thread of its own, and ends when it's dropped. So a test may block
//! (wait for a child process, say) while the server goes on answering.

#![warn(missing_docs)]

mod body;
mod builder;
mod catalog;
mod fault;
mod log;
mod release;
mod routes;
mod schedule;
mod server;
mod tls;
mod wire;

pub use axum::http;
pub use live_updater_wire::{Confirmation, Release};

pub use self::{
    builder::MockServerBuilder,
    catalog::version_in,
    fault::{Fault, ParseFaultError},
    log::{LoggedRequest, WaitError},
    schedule::{Endpoint, FaultSetting, ParseEndpointError},
    server::MockServer,
    tls::TlsCertificate,
};
