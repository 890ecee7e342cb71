//! Which devices there are, and what they run.
//!
//! A check is answered from memory; what it tells of its device is kept here and written to the
//! database with the others of the last second. Where the process dies, that second is lost: it
//! comes again with the device's next check.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Shared;
use crate::clock;
use crate::database::{Sql, Value};
use crate::error::ApiError;

/// How many devices wait to be written at most; the others come again.
const MOST: usize = 100_000;
/// How many are written at once: others have something to write too.
const AT_ONCE: usize = 1_000;

/// What a device told when it asked last.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) version: String,
    pub(crate) channel: String,
    pub(crate) platform: String,
    pub(crate) app_version: String,
    pub(crate) custom_id: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Device {
    app: String,
    id: String,
}

/// The devices that asked and aren't written yet.
#[derive(Default)]
pub(crate) struct Presence(Mutex<HashMap<Device, Seen>>);

impl Presence {
    /// A device has asked.
    pub(crate) fn note(&self, app: &str, device: &str, seen: Seen) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            let device = Device {
                app: app.to_owned(),
                id: device.to_owned(),
            };
            waiting.insert(device, seen);
        }
    }

    fn take(&self) -> HashMap<Device, Seen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    /// Writes what is known of the devices that asked since the last time.
    pub(crate) async fn write_presence(&self) -> Result<(), ApiError> {
        let mut waiting = self.presence.take().into_iter().peekable();
        let now = clock::now();
        while waiting.peek().is_some() {
            let some: Vec<_> = waiting.by_ref().take(AT_ONCE).collect();
            let written = self.database.write(move |sql| {
                for (device, seen) in &some {
                    write(sql, device, seen, now)?;
                }
                Ok::<_, ApiError>(())
            });
            written.await?;
        }
        Ok(())
    }
}

fn write(sql: &mut dyn Sql, device: &Device, seen: &Seen, now: i64) -> Result<(), ApiError> {
    let query = "SELECT version, last_seen FROM devices WHERE app = ?1 AND device = ?2";
    let before = sql.query_one(query, &[(&device.app).into(), (&device.id).into()])?;
    let upsert = "INSERT INTO devices (app, device, version, channel, platform, app_version, \
                  custom_id, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) \
                  ON CONFLICT (app, device) DO UPDATE SET version = excluded.version, \
                  channel = excluded.channel, platform = excluded.platform, \
                  app_version = excluded.app_version, \
                  custom_id = COALESCE(excluded.custom_id, devices.custom_id), \
                  last_seen = excluded.last_seen";
    let values = [
        Value::from(&device.app),
        Value::from(&device.id),
        Value::from(&seen.version),
        Value::from(&seen.channel),
        Value::from(&seen.platform),
        Value::from(&seen.app_version),
        Value::from(seen.custom_id.as_ref()),
        Value::from(now),
    ];
    sql.execute(upsert, &values)?;
    let today = clock::day(now);
    if let Some(before) = before {
        let version = before.text(0)?;
        if clock::day(before.integer(1)?) == today {
            if version == seen.version {
                return Ok(());
            }
            count(sql, &device.app, today, &version, -1)?;
        }
    }
    count(sql, &device.app, today, &seen.version, 1)
}

fn count(
    sql: &mut dyn Sql,
    app: &str,
    day: i64,
    version: &str,
    change: i64,
) -> Result<(), ApiError> {
    let upsert = "INSERT INTO adoption (app, day, version, devices) VALUES (?1, ?2, ?3, ?4) \
                  ON CONFLICT (app, day, version) \
                  DO UPDATE SET devices = adoption.devices + excluded.devices";
    let values = [app.into(), day.into(), version.into(), change.into()];
    sql.execute(upsert, &values)?;
    Ok(())
}
