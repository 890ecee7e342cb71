//! A PostgreSQL and an S3 of one's own, for tests: on this machine alone, and gone with whoever
//! started them.

mod forwarder;
mod postgres;
mod s3;
mod server;

pub use forwarder::Forwarder;
pub use postgres::{Postgres, PostgresServer};
pub use s3::{S3, S3Server};

/// The environment's variable that names the folder of a PostgreSQL's socket.
pub const POSTGRES_VARIABLE: &str = "LIVE_UPDATER_TEST_POSTGRES";
/// The environment's variable with the address of an S3.
pub const S3_VARIABLE: &str = "LIVE_UPDATER_TEST_S3";

/// The PostgreSQL and the S3 that the environment names, which `cargo xtask test stores` has
/// started.
pub fn from_environment() -> Option<(Postgres, S3)> {
    let folder = std::env::var_os(POSTGRES_VARIABLE)?;
    let address = std::env::var(S3_VARIABLE).ok()?;
    Some((Postgres::at(folder).ok()?, S3::at(address.parse().ok()?)))
}
