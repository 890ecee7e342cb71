//! Apps, each of one organisation.

use crate::clock;
use crate::database::{DatabaseError, Row, Sql, Value};

use super::channels::{self, NewChannel};
use super::{changes, keys};

/// How many bundles that no channel gives are kept, where nobody says otherwise.
pub(crate) const KEEP_BUNDLES: u32 = 20;
/// The channel that each app begins with.
pub(crate) const FIRST_CHANNEL: &str = "production";

const LONGEST_ID: usize = 128;

/// An app.
#[derive(Debug, Clone)]
pub(crate) struct AppRecord {
    pub(crate) id: String,
    pub(crate) organisation: String,
    pub(crate) name: String,
    /// Digest of what devices have to send as a bearer token; none where they need none.
    pub(crate) device_token: Option<String>,
    pub(crate) keep_bundles: u32,
    /// Whether devices are told a bundle's link and comment.
    pub(crate) expose_metadata: bool,
    pub(crate) created_at: i64,
}

const COLUMNS: &str = "id, organisation, name, device_token, keep_bundles, expose_metadata, \
     created_at";

impl AppRecord {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.text(0)?,
            organisation: row.text(1)?,
            name: row.text(2)?,
            device_token: row.optional_text(3)?,
            keep_bundles: u32::try_from(row.count(4)?).unwrap_or(u32::MAX),
            expose_metadata: row.flag(5)?,
            created_at: row.integer(6)?,
        })
    }
}

impl AppRecord {
    /// What devices have to send from now on; nothing where it is empty.
    pub(crate) fn set_device_token(&mut self, token: &str) {
        self.device_token = (!token.is_empty()).then(|| keys::digest(token));
    }
}

/// Whether it can be the id of an app: letters, digits, dots, lines. Dots alone are no part of an
/// address.
pub(crate) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_more_than_dots = text.bytes().any(|byte| byte != b'.');
    text.len() <= LONGEST_ID && text.bytes().all(fits) && is_more_than_dots
}

pub(crate) fn find(sql: &mut dyn Sql, id: &str) -> Result<Option<AppRecord>, DatabaseError> {
    let query = format!("SELECT {COLUMNS} FROM apps WHERE id = ?1");
    let row = sql.query_one(&query, &[id.into()])?;
    row.as_ref().map(AppRecord::from_row).transpose()
}

/// The apps of an organisation, or of all.
pub(crate) fn list(
    sql: &mut dyn Sql,
    organisation: Option<&str>,
) -> Result<Vec<AppRecord>, DatabaseError> {
    let rows = match organisation {
        Some(organisation) => {
            let query = format!("SELECT {COLUMNS} FROM apps WHERE organisation = ?1 ORDER BY id");
            sql.query(&query, &[organisation.into()])?
        }
        None => sql.query(&format!("SELECT {COLUMNS} FROM apps ORDER BY id"), &[])?,
    };
    rows.iter().map(AppRecord::from_row).collect()
}

/// Makes an app with its first channel.
pub(crate) fn insert(
    sql: &mut dyn Sql,
    id: &str,
    organisation: &str,
    name: &str,
) -> Result<AppRecord, DatabaseError> {
    let app = AppRecord {
        id: id.to_owned(),
        organisation: organisation.to_owned(),
        name: name.to_owned(),
        device_token: None,
        keep_bundles: KEEP_BUNDLES,
        expose_metadata: false,
        created_at: clock::now(),
    };
    let insert = "INSERT INTO apps (id, organisation, name, keep_bundles, expose_metadata, \
                  created_at, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
    let values = [
        Value::from(&app.id),
        Value::from(&app.organisation),
        Value::from(&app.name),
        Value::from(app.keep_bundles),
        Value::from(app.expose_metadata),
        Value::from(app.created_at),
    ];
    sql.execute(insert, &values)?;
    channels::insert(sql, &NewChannel::public(id, FIRST_CHANNEL))?;
    Ok(app)
}

/// Changes what can be changed of an app.
pub(crate) fn update(sql: &mut dyn Sql, app: &AppRecord) -> Result<(), DatabaseError> {
    let update = "UPDATE apps SET name = ?1, device_token = ?2, keep_bundles = ?3, \
                  expose_metadata = ?4 WHERE id = ?5";
    let values = [
        Value::from(&app.name),
        Value::from(app.device_token.as_ref()),
        Value::from(app.keep_bundles),
        Value::from(app.expose_metadata),
        Value::from(&app.id),
    ];
    sql.execute(update, &values)?;
    changes::note(sql, &app.id)
}
