//! Bundles: the versions of an app.

use crate::clock;
use crate::database::{DatabaseError, Row, Sql, Value};

use super::{changes, next_id};

/// Where a bundle's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// Here, under this key.
    File(String),
    /// Elsewhere; the bytes were right when it was registered.
    External(String),
}

/// What is known of a bundle when it is made.
#[derive(Debug, Clone)]
pub(crate) struct NewBundle {
    pub(crate) app: String,
    /// Semver.
    pub(crate) version: String,
    /// SHA-256 of what is downloaded, in hex; of an encrypted bundle what its key recovers.
    pub(crate) checksum: String,
    /// Bytes of what is downloaded.
    pub(crate) size: u64,
    pub(crate) location: Location,
    pub(crate) files_sha256: Option<String>,
    pub(crate) unpacked_size: Option<u64>,
    /// Over the zip's bytes, base64.
    pub(crate) signature: Option<String>,
    /// Of an encrypted bundle, as Capgo has them.
    pub(crate) session_key: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) min_app_version: Option<String>,
    pub(crate) max_app_version: Option<String>,
    pub(crate) release_notes: Option<String>,
    pub(crate) mandatory: bool,
    pub(crate) link: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) created_by: String,
}

/// A bundle that is there.
#[derive(Debug, Clone)]
pub(crate) struct BundleRecord {
    pub(crate) id: i64,
    pub(crate) bundle: NewBundle,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

const COLUMNS: &str = "id, app, version, checksum, size, file, external_url, files_sha256, \
     unpacked_size, signature, session_key, key_id, min_app_version, max_app_version, \
     release_notes, mandatory, link, comment, created_by, created_at, updated_at";

impl BundleRecord {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let location = match (row.optional_text(5)?, row.optional_text(6)?) {
            (Some(file), _) => Location::File(file),
            (None, url) => Location::External(url.unwrap_or_default()),
        };
        let unpacked_size = row.optional_integer(8)?;
        Ok(Self {
            id: row.integer(0)?,
            bundle: NewBundle {
                app: row.text(1)?,
                version: row.text(2)?,
                checksum: row.text(3)?,
                size: row.count(4)?,
                location,
                files_sha256: row.optional_text(7)?,
                unpacked_size: unpacked_size.and_then(|size| u64::try_from(size).ok()),
                signature: row.optional_text(9)?,
                session_key: row.optional_text(10)?,
                key_id: row.optional_text(11)?,
                min_app_version: row.optional_text(12)?,
                max_app_version: row.optional_text(13)?,
                release_notes: row.optional_text(14)?,
                mandatory: row.flag(15)?,
                link: row.optional_text(16)?,
                comment: row.optional_text(17)?,
                created_by: row.text(18)?,
            },
            created_at: row.integer(19)?,
            updated_at: row.integer(20)?,
        })
    }
}

/// Which bundles of an app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) skip: u64,
    pub(crate) take: u64,
}

/// Bundles of an app, the newest first.
pub(crate) fn list(
    sql: &mut dyn Sql,
    app: &str,
    page: Page,
) -> Result<Vec<BundleRecord>, DatabaseError> {
    let query = format!(
        "SELECT {COLUMNS} FROM bundles WHERE app = ?1 AND deleted_at IS NULL \
         ORDER BY id DESC LIMIT ?2 OFFSET ?3"
    );
    let values = [app.into(), page.take.into(), page.skip.into()];
    let rows = sql.query(&query, &values)?;
    rows.iter().map(BundleRecord::from_row).collect()
}

pub(crate) fn find(
    sql: &mut dyn Sql,
    app: &str,
    id: i64,
) -> Result<Option<BundleRecord>, DatabaseError> {
    let query =
        format!("SELECT {COLUMNS} FROM bundles WHERE app = ?1 AND id = ?2 AND deleted_at IS NULL");
    let row = sql.query_one(&query, &[app.into(), id.into()])?;
    row.as_ref().map(BundleRecord::from_row).transpose()
}

pub(crate) fn find_version(
    sql: &mut dyn Sql,
    app: &str,
    version: &str,
) -> Result<Option<BundleRecord>, DatabaseError> {
    let query = format!(
        "SELECT {COLUMNS} FROM bundles WHERE app = ?1 AND version = ?2 AND deleted_at IS NULL"
    );
    let row = sql.query_one(&query, &[app.into(), version.into()])?;
    row.as_ref().map(BundleRecord::from_row).transpose()
}

/// Whether an app has, or once had, a bundle with this version.
pub(crate) fn is_known(sql: &mut dyn Sql, app: &str, version: &str) -> Result<bool, DatabaseError> {
    let query = "SELECT 1 FROM bundles WHERE app = ?1 AND version = ?2 LIMIT 1";
    let row = sql.query_one(query, &[app.into(), version.into()])?;
    Ok(row.is_some())
}

/// Keeps a new bundle, and gives it its id.
pub(crate) fn insert(sql: &mut dyn Sql, bundle: NewBundle) -> Result<BundleRecord, DatabaseError> {
    let id = next_id(sql, "bundles")?;
    let now = clock::now();
    let insert = format!(
        "INSERT INTO bundles ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
         ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
    );
    let (file, url) = match &bundle.location {
        Location::File(file) => (Some(file), None),
        Location::External(url) => (None, Some(url)),
    };
    let values = [
        Value::from(id),
        Value::from(&bundle.app),
        Value::from(&bundle.version),
        Value::from(&bundle.checksum),
        Value::from(bundle.size),
        Value::from(file),
        Value::from(url),
        Value::from(bundle.files_sha256.as_ref()),
        Value::from(bundle.unpacked_size),
        Value::from(bundle.signature.as_ref()),
        Value::from(bundle.session_key.as_ref()),
        Value::from(bundle.key_id.as_ref()),
        Value::from(bundle.min_app_version.as_ref()),
        Value::from(bundle.max_app_version.as_ref()),
        Value::from(bundle.release_notes.as_ref()),
        Value::from(bundle.mandatory),
        Value::from(bundle.link.as_ref()),
        Value::from(bundle.comment.as_ref()),
        Value::from(&bundle.created_by),
        Value::from(now),
        Value::from(now),
    ];
    sql.execute(&insert, &values)?;
    Ok(BundleRecord {
        id,
        bundle,
        created_at: now,
        updated_at: now,
    })
}

/// Changes link and comment; what is none stays as it is.
pub(crate) fn annotate(
    sql: &mut dyn Sql,
    app: &str,
    id: i64,
    link: Option<&str>,
    comment: Option<&str>,
) -> Result<(), DatabaseError> {
    let update = "UPDATE bundles SET link = COALESCE(?1, link), \
                  comment = COALESCE(?2, comment), updated_at = ?3 WHERE id = ?4";
    let values = [link.into(), comment.into(), clock::now().into(), id.into()];
    sql.execute(update, &values)?;
    changes::note(sql, app)
}

/// Takes a bundle out of all lists. Its row stays, so that no other gets its id.
pub(crate) fn delete(sql: &mut dyn Sql, id: i64) -> Result<(), DatabaseError> {
    let now = clock::now();
    let update = "UPDATE bundles SET deleted_at = ?1, updated_at = ?1 WHERE id = ?2";
    sql.execute(update, &[now.into(), id.into()]).map(|_| ())
}

/// How many bundles of an app can be listed.
pub(crate) fn count(sql: &mut dyn Sql, app: &str) -> Result<u64, DatabaseError> {
    let query = "SELECT COUNT(*) FROM bundles WHERE app = ?1 AND deleted_at IS NULL";
    let row = sql.query_one(query, &[app.into()])?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// How many bundles an app has here, and how many bytes they are.
pub(crate) fn usage(sql: &mut dyn Sql, app: &str) -> Result<(u64, u64), DatabaseError> {
    let query = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN file IS NULL THEN 0 ELSE size END), 0) \
                 AS BIGINT) FROM bundles WHERE app = ?1 AND deleted_at IS NULL";
    match sql.query_one(query, &[app.into()])? {
        Some(row) => Ok((row.count(0)?, row.count(1)?)),
        None => Ok((0, 0)),
    }
}
