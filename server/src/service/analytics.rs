//! Figures of an app: who runs what, and how it goes.

use serde::Serialize;

use crate::catalogue::actions::{self, ActionFigures};
use crate::clock;
use crate::database::{DatabaseError, Sql, Value};

/// Figures of the last days.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analytics {
    days: u32,
    /// Devices that asked within these days.
    active_devices: u64,
    versions: Vec<VersionFigures>,
    adoption: Vec<DayFigures>,
    reports: Vec<DayReports>,
    /// What Capgo's plugin told.
    actions: Vec<ActionFigures>,
}

/// What is known of a version.
#[derive(Debug, Serialize)]
struct VersionFigures {
    version: String,
    /// Devices that run it and asked within these days.
    devices: u64,
    successes: u64,
    failures: u64,
}

/// How many devices ran a version on a day.
#[derive(Debug, Serialize)]
struct DayFigures {
    day: String,
    version: String,
    devices: u64,
}

/// What was reported on a day.
#[derive(Debug, Serialize)]
struct DayReports {
    day: String,
    version: String,
    successes: u64,
    failures: u64,
}

/// Collects the figures of an app.
pub(crate) fn collect(sql: &mut dyn Sql, app: &str, days: u32) -> Result<Analytics, DatabaseError> {
    let first_day = clock::day(clock::now()) - i64::from(days) + 1;
    let since = first_day * clock::DAY;
    let devices = "SELECT COUNT(*) FROM devices WHERE app = ?1 AND last_seen >= ?2";
    let active = sql.query_one(devices, &[app.into(), since.into()])?;
    Ok(Analytics {
        days,
        active_devices: active.map_or(Ok(0), |row| row.count(0))?,
        versions: versions(sql, app, since)?,
        adoption: adoption(sql, app, first_day)?,
        reports: reports(sql, app, since)?,
        actions: actions::list(sql, app, first_day)?,
    })
}

fn versions(
    sql: &mut dyn Sql,
    app: &str,
    since: i64,
) -> Result<Vec<VersionFigures>, DatabaseError> {
    let query = "SELECT version, CAST(SUM(devices) AS BIGINT), CAST(SUM(successes) AS BIGINT), \
                 CAST(SUM(failures) AS BIGINT) FROM (\
                 SELECT version, 1 AS devices, 0 AS successes, 0 AS failures \
                 FROM devices WHERE app = ?1 AND last_seen >= ?2 \
                 UNION ALL SELECT version, 0, success, 1 - success \
                 FROM confirmations WHERE app = ?1 AND received_at >= ?2) AS found \
                 GROUP BY version ORDER BY 2 DESC, version";
    let rows = sql.query(query, &[app.into(), since.into()])?;
    let figures = rows.iter().map(|row| {
        Ok(VersionFigures {
            version: row.text(0)?,
            devices: row.count(1)?,
            successes: row.count(2)?,
            failures: row.count(3)?,
        })
    });
    figures.collect()
}

fn adoption(
    sql: &mut dyn Sql,
    app: &str,
    first_day: i64,
) -> Result<Vec<DayFigures>, DatabaseError> {
    let query = "SELECT day, version, devices FROM adoption \
                 WHERE app = ?1 AND day >= ?2 AND devices > 0 ORDER BY day, version";
    let rows = sql.query(query, &[app.into(), first_day.into()])?;
    let figures = rows.iter().map(|row| {
        Ok(DayFigures {
            day: date(row.integer(0)?),
            version: row.text(1)?,
            devices: row.count(2)?,
        })
    });
    figures.collect()
}

fn reports(sql: &mut dyn Sql, app: &str, since: i64) -> Result<Vec<DayReports>, DatabaseError> {
    let query = "SELECT received_at / ?3, version, CAST(SUM(success) AS BIGINT), \
                 CAST(SUM(1 - success) AS BIGINT) FROM confirmations \
                 WHERE app = ?1 AND received_at >= ?2 GROUP BY 1, version ORDER BY 1, version";
    let values = [app.into(), since.into(), Value::from(clock::DAY)];
    let rows = sql.query(query, &values)?;
    let figures = rows.iter().map(|row| {
        Ok(DayReports {
            day: date(row.integer(0)?),
            version: row.text(1)?,
            successes: row.count(2)?,
            failures: row.count(3)?,
        })
    });
    figures.collect()
}

/// A day as ISO 8601 has it.
fn date(day: i64) -> String {
    let time = clock::iso(day * clock::DAY);
    time.split('T').next().unwrap_or_default().to_owned()
}
