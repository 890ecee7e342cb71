//! Figures of an app: who runs what, and how it goes.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::catalogue::actions::{self, ActionFigures};
use crate::clock;
use crate::database::{DatabaseError, Sql, Value};

/// The most versions that are told of one by one: whoever reports may name any.
const MOST_VERSIONS: usize = 200;

/// Figures of the last days.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analytics {
    days: u32,
    first_day: String,
    last_day: String,
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
    /// None is all that aren't told of one by one.
    version: Option<String>,
    /// Devices that run it and asked within these days.
    devices: u64,
    successes: u64,
    failures: u64,
}

/// How many devices ran a version on a day.
#[derive(Debug, Serialize)]
struct DayFigures {
    day: String,
    /// None is all that aren't told of one by one.
    version: Option<String>,
    devices: u64,
}

/// What was reported on a day.
#[derive(Debug, Serialize)]
struct DayReports {
    day: String,
    /// None is all that aren't told of one by one.
    version: Option<String>,
    successes: u64,
    failures: u64,
}

/// Collects the figures of an app. Day by day, so many versions are told of one by one: those that
/// run most, and those that fail most.
pub(crate) fn collect(
    sql: &mut dyn Sql,
    app: &str,
    days: u32,
    most: usize,
) -> Result<Analytics, DatabaseError> {
    let most = most.min(MOST_VERSIONS);
    let today = clock::day(clock::now());
    let first_day = today - i64::from(days) + 1;
    let since = first_day * clock::DAY;
    let devices = "SELECT COUNT(*) FROM devices WHERE app = ?1 AND last_seen >= ?2";
    let active = sql.query_one(devices, &[app.into(), since.into()])?;
    Ok(Analytics {
        days,
        first_day: date(first_day),
        last_day: date(today),
        active_devices: active.map_or(Ok(0), |row| row.count(0))?,
        versions: versions(sql, app, since)?,
        adoption: adoption(sql, app, first_day, most)?,
        reports: reports(sql, app, since, most)?,
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
                 GROUP BY version ORDER BY 2 DESC, 3 DESC, 4 DESC, version";
    let rows = sql.query(query, &[app.into(), since.into()])?;
    let figures = rows.iter().map(|row| {
        Ok(VersionFigures {
            version: Some(row.text(0)?),
            devices: row.count(1)?,
            successes: row.count(2)?,
            failures: row.count(3)?,
        })
    });
    let mut figures = figures.collect::<Result<Vec<_>, DatabaseError>>()?;
    let others = figures.split_off(figures.len().min(MOST_VERSIONS));
    let others = others.into_iter().reduce(|sum, one| VersionFigures {
        version: None,
        devices: sum.devices + one.devices,
        successes: sum.successes + one.successes,
        failures: sum.failures + one.failures,
    });
    figures.extend(others);
    Ok(figures)
}

fn adoption(
    sql: &mut dyn Sql,
    app: &str,
    first_day: i64,
    most: usize,
) -> Result<Vec<DayFigures>, DatabaseError> {
    let query = "SELECT day, version, devices FROM adoption \
                 WHERE app = ?1 AND day >= ?2 AND devices > 0 ORDER BY day, version";
    let rows = sql.query(query, &[app.into(), first_day.into()])?;
    let counted = rows.iter().map(|row| {
        let (day, devices) = (row.integer(0)?, row.count(2)?);
        Ok(Counted {
            day,
            version: row.text(1)?,
            counts: [devices, 0],
            // What is new counts for more than what was.
            weight: devices * (day - first_day + 1).unsigned_abs(),
        })
    });
    let counted = counted.collect::<Result<Vec<_>, DatabaseError>>()?;
    let figures = fold(counted, most).into_iter();
    let figures = figures.map(|((day, version), [devices, _])| DayFigures {
        day: date(day),
        version,
        devices,
    });
    Ok(figures.collect())
}

fn reports(
    sql: &mut dyn Sql,
    app: &str,
    since: i64,
    most: usize,
) -> Result<Vec<DayReports>, DatabaseError> {
    let query = "SELECT received_at / ?3, version, CAST(SUM(success) AS BIGINT), \
                 CAST(SUM(1 - success) AS BIGINT) FROM confirmations \
                 WHERE app = ?1 AND received_at >= ?2 GROUP BY 1, version ORDER BY 1, version";
    let values = [app.into(), since.into(), Value::from(clock::DAY)];
    let rows = sql.query(query, &values)?;
    let counted = rows.iter().map(|row| {
        let failures = row.count(3)?;
        Ok(Counted {
            day: row.integer(0)?,
            version: row.text(1)?,
            counts: [row.count(2)?, failures],
            weight: failures,
        })
    });
    let counted = counted.collect::<Result<Vec<_>, DatabaseError>>()?;
    let figures = fold(counted, most).into_iter();
    let figures = figures.map(|((day, version), [successes, failures])| DayReports {
        day: date(day),
        version,
        successes,
        failures,
    });
    Ok(figures.collect())
}

/// What was counted of a version on a day.
struct Counted {
    day: i64,
    version: String,
    counts: [u64; 2],
    /// How much this has the version told of.
    weight: u64,
}

/// Adds up, day by day, all versions but those that weigh most.
fn fold(counted: Vec<Counted>, most: usize) -> BTreeMap<(i64, Option<String>), [u64; 2]> {
    let mut weights = HashMap::<String, u64>::new();
    for one in &counted {
        *weights.entry(one.version.clone()).or_default() += one.weight;
    }
    let mut heaviest: Vec<_> = weights.into_iter().collect();
    heaviest.sort_unstable_by(|(a, heavy), (b, heavier)| heavier.cmp(heavy).then(a.cmp(b)));
    heaviest.truncate(most);
    let told: HashSet<_> = heaviest.into_iter().map(|(version, _)| version).collect();
    let mut days = BTreeMap::<_, [u64; 2]>::new();
    for one in counted {
        let version = Some(one.version).filter(|version| told.contains(version));
        let sums = days.entry((one.day, version)).or_default();
        for (sum, count) in sums.iter_mut().zip(one.counts) {
            *sum += count;
        }
    }
    days
}

/// A day as ISO 8601 has it.
fn date(day: i64) -> String {
    let time = clock::iso(day * clock::DAY);
    time.split('T').next().unwrap_or_default().to_owned()
}
