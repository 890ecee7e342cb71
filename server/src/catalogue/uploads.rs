//! Files that were sent without telling what bundle they are.

use std::collections::HashSet;

use crate::clock;
use crate::database::{DatabaseError, Sql, Value};

/// Keeps a file's name for an organisation; a repeat keeps it longer.
pub(crate) fn insert(
    sql: &mut dyn Sql,
    file: &str,
    organisation: &str,
    size: u64,
) -> Result<(), DatabaseError> {
    let insert = "INSERT INTO uploads (file, organisation, size, uploaded_at) \
                  VALUES (?1, ?2, ?3, ?4) \
                  ON CONFLICT (file) DO UPDATE SET uploaded_at = excluded.uploaded_at";
    let values = [
        Value::from(file),
        Value::from(organisation),
        Value::from(size),
        Value::from(clock::now()),
    ];
    sql.execute(insert, &values).map(|_| ())
}

/// The size of a file that a bundle or an upload names.
pub(crate) fn size_of(sql: &mut dyn Sql, file: &str) -> Result<Option<u64>, DatabaseError> {
    let queries = [
        "SELECT size FROM bundles WHERE file = ?1 AND deleted_at IS NULL LIMIT 1",
        "SELECT size FROM uploads WHERE file = ?1",
    ];
    for query in queries {
        if let Some(row) = sql.query_one(query, &[file.into()])? {
            return row.count(0).map(Some);
        }
    }
    Ok(None)
}

/// All files that a bundle or an upload names.
pub(crate) fn named(sql: &mut dyn Sql) -> Result<HashSet<String>, DatabaseError> {
    let query = "SELECT file FROM bundles WHERE file IS NOT NULL AND deleted_at IS NULL \
                 UNION SELECT file FROM uploads";
    let rows = sql.query(query, &[])?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Forgets the files that came before a time.
pub(crate) fn forget(sql: &mut dyn Sql, before: i64) -> Result<u64, DatabaseError> {
    sql.execute(
        "DELETE FROM uploads WHERE uploaded_at < ?1",
        &[before.into()],
    )
}
