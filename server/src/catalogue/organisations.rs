//! Organisations: each has its own apps and keys.

use crate::clock;
use crate::database::{DatabaseError, Row, Sql};

/// The one that a service begins with. It runs the service, and makes the others.
pub(crate) const FIRST: &str = "default";

/// Somebody with apps and keys of their own.
#[derive(Debug, Clone)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    pub(crate) created_at: i64,
}

impl Organisation {
    /// One that begins now.
    pub(crate) fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            created_at: clock::now(),
        }
    }

    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            created_at: row.integer(2)?,
        })
    }
}

/// Whether there is one at all.
pub(crate) fn is_any(sql: &mut dyn Sql) -> Result<bool, DatabaseError> {
    let row = sql.query_one("SELECT id FROM organisations LIMIT 1", &[])?;
    Ok(row.is_some())
}

/// All of them, the oldest first.
pub(crate) fn list(sql: &mut dyn Sql) -> Result<Vec<Organisation>, DatabaseError> {
    let query = "SELECT id, name, created_at FROM organisations ORDER BY created_at, id";
    let rows = sql.query(query, &[])?;
    rows.iter().map(Organisation::from_row).collect()
}

/// Makes one, where there is none with its id.
pub(crate) fn insert(
    sql: &mut dyn Sql,
    organisation: &Organisation,
) -> Result<bool, DatabaseError> {
    let insert = "INSERT INTO organisations (id, name, created_at) VALUES (?1, ?2, ?3) \
                  ON CONFLICT (id) DO NOTHING";
    let values = [
        organisation.id.as_str().into(),
        organisation.name.as_str().into(),
        organisation.created_at.into(),
    ];
    Ok(sql.execute(insert, &values)? > 0)
}
