//! API keys: who may do what, in which organisation.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::database::{DatabaseError, Row, Sql, Value};

/// What a key allows; each allows what the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Permission {
    /// Look.
    Read,
    /// Make bundles.
    Upload,
    /// Change what devices get, and delete.
    Write,
    /// Make apps and keys.
    All,
}

impl Permission {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let known = [Self::Read, Self::Upload, Self::Write, Self::All];
        known
            .into_iter()
            .find(|permission| permission.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Write => "write",
            Self::All => "all",
        }
    }
}

/// The secret that a caller sends. Only its digest is kept.
pub(crate) struct ApiKey(String);

impl ApiKey {
    /// A new one, which nobody guesses.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("lu_{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// For the one who is to have it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What is kept of a secret.
pub(crate) fn digest(secret: &str) -> String {
    live_updater::Sha256Digest::new(Sha256::digest(secret).into()).to_string()
}

/// A key, without its secret.
#[derive(Debug, Clone)]
pub(crate) struct KeyRecord {
    pub(crate) id: String,
    pub(crate) organisation: String,
    /// The one app that it is for; none is all of the organisation's.
    pub(crate) app: Option<String>,
    pub(crate) name: String,
    pub(crate) permission: Permission,
    pub(crate) created_at: i64,
}

const COLUMNS: &str = "id, organisation, app, name, permission, created_at";

impl KeyRecord {
    /// The first key of an organisation, which may do everything in it.
    pub(crate) fn first(organisation: &str) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            organisation: organisation.to_owned(),
            app: None,
            name: "first".to_owned(),
            permission: Permission::All,
            created_at: clock::now(),
        }
    }

    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let permission = Permission::parse(&row.text(4)?);
        Ok(Self {
            id: row.text(0)?,
            organisation: row.text(1)?,
            app: row.optional_text(2)?,
            name: row.text(3)?,
            permission: permission.ok_or(DatabaseError::Column {
                column: 4,
                found: "a permission of a newer version",
            })?,
            created_at: row.integer(5)?,
        })
    }
}

/// The key with this secret, unless it was revoked.
pub(crate) fn find(sql: &mut dyn Sql, secret: &str) -> Result<Option<KeyRecord>, DatabaseError> {
    let query = format!("SELECT {COLUMNS} FROM api_keys WHERE digest = ?1 AND revoked_at IS NULL");
    let row = sql.query_one(&query, &[digest(secret).into()])?;
    row.as_ref().map(KeyRecord::from_row).transpose()
}

/// Whether a key still opens anything.
pub(crate) fn is_live(sql: &mut dyn Sql, id: &str) -> Result<bool, DatabaseError> {
    let query = "SELECT id FROM api_keys WHERE id = ?1 AND revoked_at IS NULL";
    Ok(sql.query_one(query, &[id.into()])?.is_some())
}

/// The keys of an organisation that weren't revoked.
pub(crate) fn list(sql: &mut dyn Sql, organisation: &str) -> Result<Vec<KeyRecord>, DatabaseError> {
    let query = format!(
        "SELECT {COLUMNS} FROM api_keys WHERE organisation = ?1 AND revoked_at IS NULL \
         ORDER BY created_at, id"
    );
    let rows = sql.query(&query, &[organisation.into()])?;
    rows.iter().map(KeyRecord::from_row).collect()
}

/// Keeps a new key.
pub(crate) fn insert(
    sql: &mut dyn Sql,
    key: &KeyRecord,
    secret: &ApiKey,
) -> Result<(), DatabaseError> {
    let insert = "INSERT INTO api_keys (id, organisation, app, name, digest, permission, created_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = [
        Value::from(&key.id),
        Value::from(&key.organisation),
        Value::from(key.app.as_ref()),
        Value::from(&key.name),
        Value::from(digest(secret.reveal())),
        Value::from(key.permission.name()),
        Value::from(key.created_at),
    ];
    sql.execute(insert, &values).map(|_| ())
}

/// Whether a key of an organisation is the only one that may do everything in it.
pub(crate) fn is_last(
    sql: &mut dyn Sql,
    organisation: &str,
    id: &str,
) -> Result<bool, DatabaseError> {
    let everything = |key: &&KeyRecord| key.permission == Permission::All && key.app.is_none();
    let keys = list(sql, organisation)?;
    let mut others = keys.iter().filter(everything).map(|key| key.id == id);
    Ok(others.next() == Some(true) && others.next().is_none())
}

/// Ends a key of an organisation; whether there was one.
pub(crate) fn revoke(
    sql: &mut dyn Sql,
    organisation: &str,
    id: &str,
) -> Result<bool, DatabaseError> {
    let update = "UPDATE api_keys SET revoked_at = ?1 \
                  WHERE id = ?2 AND organisation = ?3 AND revoked_at IS NULL";
    let values = [clock::now().into(), id.into(), organisation.into()];
    Ok(sql.execute(update, &values)? > 0)
}
