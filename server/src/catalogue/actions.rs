//! What devices told that is counted and no more.

use crate::database::{DatabaseError, Sql, Value};

/// How often something was told of a version.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActionFigures {
    version: String,
    action: String,
    times: u64,
}

/// Counts so many more of an action.
pub(crate) fn count(
    sql: &mut dyn Sql,
    app: &str,
    day: i64,
    version: &str,
    action: &str,
    times: u64,
) -> Result<(), DatabaseError> {
    let upsert = "INSERT INTO actions (app, day, version, action, times) \
                  VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (app, day, version, action) \
                  DO UPDATE SET times = actions.times + excluded.times";
    let values = [
        Value::from(app),
        Value::from(day),
        Value::from(version),
        Value::from(action),
        Value::from(times),
    ];
    sql.execute(upsert, &values).map(|_| ())
}

/// The counts since a day, the most frequent first.
pub(crate) fn list(
    sql: &mut dyn Sql,
    app: &str,
    first_day: i64,
) -> Result<Vec<ActionFigures>, DatabaseError> {
    let query = "SELECT version, action, CAST(SUM(times) AS BIGINT) FROM actions \
                 WHERE app = ?1 AND day >= ?2 GROUP BY version, action \
                 ORDER BY 3 DESC, version, action";
    let rows = sql.query(query, &[app.into(), first_day.into()])?;
    let figures = rows.iter().map(|row| {
        Ok(ActionFigures {
            version: row.text(0)?,
            action: row.text(1)?,
            times: row.count(2)?,
        })
    });
    figures.collect()
}
