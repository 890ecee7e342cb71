//! What channels give: releases, rollouts, and the way back.

use std::fmt;
use std::sync::Arc;

use super::Shared;
use super::bundles::own_app;
use super::channels::{ChannelName, find_channel};
use super::signing::{Signing, check_statement};
use crate::catalogue::audit;
use crate::catalogue::bundles::{self, BundleRecord};
use crate::catalogue::channels::{self, ChannelRecord};
use crate::catalogue::keys::KeyRecord;
use crate::catalogue::releases::{self, ALL, NewRelease, ReleaseRecord, ReleaseState};
use crate::clock;
use crate::database::Sql;
use crate::error::ApiError;

/// What the files in the app's package are called where versions are told.
pub(crate) const BUILTIN: &str = "builtin";

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

impl Target {
    /// The version with this name, or builtin.
    pub(crate) fn named(version: String) -> Self {
        match version.as_str() {
            BUILTIN => Self::Builtin,
            _ => Self::Version(version),
        }
    }
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

impl fmt::Display for RolloutChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(bps) => f.write_str(&percent(*bps)),
            Self::Pause => f.write_str("paused"),
            Self::Resume => f.write_str("resumed"),
            Self::Promote => f.write_str("promoted"),
        }
    }
}

/// A share of 10,000, for people.
fn percent(share_bps: u32) -> String {
    format!("{} %", f64::from(share_bps) / 100.0)
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
        statement: Option<String>,
    ) -> Result<Released, ApiError> {
        let id = app.to_owned();
        let signing = Arc::clone(&self.signing);
        let released = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            let bundle = resolve(sql, &channel, &target)?;
            let (sequence, statement) = match statement {
                Some(statement) => {
                    let channel = make_way(sql, &signing, channel.clone(), share_bps)?;
                    let sequence = check_statement(&statement, &channel, bundle.as_ref())?;
                    (sequence, Some(statement))
                }
                None => {
                    let channel = make_way(sql, &signing, channel.clone(), share_bps)?;
                    issue(sql, &signing, &channel, bundle.as_ref())?
                }
            };
            let release = NewRelease {
                channel: channel.id,
                sequence,
                bundle: bundle.as_ref().map(|found| found.id),
                share_bps,
                mandatory: bundle.as_ref().is_some_and(|found| found.bundle.mandatory),
                statement,
                created_by: key.id.clone(),
            };
            let release = releases::insert(sql, &release)?;
            let version = bundle.map(|found| found.bundle.version);
            let name = version.as_deref().unwrap_or(BUILTIN);
            let detail = format!("{name} on {} to {}", channel.name, percent(share_bps));
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

    /// Changes the rollout of a channel, where it is still the expected one.
    pub(crate) async fn change_rollout(
        &self,
        key: KeyRecord,
        app: &str,
        channel: ChannelName,
        expected: Option<i64>,
        change: RolloutChange,
    ) -> Result<ReleaseRecord, ApiError> {
        let id = app.to_owned();
        let signing = Arc::clone(&self.signing);
        let changed = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            let open = releases::open(sql, channel.id)?;
            let find = |is_full: bool| {
                let mut open = open.iter();
                open.find(|release| (release.state == ReleaseState::Full) == is_full)
                    .cloned()
            };
            let mut release = find(false).ok_or(ApiError::NotFound("Rollout"))?;
            if expected.is_some_and(|expected| expected != release.id) {
                let message = "Another release rolls out by now: look at it first";
                return Err(ApiError::conflict("rollout_changed", message));
            }
            let moves_up = apply(&mut release, change)?;
            releases::update(sql, &release)?;
            // Devices take no statement below one that they have seen: what some of them move to
            // has to be the newest.
            let moves_to = if moves_up { Some(&mut release) } else { None };
            match (moves_to, find(true)) {
                (Some(release), Some(full)) if release.sequence < full.sequence => {
                    reissue(sql, &signing, &channel, release)?;
                }
                (None, _) => give_way(sql, &signing, &channel)?,
                _ => {}
            }
            let detail = format!("{change} on {}", channel.name);
            audit::record(sql, &key, Some(&id), "channel.rollout", &detail)?;
            Ok::<_, ApiError>(release)
        });
        let changed = changed.await?;
        self.offers.refresh(&self.database, app).await?;
        Ok(changed)
    }

    /// Makes the statements anew that are half over, so that no device has to refuse them, and
    /// whoever holds back newer ones is found out.
    pub(crate) async fn renew_statements(&self) -> Result<(), ApiError> {
        for app in self.offers.app_ids() {
            if !self.signing.signs(&app) {
                continue;
            }
            let (id, signing) = (app.clone(), Arc::clone(&self.signing));
            let renewed = self.database.write(move |sql| {
                let mut renewed = 0;
                for channel in channels::list(sql, &id)? {
                    let mut open = releases::open(sql, channel.id)?;
                    let now = clock::now();
                    let is_stale = |release: &ReleaseRecord| {
                        release.statement.is_some() && signing.is_stale(release.issued_at, now)
                    };
                    if open.iter().any(is_stale) {
                        // In their order: the rollout stays above what the others have.
                        open.sort_by_key(|release| release.sequence);
                        for release in &mut open {
                            reissue(sql, &signing, &channel, release)?;
                            renewed += 1;
                        }
                    }
                }
                Ok::<_, ApiError>(renewed)
            });
            if renewed.await? > 0 {
                self.offers.refresh(&self.database, &app).await?;
            }
        }
        Ok(())
    }
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

/// The version that a release gives; none where its bundle was deleted.
pub(crate) fn version_of(
    sql: &mut dyn Sql,
    app: &str,
    release: &ReleaseRecord,
) -> Result<Option<String>, ApiError> {
    match release.bundle {
        Some(id) => Ok(bundles::find(sql, app, id)?.map(|found| found.bundle.version)),
        None => Ok(Some(BUILTIN.to_owned())),
    }
}

/// What all devices of a channel had before: while something rolls out, what the others have;
/// else the newest other bundle that is still there.
pub(crate) fn previous(
    sql: &mut dyn Sql,
    channel: &ChannelRecord,
) -> Result<Option<BundleRecord>, ApiError> {
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

/// Changes a rollout, and tells whether devices move to it rather than away from it.
fn apply(release: &mut ReleaseRecord, change: RolloutChange) -> Result<bool, ApiError> {
    let before = release.share_bps;
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
    Ok(release.state != ReleaseState::Paused && release.share_bps >= before)
}

/// Where a rollout replaces another one, some of its devices go back to what all have: that is
/// issued anew first.
fn make_way(
    sql: &mut dyn Sql,
    signing: &Signing,
    channel: ChannelRecord,
    share_bps: u32,
) -> Result<ChannelRecord, ApiError> {
    if share_bps >= ALL || releases::open(sql, channel.id)?.len() < 2 {
        return Ok(channel);
    }
    give_way(sql, signing, &channel)?;
    find_channel(sql, &channel.app, &ChannelName::Id(channel.id))
}

/// Issues what all devices have anew, where some that have seen a later statement go back to it.
///
/// Of a statement that was signed elsewhere there is no newer one: those devices refuse it and keep
/// what they have.
pub(super) fn give_way(
    sql: &mut dyn Sql,
    signing: &Signing,
    channel: &ChannelRecord,
) -> Result<(), ApiError> {
    let open = releases::open(sql, channel.id)?;
    let full = open
        .into_iter()
        .find(|release| release.state == ReleaseState::Full);
    match full {
        Some(mut full) => reissue(sql, signing, channel, &mut full),
        None => Ok(()),
    }
}

/// The next sequence of a channel, and its statement.
fn issue(
    sql: &mut dyn Sql,
    signing: &Signing,
    channel: &ChannelRecord,
    bundle: Option<&BundleRecord>,
) -> Result<(u64, Option<String>), ApiError> {
    let sequence = channel.sequence + 1;
    let statement = signing.statement(channel, bundle, sequence)?;
    if statement.is_none() {
        let newest = releases::list(sql, channel.id, 1)?;
        if newest.iter().any(|release| release.statement.is_some()) {
            let message = format!(
                "What the channel gives is signed, and the service has no key that could sign \
                 this: send a statement with a sequence of {sequence} or higher"
            );
            return Err(ApiError::conflict("statement_needed", message));
        }
    }
    Ok((sequence, statement))
}

/// Gives a release that is signed here the channel's next sequence, and a new statement.
fn reissue(
    sql: &mut dyn Sql,
    signing: &Signing,
    channel: &ChannelRecord,
    release: &mut ReleaseRecord,
) -> Result<(), ApiError> {
    if release.statement.is_none() || !signing.signs(&channel.app) {
        return Ok(());
    }
    let bundle = match release.bundle {
        Some(id) => {
            Some(bundles::find(sql, &channel.app, id)?.ok_or(ApiError::NotFound("Bundle"))?)
        }
        None => None,
    };
    // Another one may have been given out in this very transaction.
    let channel = find_channel(sql, &channel.app, &ChannelName::Id(channel.id))?;
    release.sequence = channel.sequence + 1;
    release.statement = signing.statement(&channel, bundle.as_ref(), release.sequence)?;
    Ok(releases::renumber(sql, release)?)
}
