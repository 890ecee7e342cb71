//! What has changed of what devices are offered, for the other processes that offer it.
//!
//! Each change gives its app the next number, in its own transaction. One writes at a time, so that
//! whoever knows a number knows all below it.

use crate::database::{DatabaseError, Sql};

/// The number of the newest change.
pub(crate) fn newest(sql: &mut dyn Sql) -> Result<i64, DatabaseError> {
    let row = sql.query_one("SELECT COALESCE(MAX(changed), 0) FROM apps", &[])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

/// The apps that have changed since.
pub(crate) fn since(sql: &mut dyn Sql, number: i64) -> Result<Vec<String>, DatabaseError> {
    let query = "SELECT id FROM apps WHERE changed > ?1";
    let rows = sql.query(query, &[number.into()])?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// The number of an app's newest change.
pub(crate) fn of_app(sql: &mut dyn Sql, app: &str) -> Result<i64, DatabaseError> {
    let row = sql.query_one("SELECT changed FROM apps WHERE id = ?1", &[app.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

/// Something of an app has changed.
pub(super) fn note(sql: &mut dyn Sql, app: &str) -> Result<(), DatabaseError> {
    let update = "UPDATE apps SET changed = (SELECT MAX(changed) FROM apps) + 1 WHERE id = ?1";
    sql.execute(update, &[app.into()]).map(|_| ())
}

/// Something of a channel has changed.
pub(super) fn note_channel(sql: &mut dyn Sql, channel: i64) -> Result<(), DatabaseError> {
    let update = "UPDATE apps SET changed = (SELECT MAX(changed) FROM apps) + 1 \
                  WHERE id = (SELECT app FROM channels WHERE id = ?1)";
    sql.execute(update, &[channel.into()]).map(|_| ())
}
