//! Who changed what, and when.

use crate::clock;
use crate::database::{DatabaseError, Sql, Value};

use super::keys::KeyRecord;
use super::next_id;

/// One change.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    pub(crate) app: Option<String>,
    /// The id of the key that was used.
    pub(crate) key_id: String,
    pub(crate) key_name: Option<String>,
    pub(crate) action: String,
    pub(crate) detail: String,
    pub(crate) at: String,
}

/// Keeps a change, in the transaction that makes it.
pub(crate) fn record(
    sql: &mut dyn Sql,
    key: &KeyRecord,
    app: Option<&str>,
    action: &str,
    detail: &str,
) -> Result<(), DatabaseError> {
    let insert = "INSERT INTO audit (id, organisation, app, key_id, action, detail, at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = [
        Value::from(next_id(sql, "audit")?),
        Value::from(&key.organisation),
        Value::from(app),
        Value::from(&key.id),
        Value::from(action),
        Value::from(detail),
        Value::from(clock::now()),
    ];
    sql.execute(insert, &values).map(|_| ())
}

/// The newest changes of an app.
pub(crate) fn list(
    sql: &mut dyn Sql,
    app: &str,
    most: u64,
) -> Result<Vec<AuditEntry>, DatabaseError> {
    let query = "SELECT audit.app, key_id, action, detail, at, api_keys.name FROM audit \
                 LEFT JOIN api_keys ON api_keys.id = audit.key_id \
                 WHERE audit.app = ?1 ORDER BY audit.id DESC LIMIT ?2";
    let rows = sql.query(query, &[app.into(), most.into()])?;
    let entries = rows.iter().map(|row| {
        Ok(AuditEntry {
            app: row.optional_text(0)?,
            key_id: row.text(1)?,
            action: row.text(2)?,
            detail: row.text(3)?,
            at: clock::iso(row.integer(4)?),
            key_name: row.optional_text(5)?,
        })
    });
    entries.collect()
}
