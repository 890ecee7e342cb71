//! Channels: what groups of devices get.

use crate::clock;
use crate::database::{DatabaseError, Row, Sql, Value};

use super::{changes, next_id};

/// Failures out of 10,000 reports at which a rollout pauses by itself, where nobody says otherwise.
pub(crate) const PAUSE_FAILURES_BPS: u32 = 1_000;
/// How many reports it takes until that counts.
pub(crate) const PAUSE_MIN_REPORTS: u32 = 20;

/// A channel.
#[derive(Debug, Clone)]
pub(crate) struct ChannelRecord {
    pub(crate) id: i64,
    pub(crate) app: String,
    pub(crate) name: String,
    /// Whether it is for devices that name no channel; the oldest of these is meant.
    pub(crate) is_public: bool,
    /// Whether devices may choose it.
    pub(crate) self_set: bool,
    /// The platforms that get something; none is all.
    pub(crate) platforms: Vec<String>,
    pub(crate) refuses: Vec<Refusal>,
    /// That of the newest release.
    pub(crate) sequence: u64,
    /// None never pauses.
    pub(crate) pause_failures_bps: Option<u32>,
    pub(crate) pause_min_reports: u32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// What a channel doesn't give to some devices, in Capgo's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    /// A higher first number than the app's own version has.
    Major,
    /// A higher first or second number.
    Minor,
    /// Whatever isn't a patch of the app's own version.
    Patch,
    /// A version below the app's own.
    UnderNative,
    /// A bundle that doesn't say which version of the app it needs.
    NoRange,
    Emulator,
    Device,
    Dev,
    Prod,
}

impl Refusal {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Major, "major"),
        (Self::Minor, "minor"),
        (Self::Patch, "patch"),
        (Self::UnderNative, "under_native"),
        (Self::NoRange, "no_range"),
        (Self::Emulator, "emulator"),
        (Self::Device, "device"),
        (Self::Dev, "dev"),
        (Self::Prod, "prod"),
    ];

    fn parse(name: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|(_, known)| *known == name);
        known.map(|(refusal, _)| refusal)
    }

    pub(crate) fn name(self) -> &'static str {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == self);
        known.map_or("", |(_, name)| name)
    }
}

/// A channel that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewChannel<'a> {
    pub(crate) app: &'a str,
    pub(crate) name: &'a str,
    pub(crate) is_public: bool,
    pub(crate) self_set: bool,
}

impl<'a> NewChannel<'a> {
    /// One for devices that name none.
    pub(crate) fn public(app: &'a str, name: &'a str) -> Self {
        Self {
            app,
            name,
            is_public: true,
            self_set: false,
        }
    }
}

const COLUMNS: &str = "id, app, name, is_public, self_set, platforms, refuses, sequence, \
     pause_failures_bps, pause_min_reports, created_at, updated_at";
const LONGEST_NAME: usize = 64;

impl ChannelRecord {
    /// Whether its releases are for a platform.
    pub(crate) fn gives_to(&self, platform: &str) -> bool {
        self.platforms.is_empty() || self.platforms.iter().any(|one| one == platform)
    }

    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let list = |text: String| -> Vec<String> {
            let names = text.split(',').filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        let refuses = list(row.text(6)?);
        let failures = row.optional_integer(8)?;
        Ok(Self {
            id: row.integer(0)?,
            app: row.text(1)?,
            name: row.text(2)?,
            is_public: row.flag(3)?,
            self_set: row.flag(4)?,
            platforms: list(row.text(5)?),
            refuses: refuses
                .iter()
                .filter_map(|name| Refusal::parse(name))
                .collect(),
            sequence: row.count(7)?,
            pause_failures_bps: failures.and_then(|failures| u32::try_from(failures).ok()),
            pause_min_reports: u32::try_from(row.count(9)?).unwrap_or(u32::MAX),
            created_at: row.integer(10)?,
            updated_at: row.integer(11)?,
        })
    }
}

/// Whether it can be the name of a channel: letters, digits, dots, lines, blanks inside. Dots
/// alone are no part of an address.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._- ".contains(&byte);
    let is_more_than_dots = text.bytes().any(|byte| byte != b'.');
    let fits = text.len() <= LONGEST_NAME && text.bytes().all(fits);
    fits && is_more_than_dots && text.trim() == text
}

/// Whether it can be the name of a platform.
pub(crate) fn is_platform(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The channels of an app, the oldest first.
pub(crate) fn list(sql: &mut dyn Sql, app: &str) -> Result<Vec<ChannelRecord>, DatabaseError> {
    let query = format!("SELECT {COLUMNS} FROM channels WHERE app = ?1 ORDER BY id");
    let rows = sql.query(&query, &[app.into()])?;
    rows.iter().map(ChannelRecord::from_row).collect()
}

pub(crate) fn find(
    sql: &mut dyn Sql,
    app: &str,
    id: i64,
) -> Result<Option<ChannelRecord>, DatabaseError> {
    let query = format!("SELECT {COLUMNS} FROM channels WHERE app = ?1 AND id = ?2");
    let row = sql.query_one(&query, &[app.into(), id.into()])?;
    row.as_ref().map(ChannelRecord::from_row).transpose()
}

pub(crate) fn find_name(
    sql: &mut dyn Sql,
    app: &str,
    name: &str,
) -> Result<Option<ChannelRecord>, DatabaseError> {
    let query = format!("SELECT {COLUMNS} FROM channels WHERE app = ?1 AND name = ?2");
    let row = sql.query_one(&query, &[app.into(), name.into()])?;
    row.as_ref().map(ChannelRecord::from_row).transpose()
}

/// Makes a channel that gives nothing yet.
pub(crate) fn insert(sql: &mut dyn Sql, channel: &NewChannel<'_>) -> Result<i64, DatabaseError> {
    let id = next_id(sql, "channels")?;
    let now = clock::now();
    let insert = format!(
        "INSERT INTO channels ({COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, '', '', ?6, ?7, ?8, ?9, ?10)"
    );
    let values = [
        Value::from(id),
        Value::from(channel.app),
        Value::from(channel.name),
        Value::from(channel.is_public),
        Value::from(channel.self_set),
        Value::from(floor(sql, channel)?),
        Value::from(PAUSE_FAILURES_BPS),
        Value::from(PAUSE_MIN_REPORTS),
        Value::from(now),
        Value::from(now),
    ];
    sql.execute(&insert, &values)?;
    changes::note(sql, channel.app)?;
    Ok(id)
}

/// Keeps everything of a channel but its id, app and name.
pub(crate) fn update(sql: &mut dyn Sql, channel: &ChannelRecord) -> Result<(), DatabaseError> {
    let update = "UPDATE channels SET is_public = ?1, self_set = ?2, platforms = ?3, refuses = ?4, \
                  sequence = ?5, pause_failures_bps = ?6, pause_min_reports = ?7, updated_at = ?8 \
                  WHERE id = ?9";
    let refuses: Vec<&str> = channel
        .refuses
        .iter()
        .map(|refusal| refusal.name())
        .collect();
    let values = [
        Value::from(channel.is_public),
        Value::from(channel.self_set),
        Value::from(channel.platforms.join(",")),
        Value::from(refuses.join(",")),
        Value::from(channel.sequence),
        Value::from(channel.pause_failures_bps),
        Value::from(channel.pause_min_reports),
        Value::from(clock::now()),
        Value::from(channel.id),
    ];
    sql.execute(update, &values)?;
    changes::note(sql, &channel.app)
}

/// Takes a channel away, with its releases and the devices that chose it.
pub(crate) fn delete(sql: &mut dyn Sql, id: i64) -> Result<(), DatabaseError> {
    changes::note_channel(sql, id)?;
    sql.execute(
        "DELETE FROM device_channels WHERE channel = ?1",
        &[id.into()],
    )?;
    sql.execute("DELETE FROM releases WHERE channel = ?1", &[id.into()])?;
    sql.execute(
        "INSERT INTO channel_floors (app, name, sequence) \
         SELECT app, name, sequence FROM channels WHERE id = ?1 \
         ON CONFLICT (app, name) DO UPDATE SET sequence = excluded.sequence",
        &[id.into()],
    )?;
    sql.execute("DELETE FROM channels WHERE id = ?1", &[id.into()])?;
    Ok(())
}

/// The last sequence of a channel that had this name: devices take no statement below it.
fn floor(sql: &mut dyn Sql, channel: &NewChannel<'_>) -> Result<u64, DatabaseError> {
    let query = "SELECT sequence FROM channel_floors WHERE app = ?1 AND name = ?2";
    let row = sql.query_one(query, &[channel.app.into(), channel.name.into()])?;
    row.map_or(Ok(0), |row| row.count(0))
}
