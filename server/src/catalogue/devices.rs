//! Devices that asked, and the channels that they were put into.

use crate::clock;
use crate::database::{DatabaseError, Row, Sql, Value};

use super::changes;

/// A device that asked.
#[derive(Debug, Clone)]
pub(crate) struct DeviceRecord {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) platform: String,
    pub(crate) app_version: String,
    pub(crate) custom_id: Option<String>,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    /// The bundle with the version that it runs.
    pub(crate) bundle: Option<i64>,
    /// The channel that it was put into.
    pub(crate) channel: Option<String>,
}

const SELECT: &str = "SELECT devices.device, devices.version, devices.platform, \
     devices.app_version, devices.custom_id, devices.first_seen, devices.last_seen, bundles.id, \
     channels.name FROM devices \
     LEFT JOIN bundles ON bundles.app = devices.app AND bundles.version = devices.version \
     AND bundles.deleted_at IS NULL \
     LEFT JOIN device_channels ON device_channels.app = devices.app \
     AND device_channels.device = devices.device \
     LEFT JOIN channels ON channels.id = device_channels.channel WHERE devices.app = ?1";

impl DeviceRecord {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.text(0)?,
            version: row.text(1)?,
            platform: row.text(2)?,
            app_version: row.text(3)?,
            custom_id: row.optional_text(4)?,
            first_seen: row.integer(5)?,
            last_seen: row.integer(6)?,
            bundle: row.optional_integer(7)?,
            channel: row.optional_text(8)?,
        })
    }
}

pub(crate) fn find(
    sql: &mut dyn Sql,
    app: &str,
    device: &str,
) -> Result<Option<DeviceRecord>, DatabaseError> {
    let query = format!("{SELECT} AND devices.device = ?2");
    let row = sql.query_one(&query, &[app.into(), device.into()])?;
    row.as_ref().map(DeviceRecord::from_row).transpose()
}

/// So many devices of an app, by id, those behind `after`.
pub(crate) fn list(
    sql: &mut dyn Sql,
    app: &str,
    after: &str,
    most: u64,
) -> Result<Vec<DeviceRecord>, DatabaseError> {
    let query = format!("{SELECT} AND devices.device > ?2 ORDER BY devices.device LIMIT ?3");
    let rows = sql.query(&query, &[app.into(), after.into(), most.into()])?;
    rows.iter().map(DeviceRecord::from_row).collect()
}

/// Puts a device into a channel.
pub(crate) fn set_channel(
    sql: &mut dyn Sql,
    app: &str,
    device: &str,
    channel: i64,
) -> Result<(), DatabaseError> {
    let upsert = "INSERT INTO device_channels (app, device, channel, set_at) \
                  VALUES (?1, ?2, ?3, ?4) ON CONFLICT (app, device) \
                  DO UPDATE SET channel = excluded.channel, set_at = excluded.set_at";
    let values = [
        Value::from(app),
        Value::from(device),
        Value::from(channel),
        Value::from(clock::now()),
    ];
    sql.execute(upsert, &values)?;
    changes::note(sql, app)
}

/// Takes a device out of the channel that it was put into; whether it was in one.
pub(crate) fn unset_channel(
    sql: &mut dyn Sql,
    app: &str,
    device: &str,
) -> Result<bool, DatabaseError> {
    let delete = "DELETE FROM device_channels WHERE app = ?1 AND device = ?2";
    let was_in_one = sql.execute(delete, &[app.into(), device.into()])? > 0;
    changes::note(sql, app)?;
    Ok(was_in_one)
}
