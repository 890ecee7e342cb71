//! `/channel`: channels, as Capgo's interface has them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bundle::Pages;
use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input::{self, required};
use crate::catalogue::bundles;
use crate::catalogue::channels::{self, ChannelRecord, Refusal};
use crate::catalogue::keys::{KeyRecord, Permission};
use crate::catalogue::releases::{self, ALL, ReleaseState};
use crate::clock;
use crate::database::Sql;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::bundles::own_app;
use crate::service::channels::{ChannelName, find_channel};
use crate::service::releases::{BUILTIN, RolloutChange, Target, version_of};

const WHAT: &str = "channels";
/// What there are devices of; a channel that gives to all of them names none.
const PLATFORMS: [&str; 4] = ["android", "electron", "ios", "web"];
/// Capgo's names for what a channel holds back by its version; one at a time.
const STEPS: [(&str, Option<Refusal>); 5] = [
    ("major", Some(Refusal::Major)),
    ("minor", Some(Refusal::Minor)),
    ("patch", Some(Refusal::Patch)),
    ("version_number", Some(Refusal::NoRange)),
    ("none", None),
];

pub(super) fn methods() -> MethodRouter<Arc<Shared>> {
    get(list).post(put).delete(delete)
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    app_id: Option<String>,
    channel: Option<String>,
}

/// All channels of an app as a list; the one that is named alone.
async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let page = input::query::<Pages>(asked.as_deref())?.page()?;
    let asked: ListQuery = input::query(asked.as_deref())?;
    let app = required(asked.app_id.as_deref(), "missing_app_id", "app_id")?.to_owned();
    let answer = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        if let Some(name) = asked.channel {
            let found = find_channel(sql, &app, &ChannelName::Name(name))?;
            return view(sql, &found);
        }
        let all = channels::list(sql, &app)?.into_iter();
        let shown = all.skip(page.skip as usize).take(page.take as usize);
        let shown: Result<Vec<_>, _> = shown.map(|channel| view(sql, &channel)).collect();
        Ok::<_, ApiError>(shown?.into())
    });
    Ok(fresh(answer.await?))
}

#[derive(Debug, Deserialize)]
struct Change {
    app_id: Option<String>,
    channel: Option<String>,
    /// What all devices get.
    version: Option<String>,
    #[serde(flatten)]
    flags: Flags,
    #[serde(flatten)]
    rollout: Rollout,
}

#[derive(Debug, Deserialize)]
struct Flags {
    public: Option<bool>,
    #[serde(rename = "disableAutoUpdate")]
    disable_auto_update: Option<String>,
    #[serde(rename = "disableAutoUpdateUnderNative")]
    under_native: Option<bool>,
    ios: Option<bool>,
    android: Option<bool>,
    electron: Option<bool>,
    allow_device_self_set: Option<bool>,
    allow_emulator: Option<bool>,
    allow_device: Option<bool>,
    allow_dev: Option<bool>,
    allow_prod: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rollout {
    /// What a share of the devices gets.
    rollout_version: Option<String>,
    /// The share, out of 10,000.
    rollout_percentage_bps: Option<u32>,
    rollout_paused: Option<bool>,
}

/// Makes a channel, or changes the one with this name.
async fn put(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let change: Change = input::json(&body)?;
    let app = required(change.app_id.as_deref(), "missing_app_id", "app_id")?;
    let name = required(change.channel.as_deref(), "missing_channel", "channel")?;
    let flags = change.flags;
    let step = flags.disable_auto_update.as_deref().map(step).transpose()?;
    let versions = [&change.version, &change.rollout.rollout_version];
    must_be_there(&shared, &key, app, versions).await?;
    let changed = shared.put_channel(key.clone(), app, name, move |channel| {
        if let Some(step) = step {
            let steps = STEPS.iter().filter_map(|(_, refusal)| *refusal);
            for other in steps {
                refuse(channel, other, step == Some(other));
            }
        }
        flags.apply(channel);
    });
    changed.await?;
    if let Some(version) = change.version {
        give(&shared, &key, app, name, version, ALL).await?;
    }
    roll_out(&shared, &key, app, name, change.rollout).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

/// A change that names what isn't there changes nothing at all.
async fn must_be_there(
    shared: &Shared,
    key: &KeyRecord,
    app: &str,
    versions: [&Option<String>; 2],
) -> Result<(), ApiError> {
    let (key, app) = (key.clone(), app.to_owned());
    let versions = versions.map(Clone::clone);
    let found = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        for version in versions.into_iter().flatten() {
            let is_there =
                version == BUILTIN || bundles::find_version(sql, &app, &version)?.is_some();
            if !is_there {
                return Err(ApiError::NotFound("Bundle"));
            }
        }
        Ok(())
    });
    found.await
}

async fn give(
    shared: &Shared,
    key: &KeyRecord,
    app: &str,
    channel: &str,
    version: String,
    share_bps: u32,
) -> Result<(), ApiError> {
    let target = Target::named(version);
    let channel = ChannelName::Name(channel.to_owned());
    let released = shared.release(key.clone(), app, channel, target, share_bps, None);
    released.await.map(|_| ())
}

async fn roll_out(
    shared: &Shared,
    key: &KeyRecord,
    app: &str,
    channel: &str,
    rollout: Rollout,
) -> Result<(), ApiError> {
    let mut changes = Vec::new();
    match (rollout.rollout_version, rollout.rollout_percentage_bps) {
        (_, Some(share)) if share > ALL => {
            let message = "A share is between 0 and 10000";
            return Err(ApiError::invalid("invalid_share", message));
        }
        (Some(version), share) => {
            give(shared, key, app, channel, version, share.unwrap_or(0)).await?;
        }
        (None, Some(share)) => changes.push(RolloutChange::Share(share)),
        (None, None) => {}
    }
    match rollout.rollout_paused {
        Some(true) => changes.push(RolloutChange::Pause),
        Some(false) => changes.push(RolloutChange::Resume),
        None => {}
    }
    for change in changes {
        let channel = ChannelName::Name(channel.to_owned());
        shared
            .change_rollout(key.clone(), app, channel, None, change)
            .await?;
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
struct Delete {
    app_id: Option<String>,
    channel: Option<String>,
}

async fn delete(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let wanted: Delete = input::json_or_query(&body, asked.as_deref())?;
    let app = required(wanted.app_id.as_deref(), "missing_app_id", "app_id")?;
    let name = required(wanted.channel.as_deref(), "missing_channel", "channel")?;
    let channel = ChannelName::Name(name.to_owned());
    shared.delete_channel(key, app, channel).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

impl Flags {
    fn apply(&self, channel: &mut ChannelRecord) {
        if let Some(public) = self.public {
            channel.is_public = public;
        }
        if let Some(self_set) = self.allow_device_self_set {
            channel.self_set = self_set;
        }
        if let Some(refused) = self.under_native {
            refuse(channel, Refusal::UnderNative, refused);
        }
        let allowed = [
            (Refusal::Emulator, self.allow_emulator),
            (Refusal::Device, self.allow_device),
            (Refusal::Dev, self.allow_dev),
            (Refusal::Prod, self.allow_prod),
        ];
        for (refusal, allowed) in allowed {
            if let Some(allowed) = allowed {
                refuse(channel, refusal, !allowed);
            }
        }
        let given = [
            ("ios", self.ios),
            ("android", self.android),
            ("electron", self.electron),
        ];
        for (platform, given) in given {
            if let Some(given) = given {
                give_to(channel, platform, given);
            }
        }
    }
}

fn refuse(channel: &mut ChannelRecord, refusal: Refusal, is_refused: bool) {
    channel.refuses.retain(|other| *other != refusal);
    if is_refused {
        channel.refuses.push(refusal);
    }
}

fn give_to(channel: &mut ChannelRecord, platform: &str, is_given: bool) {
    if channel.platforms.is_empty() {
        channel.platforms = PLATFORMS.map(str::to_owned).to_vec();
    }
    channel.platforms.retain(|other| other != platform);
    if is_given {
        channel.platforms.push(platform.to_owned());
    }
    let gives_to = |platform: &&str| channel.platforms.iter().any(|one| one == platform);
    if PLATFORMS.iter().all(gives_to) {
        channel.platforms.clear();
    }
}

fn step(name: &str) -> Result<Option<Refusal>, ApiError> {
    let known = STEPS.iter().find(|(known, _)| *known == name);
    known.map(|(_, refusal)| *refusal).ok_or_else(|| {
        let message = "disableAutoUpdate is major, minor, patch, version_number or none";
        ApiError::invalid("invalid_disable_auto_update", message)
    })
}

fn view(sql: &mut dyn Sql, channel: &ChannelRecord) -> Result<Value, ApiError> {
    let (mut version, mut rollout) = (Value::Null, Value::Null);
    for release in releases::open(sql, channel.id)? {
        let name = version_of(sql, &channel.app, &release)?;
        let shown = json!({ "id": release.bundle, "name": name });
        match release.state {
            ReleaseState::Full => version = shown,
            _ => {
                rollout = json!({
                    "version": shown,
                    "percentageBps": release.share_bps,
                    "paused": release.state == ReleaseState::Paused,
                });
            }
        }
    }
    let refuses = |refusal| channel.refuses.contains(&refusal);
    let step = STEPS
        .iter()
        .find(|(_, refusal)| refusal.is_some_and(refuses));
    Ok(json!({
        "id": channel.id,
        "name": channel.name,
        "app_id": channel.app,
        "version": version,
        "rollout": rollout,
        "public": channel.is_public,
        "disableAutoUpdate": step.map_or("none", |(name, _)| name),
        "disableAutoUpdateUnderNative": refuses(Refusal::UnderNative),
        "ios": channel.gives_to("ios"),
        "android": channel.gives_to("android"),
        "electron": channel.gives_to("electron"),
        "allow_device_self_set": channel.self_set,
        "allow_emulator": !refuses(Refusal::Emulator),
        "allow_device": !refuses(Refusal::Device),
        "allow_dev": !refuses(Refusal::Dev),
        "allow_prod": !refuses(Refusal::Prod),
        "created_at": clock::iso(channel.created_at),
        "updated_at": clock::iso(channel.updated_at),
    }))
}
