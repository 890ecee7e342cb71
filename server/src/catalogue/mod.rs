//! What the service knows: organisations, their keys and apps, bundles, channels and releases.
//!
//! One file an entity: its type, and the statements that read and change it.

pub(crate) mod actions;
pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod bundles;
pub(crate) mod changes;
pub(crate) mod channels;
pub(crate) mod claims;
pub(crate) mod devices;
pub(crate) mod keys;
pub(crate) mod organisations;
pub(crate) mod releases;
pub(crate) mod uploads;

use crate::database::{DatabaseError, Sql};

/// The id for a new row. One writes at a time, so that nobody else gets it.
fn next_id(sql: &mut dyn Sql, table: &'static str) -> Result<i64, DatabaseError> {
    let query = format!("SELECT COALESCE(MAX(id), 0) + 1 FROM {table}");
    let row = sql.query_one(&query, &[])?;
    row.map_or(Ok(1), |row| row.integer(0))
}
