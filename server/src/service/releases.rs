//! What channels give: releases, rollouts, and the way back.

use super::Shared;
use super::bundles::own_app;
use super::stated::Stated;
use crate::catalogue::audit;
use crate::catalogue::bundles::{self, BundleRecord};
use crate::catalogue::channels::{self, ChannelRecord, NewChannel};
use crate::catalogue::keys::KeyRecord;
use crate::catalogue::releases::{self, ALL, NewRelease, ReleaseRecord, ReleaseState};
use crate::database::Sql;
use crate::error::ApiError;

/// What a channel is to give.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Bundle(i64),
    Version(String),
    /// What the channel gave to all before.
    Previous,
    /// The files in the app's package.
    Builtin,
}

/// A channel of an app.
#[derive(Debug, Clone)]
pub(crate) enum ChannelName {
    Id(i64),
    Name(String),
}

/// What is done about a rollout.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RolloutChange {
    /// So many of 10,000 devices get it.
    Share(u32),
    Pause,
    Resume,
    /// All devices get it.
    Promote,
}

/// A release, with the names of what it is about.
#[derive(Debug, Clone)]
pub(crate) struct Released {
    pub(crate) release: ReleaseRecord,
    pub(crate) channel: ChannelRecord,
    /// None is builtin.
    pub(crate) version: Option<String>,
}

impl Shared {
    /// Has a channel give something to so many of 10,000 devices.
    pub(crate) async fn release(
        &self,
        key: KeyRecord,
        app: &str,
        channel: ChannelName,
        target: Target,
        share_bps: u32,
    ) -> Result<Released, ApiError> {
        self.release_stated(key, app, channel, target, share_bps, None)
            .await
    }

    /// As [`release`](Self::release), with a statement that somebody has signed for it.
    pub(crate) async fn release_stated(
        &self,
        key: KeyRecord,
        app: &str,
        channel: ChannelName,
        target: Target,
        share_bps: u32,
        statement: Option<Stated>,
    ) -> Result<Released, ApiError> {
        let id = app.to_owned();
        let released = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            let bundle = resolve(sql, &channel, &target)?;
            let sequence = match &statement {
                Some(stated) => stated.sequence_for(&channel, bundle.as_ref())?,
                None => channel.sequence + 1,
            };
            let release = NewRelease {
                channel: channel.id,
                sequence,
                bundle: bundle.as_ref().map(|found| found.id),
                share_bps,
                mandatory: bundle.as_ref().is_some_and(|found| found.bundle.mandatory),
                statement: statement.map(Stated::into_envelope),
                created_by: key.id.clone(),
            };
            let release = releases::insert(sql, &release)?;
            let version = bundle.map(|found| found.bundle.version);
            let name = version.as_deref().unwrap_or("builtin");
            let detail = format!("{name} on {} to {share_bps}/10000", channel.name);
            audit::record(sql, &key, Some(&id), "channel.release", &detail)?;
            Ok::<_, ApiError>(Released {
                release,
                channel,
                version,
            })
        });
        let released = released.await?;
        self.offers.refresh(&self.database, app).await?;
        Ok(released)
    }

    /// Changes the rollout of a channel.
    pub(crate) async fn change_rollout(
        &self,
        key: KeyRecord,
        app: &str,
        channel: ChannelName,
        change: RolloutChange,
    ) -> Result<ReleaseRecord, ApiError> {
        let id = app.to_owned();
        let changed = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            let mut open = releases::open(sql, channel.id)?.into_iter();
            let found = open.find(|release| release.state != ReleaseState::Full);
            let mut release = found.ok_or(ApiError::NotFound("Rollout"))?;
            apply(&mut release, change)?;
            releases::update(sql, &release)?;
            let detail = format!("{change:?} on {}", channel.name);
            audit::record(sql, &key, Some(&id), "channel.rollout", &detail)?;
            Ok::<_, ApiError>(release)
        });
        let changed = changed.await?;
        self.offers.refresh(&self.database, app).await?;
        Ok(changed)
    }

    /// Makes a channel, or changes the one with this name.
    pub(crate) async fn put_channel(
        &self,
        key: KeyRecord,
        app: &str,
        name: &str,
        change: impl FnOnce(&mut ChannelRecord) + Send + 'static,
    ) -> Result<ChannelRecord, ApiError> {
        if !channels::is_name(name) {
            let message = "A channel's name has up to 64 letters, digits, dots, lines and blanks";
            return Err(ApiError::invalid("invalid_channel", message));
        }
        let (id, name) = (app.to_owned(), name.to_owned());
        let put = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            if channels::find_name(sql, &id, &name)?.is_none() {
                let channel = NewChannel {
                    is_public: false,
                    ..NewChannel::public(&id, &name)
                };
                channels::insert(sql, &channel)?;
            }
            let found = channels::find_name(sql, &id, &name)?;
            let mut channel = found.ok_or(ApiError::NotFound("Channel"))?;
            change(&mut channel);
            channels::update(sql, &channel)?;
            audit::record(sql, &key, Some(&id), "channel.change", &name)?;
            Ok::<_, ApiError>(channel)
        });
        let put = put.await?;
        self.offers.refresh(&self.database, app).await?;
        Ok(put)
    }

    /// Takes a channel away.
    pub(crate) async fn delete_channel(
        &self,
        key: KeyRecord,
        app: &str,
        channel: ChannelName,
    ) -> Result<(), ApiError> {
        let id = app.to_owned();
        let deleted = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            channels::delete(sql, channel.id)?;
            audit::record(sql, &key, Some(&id), "channel.delete", &channel.name)?;
            Ok::<_, ApiError>(())
        });
        deleted.await?;
        Ok(self.offers.refresh(&self.database, app).await?)
    }
}

pub(crate) fn find_channel(
    sql: &mut dyn Sql,
    app: &str,
    channel: &ChannelName,
) -> Result<ChannelRecord, ApiError> {
    let found = match channel {
        ChannelName::Id(id) => channels::find(sql, app, *id)?,
        ChannelName::Name(name) => channels::find_name(sql, app, name)?,
    };
    found.ok_or(ApiError::NotFound("Channel"))
}

fn resolve(
    sql: &mut dyn Sql,
    channel: &ChannelRecord,
    target: &Target,
) -> Result<Option<BundleRecord>, ApiError> {
    let found = match target {
        Target::Builtin => return Ok(None),
        Target::Bundle(id) => bundles::find(sql, &channel.app, *id)?,
        Target::Version(version) => bundles::find_version(sql, &channel.app, version)?,
        Target::Previous => return previous(sql, channel),
    };
    found.map(Some).ok_or(ApiError::NotFound("Bundle"))
}

/// What all devices of a channel had before: while something rolls out, what the others have;
/// else the newest other bundle that is still there.
fn previous(sql: &mut dyn Sql, channel: &ChannelRecord) -> Result<Option<BundleRecord>, ApiError> {
    let open = releases::open(sql, channel.id)?;
    let rolls_out = open
        .iter()
        .any(|release| release.state != ReleaseState::Full);
    let full = open
        .iter()
        .find(|release| release.state == ReleaseState::Full);
    let now = match (rolls_out, full) {
        (true, Some(full)) => {
            return match full.bundle {
                Some(id) => Ok(bundles::find(sql, &channel.app, id)?),
                None => Ok(None),
            };
        }
        (_, full) => full.map(|release| release.bundle),
    };
    for release in releases::list(sql, channel.id, u64::from(ALL))? {
        let was_full = release.share_bps >= ALL;
        if !was_full || Some(release.bundle) == now {
            continue;
        }
        let Some(id) = release.bundle else {
            return Ok(None);
        };
        if let Some(found) = bundles::find(sql, &channel.app, id)? {
            return Ok(Some(found));
        }
    }
    Err(ApiError::conflict(
        "no_previous_release",
        "The channel gave nothing else before: name a version, or builtin",
    ))
}

fn apply(release: &mut ReleaseRecord, change: RolloutChange) -> Result<(), ApiError> {
    match change {
        RolloutChange::Share(share) if share > ALL => {
            let message = "A share is between 0 and 10000";
            return Err(ApiError::invalid("invalid_share", message));
        }
        RolloutChange::Share(share) => release.share_bps = share,
        RolloutChange::Pause => {
            release.state = ReleaseState::Paused;
            release.paused_because = None;
        }
        RolloutChange::Resume => {
            release.state = ReleaseState::Rollout;
            release.paused_because = None;
        }
        RolloutChange::Promote => {
            release.state = ReleaseState::Full;
            release.share_bps = ALL;
            release.paused_because = None;
        }
    }
    Ok(())
}
