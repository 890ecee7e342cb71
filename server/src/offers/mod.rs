//! What devices are offered, in memory: a check doesn't ask the database.
//!
//! Each change of an app loads its offers anew, after it was committed. What another process
//! changes is followed by the numbers that changes have.

pub(crate) mod capgo;
pub(crate) mod decide;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::catalogue::apps::{self, AppRecord};
use crate::catalogue::bundles::{self, BundleRecord};
use crate::catalogue::changes;
use crate::catalogue::channels::{self, ChannelRecord};
use crate::catalogue::releases::{self, ReleaseRecord, ReleaseState};
use crate::database::{Database, DatabaseError, Sql};

/// How many steps of a channel are looked at for mandatory ones that a device has skipped.
const REMEMBERED_STEPS: u64 = 200;
/// Before all changes.
const NEVER: i64 = -1;

/// The offers of all apps.
pub(crate) struct Offers {
    apps: RwLock<HashMap<String, Loaded>>,
    /// All changes up to this one are known.
    seen: AtomicI64,
}

/// What an app gave after its change with this number.
struct Loaded {
    changed: i64,
    offers: Arc<AppOffers>,
}

impl Offers {
    /// Loads those of all apps.
    pub(crate) async fn load(database: &Database) -> Result<Self, DatabaseError> {
        let (seen, loaded) = database.snapshot(|sql| load_since(sql, NEVER)).await?;
        Ok(Self {
            apps: RwLock::new(loaded),
            seen: AtomicI64::new(seen),
        })
    }

    /// Those of one app; none where there is no such app.
    pub(crate) fn app(&self, id: &str) -> Option<Arc<AppOffers>> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.get(id).map(|loaded| Arc::clone(&loaded.offers))
    }

    /// The ids of all apps.
    pub(crate) fn app_ids(&self) -> Vec<String> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.keys().cloned().collect()
    }

    /// Loads those of one app anew.
    pub(crate) async fn refresh(&self, database: &Database, id: &str) -> Result<(), DatabaseError> {
        let wanted = id.to_owned();
        let loaded = database.snapshot(move |sql| {
            let app = apps::find(sql, &wanted)?;
            let loaded = app.map(|app| Loaded::load(sql, app));
            loaded.transpose()
        });
        if let Some(loaded) = loaded.await? {
            self.take_over([(id.to_owned(), loaded)]);
        }
        Ok(())
    }

    /// Loads what other processes have changed since this was asked last.
    pub(crate) async fn follow(&self, database: &Database) -> Result<(), DatabaseError> {
        let seen = self.seen.load(Ordering::Acquire);
        let known = self.newest_known().max(seen);
        let newest = database.read(changes::newest).await?;
        if newest == seen && newest >= known {
            return Ok(());
        }
        // The database was put back to an earlier time: nothing that is known counts.
        let is_earlier = newest < known;
        let since = if is_earlier { NEVER } else { seen };
        let loaded = database.snapshot(move |sql| load_since(sql, since));
        let (newest, loaded) = loaded.await?;
        if is_earlier {
            *self.apps.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        } else {
            self.take_over(loaded);
        }
        self.seen.store(newest, Ordering::Release);
        Ok(())
    }

    fn newest_known(&self) -> i64 {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        let changed = apps.values().map(|loaded| loaded.changed);
        changed.max().unwrap_or(NEVER)
    }

    /// Two who load at the same time may come here in either order: the later state stays.
    fn take_over(&self, loaded: impl IntoIterator<Item = (String, Loaded)>) {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        for (id, loaded) in loaded {
            let known = apps.get(&id).map_or(NEVER, |known| known.changed);
            if loaded.changed >= known {
                apps.insert(id, loaded);
            }
        }
    }
}

/// The number of the newest change, and the apps that have changed since another one.
fn load_since(
    sql: &mut dyn Sql,
    since: i64,
) -> Result<(i64, HashMap<String, Loaded>), DatabaseError> {
    let newest = changes::newest(sql)?;
    let mut loaded = HashMap::new();
    for id in changes::since(sql, since)? {
        if let Some(app) = apps::find(sql, &id)? {
            loaded.insert(id, Loaded::load(sql, app)?);
        }
    }
    Ok((newest, loaded))
}

impl Loaded {
    fn load(sql: &mut dyn Sql, app: AppRecord) -> Result<Self, DatabaseError> {
        Ok(Self {
            changed: changes::of_app(sql, &app.id)?,
            offers: Arc::new(AppOffers::load(sql, app)?),
        })
    }
}

/// What an app's channels give.
#[derive(Debug)]
pub(crate) struct AppOffers {
    pub(crate) app: AppRecord,
    /// The oldest first.
    pub(crate) channels: Vec<ChannelOffers>,
    /// The channels that devices chose.
    chosen: HashMap<String, i64>,
}

impl AppOffers {
    fn load(sql: &mut dyn Sql, app: AppRecord) -> Result<Self, DatabaseError> {
        let mut offers = Vec::new();
        for channel in channels::list(sql, &app.id)? {
            offers.push(ChannelOffers::load(sql, channel)?);
        }
        let query = "SELECT device, channel FROM device_channels WHERE app = ?1";
        let rows = sql.query(query, &[(&app.id).into()])?;
        let chosen = rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?)));
        Ok(Self {
            chosen: chosen.collect::<Result<_, DatabaseError>>()?,
            channels: offers,
            app,
        })
    }

    pub(crate) fn channel(&self, name: &str) -> Option<&ChannelOffers> {
        let mut channels = self.channels.iter();
        channels.find(|offers| offers.channel.name == name)
    }

    /// The channel for devices that name none.
    pub(crate) fn default_channel(&self) -> Option<&ChannelOffers> {
        self.channels.iter().find(|offers| offers.channel.is_public)
    }

    /// The channel that a device chose.
    pub(crate) fn chosen_channel(&self, device: &str) -> Option<&ChannelOffers> {
        let chosen = *self.chosen.get(device)?;
        let mut channels = self.channels.iter();
        channels.find(|offers| offers.channel.id == chosen)
    }
}

/// What a channel gives.
#[derive(Debug)]
pub(crate) struct ChannelOffers {
    pub(crate) channel: ChannelRecord,
    pub(crate) full: Option<Offer>,
    /// For a share of the devices; paused or not.
    pub(crate) rollout: Option<Offer>,
    steps: Vec<Step>,
}

impl ChannelOffers {
    fn load(sql: &mut dyn Sql, channel: ChannelRecord) -> Result<Self, DatabaseError> {
        let (mut full, mut rollout) = (None, None);
        for release in releases::open(sql, channel.id)? {
            let place = match release.state {
                ReleaseState::Full => &mut full,
                _ => &mut rollout,
            };
            *place = Some(Offer::load(sql, &channel.app, release)?);
        }
        let query = "SELECT releases.id, bundles.version, releases.mandatory FROM releases \
                     JOIN bundles ON bundles.id = releases.bundle \
                     WHERE releases.channel = ?1 ORDER BY releases.id DESC LIMIT ?2";
        let rows = sql.query(query, &[channel.id.into(), REMEMBERED_STEPS.into()])?;
        let steps = rows.iter().map(|row| {
            Ok(Step {
                release: row.integer(0)?,
                version: row.text(1)?,
                is_mandatory: row.flag(2)?,
            })
        });
        Ok(Self {
            steps: steps.collect::<Result<_, DatabaseError>>()?,
            channel,
            full,
            rollout,
        })
    }
}

/// A release that devices may get.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) release: ReleaseRecord,
    /// None goes back to builtin.
    pub(crate) bundle: Option<BundleRecord>,
    /// The envelope.
    pub(crate) statement: Option<Value>,
}

impl Offer {
    /// Whether its bundle is encrypted, as Capgo's protocol has it.
    pub(crate) fn is_encrypted(&self) -> bool {
        let session = self
            .bundle
            .as_ref()
            .map(|record| &record.bundle.session_key);
        session.is_some_and(|key| key.as_ref().is_some_and(|key| !key.is_empty()))
    }

    fn load(sql: &mut dyn Sql, app: &str, release: ReleaseRecord) -> Result<Self, DatabaseError> {
        let bundle = match release.bundle {
            Some(id) => bundles::find(sql, app, id)?,
            None => None,
        };
        let statement = release.statement.as_deref();
        Ok(Self {
            statement: statement.and_then(|text| serde_json::from_str(text).ok()),
            bundle,
            release,
        })
    }
}

/// What a channel gave once.
#[derive(Debug, Clone)]
struct Step {
    release: i64,
    version: String,
    is_mandatory: bool,
}
