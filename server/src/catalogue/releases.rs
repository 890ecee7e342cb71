//! Releases: the steps of a channel, each with a higher sequence than the one before.
//!
//! At most one release of a channel is `full`, which all its devices get; at most one above it is
//! a `rollout` or `paused`, which a share of them gets.

use crate::clock;
use crate::database::{DatabaseError, Row, Sql, Value};

use super::{changes, next_id};

/// All of 10,000.
pub(crate) const ALL: u32 = 10_000;

/// What has become of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReleaseState {
    /// All devices of the channel get it.
    Full,
    /// A share of them gets it.
    Rollout,
    /// Nobody else gets it for now.
    Paused,
    /// Another one came after it.
    Replaced,
}

impl ReleaseState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Rollout => "rollout",
            Self::Paused => "paused",
            Self::Replaced => "replaced",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        let known = [Self::Full, Self::Rollout, Self::Paused, Self::Replaced];
        known.into_iter().find(|state| state.name() == name)
    }
}

/// A step of a channel.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseRecord {
    pub(crate) id: i64,
    pub(crate) channel: i64,
    pub(crate) sequence: u64,
    /// None goes back to builtin.
    pub(crate) bundle: Option<i64>,
    pub(crate) state: ReleaseState,
    /// How many of 10,000 devices get it.
    pub(crate) share_bps: u32,
    pub(crate) mandatory: bool,
    /// The envelope, as JSON.
    pub(crate) statement: Option<String>,
    /// When it got its sequence and statement.
    pub(crate) issued_at: i64,
    pub(crate) paused_because: Option<String>,
    pub(crate) created_by: String,
    pub(crate) created_at: i64,
}

const COLUMNS: &str = "id, channel, sequence, bundle, state, share_bps, mandatory, statement, \
     issued_at, paused_because, created_by, created_at";

impl ReleaseRecord {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let state = ReleaseState::parse(&row.text(4)?);
        Ok(Self {
            id: row.integer(0)?,
            channel: row.integer(1)?,
            sequence: row.count(2)?,
            bundle: row.optional_integer(3)?,
            state: state.ok_or(DatabaseError::Column {
                column: 4,
                found: "a state of a newer version",
            })?,
            share_bps: u32::try_from(row.count(5)?).unwrap_or(ALL),
            mandatory: row.flag(6)?,
            statement: row.optional_text(7)?,
            issued_at: row.integer(8)?,
            paused_because: row.optional_text(9)?,
            created_by: row.text(10)?,
            created_at: row.integer(11)?,
        })
    }
}

/// A release that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewRelease {
    pub(crate) channel: i64,
    pub(crate) sequence: u64,
    pub(crate) bundle: Option<i64>,
    pub(crate) share_bps: u32,
    pub(crate) mandatory: bool,
    pub(crate) statement: Option<String>,
    pub(crate) created_by: String,
}

/// The releases of a channel, the newest first.
pub(crate) fn list(
    sql: &mut dyn Sql,
    channel: i64,
    most: u64,
) -> Result<Vec<ReleaseRecord>, DatabaseError> {
    let query = format!(
        "SELECT {COLUMNS} FROM releases WHERE channel = ?1 ORDER BY sequence DESC LIMIT ?2"
    );
    let rows = sql.query(&query, &[channel.into(), most.into()])?;
    rows.iter().map(ReleaseRecord::from_row).collect()
}

/// The releases of a channel that devices may get: the full one and the one that rolls out.
pub(crate) fn open(sql: &mut dyn Sql, channel: i64) -> Result<Vec<ReleaseRecord>, DatabaseError> {
    let query = format!(
        "SELECT {COLUMNS} FROM releases WHERE channel = ?1 AND state <> 'replaced' \
         ORDER BY sequence DESC"
    );
    let rows = sql.query(&query, &[channel.into()])?;
    rows.iter().map(ReleaseRecord::from_row).collect()
}

/// The channels that give a bundle, by name.
pub(crate) fn channels_of(sql: &mut dyn Sql, bundle: i64) -> Result<Vec<String>, DatabaseError> {
    let query = "SELECT DISTINCT channels.name FROM releases \
                 JOIN channels ON channels.id = releases.channel \
                 WHERE releases.bundle = ?1 AND releases.state <> 'replaced' \
                 ORDER BY channels.name";
    let rows = sql.query(query, &[bundle.into()])?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Makes a release the newest of its channel. One for all replaces all before it; one for a share
/// replaces another that was rolling out.
pub(crate) fn insert(
    sql: &mut dyn Sql,
    release: &NewRelease,
) -> Result<ReleaseRecord, DatabaseError> {
    let state = match release.share_bps {
        ALL.. => ReleaseState::Full,
        _ => ReleaseState::Rollout,
    };
    let replace = match state {
        ReleaseState::Full => "state <> 'replaced'",
        _ => "state IN ('rollout', 'paused')",
    };
    let update = format!("UPDATE releases SET state = 'replaced' WHERE channel = ?1 AND {replace}");
    sql.execute(&update, &[release.channel.into()])?;
    let now = clock::now();
    let record = ReleaseRecord {
        id: next_id(sql, "releases")?,
        channel: release.channel,
        sequence: release.sequence,
        bundle: release.bundle,
        state,
        share_bps: release.share_bps.min(ALL),
        mandatory: release.mandatory,
        statement: release.statement.clone(),
        issued_at: now,
        paused_because: None,
        created_by: release.created_by.clone(),
        created_at: now,
    };
    let insert = format!(
        "INSERT INTO releases ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    );
    let values = [
        Value::from(record.id),
        Value::from(record.channel),
        Value::from(record.sequence),
        Value::from(record.bundle),
        Value::from(record.state.name()),
        Value::from(record.share_bps),
        Value::from(record.mandatory),
        Value::from(record.statement.as_ref()),
        Value::from(record.issued_at),
        Value::Null,
        Value::from(&record.created_by),
        Value::from(record.created_at),
    ];
    sql.execute(&insert, &values)?;
    count(sql, &record)?;
    Ok(record)
}

/// Keeps the sequence that a release has got anew, and its statement.
pub(crate) fn renumber(sql: &mut dyn Sql, release: &ReleaseRecord) -> Result<(), DatabaseError> {
    let update = "UPDATE releases SET sequence = ?1, statement = ?2, issued_at = ?3 WHERE id = ?4";
    let values = [
        Value::from(release.sequence),
        Value::from(release.statement.as_ref()),
        Value::from(clock::now()),
        Value::from(release.id),
    ];
    sql.execute(update, &values)?;
    count(sql, release)
}

/// The release has the newest sequence of its channel.
fn count(sql: &mut dyn Sql, release: &ReleaseRecord) -> Result<(), DatabaseError> {
    let update = "UPDATE channels SET sequence = ?1, updated_at = ?2 WHERE id = ?3";
    let values = [
        release.sequence.into(),
        clock::now().into(),
        release.channel.into(),
    ];
    sql.execute(update, &values)?;
    changes::note_channel(sql, release.channel)
}

/// Keeps state, share and the reason for a pause. Where it becomes full, it replaces the one that
/// was.
pub(crate) fn update(sql: &mut dyn Sql, release: &ReleaseRecord) -> Result<(), DatabaseError> {
    if release.state == ReleaseState::Full {
        let update = "UPDATE releases SET state = 'replaced' \
                      WHERE channel = ?1 AND state <> 'replaced' AND id <> ?2";
        sql.execute(update, &[release.channel.into(), release.id.into()])?;
    }
    let update =
        "UPDATE releases SET state = ?1, share_bps = ?2, paused_because = ?3 WHERE id = ?4";
    let values = [
        Value::from(release.state.name()),
        Value::from(release.share_bps),
        Value::from(release.paused_because.as_ref()),
        Value::from(release.id),
    ];
    sql.execute(update, &values)?;
    changes::note_channel(sql, release.channel)
}
