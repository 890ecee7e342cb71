//! `/api/v1/apps/{app}/channels`

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_updater_signing::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input::{self, Object};
use crate::catalogue::channels::{self, ChannelRecord, Refusal};
use crate::catalogue::keys::Permission;
use crate::catalogue::releases::{self, ALL, ReleaseRecord};
use crate::clock;
use crate::database::Sql;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::bundles::own_app;
use crate::service::channels::{ChannelName, find_channel};
use crate::service::releases::{BUILTIN, RolloutChange, Target, previous, version_of};

const WHAT: &str = "channels";
/// How many releases of a channel are told of.
const HISTORY: u64 = 100;

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let listed = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        let mut listed = Vec::new();
        for channel in channels::list(sql, &app)? {
            let open = releases::open(sql, channel.id)?;
            listed.push(channel_view(sql, &channel, &open)?);
        }
        Ok::<_, ApiError>(listed)
    });
    Ok(fresh(json!({ "channels": listed.await? })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Change {
    public: Option<bool>,
    self_set: Option<bool>,
    platforms: Option<Vec<String>>,
    refuses: Option<Vec<Refusal>>,
    auto_pause: Option<Object<AutoPause>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AutoPause {
    /// Percent; none never pauses.
    failures: Option<f64>,
    min_reports: Option<u32>,
}

pub(super) async fn put(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let change: Change = input::json_or_nothing(&body)?;
    let platforms = change.platforms.as_ref();
    if platforms.is_some_and(|all| !all.iter().all(|platform| channels::is_platform(platform))) {
        let message = "A platform has up to 32 letters and digits";
        return Err(ApiError::invalid("invalid_platform", message));
    }
    let pause = change.auto_pause.map(|Object(pause)| pause);
    let failures = pause.as_ref().and_then(|pause| pause.failures);
    let failures_bps = failures.map(basis_points).transpose()?;
    let channel = shared.put_channel(key, &app, &name, move |channel| {
        if let Some(public) = change.public {
            channel.is_public = public;
        }
        if let Some(self_set) = change.self_set {
            channel.self_set = self_set;
        }
        if let Some(platforms) = change.platforms {
            channel.platforms = platforms;
        }
        if let Some(refuses) = change.refuses {
            channel.refuses = refuses;
        }
        if let Some(pause) = pause {
            channel.pause_failures_bps = failures_bps;
            channel.pause_min_reports = pause.min_reports.unwrap_or(channel.pause_min_reports);
        }
    });
    let channel = channel.await?;
    let shown = shared.database.read(move |sql| {
        let open = releases::open(sql, channel.id)?;
        channel_view(sql, &channel, &open)
    });
    Ok(fresh(shown.await?))
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    shared
        .delete_channel(key, &app, ChannelName::Name(name))
        .await?;
    Ok(fresh(json!({ "status": "ok" })))
}

pub(super) async fn releases(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let listed = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        let channel = find_channel(sql, &app, &ChannelName::Name(name))?;
        let mut listed = Vec::new();
        for release in releases::list(sql, channel.id, HISTORY)? {
            listed.push(release_view(sql, &app, &release)?);
        }
        Ok::<_, ApiError>(listed)
    });
    Ok(fresh(json!({ "releases": listed.await? })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewRelease {
    /// `builtin` goes back to the files in the app's package.
    version: Option<String>,
    version_id: Option<i64>,
    /// Percent of the devices; all by default.
    rollout: Option<f64>,
    /// An envelope that was signed elsewhere.
    statement: Option<Value>,
}

pub(super) async fn release(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let body: NewRelease = input::json(&body)?;
    let share = body.rollout.map_or(Ok(ALL), basis_points)?;
    let statement = body.statement.map(|envelope| envelope.to_string());
    let target = match (body.version, body.version_id) {
        (Some(version), None) => Target::named(version),
        (None, Some(id)) => Target::Bundle(id),
        _ => {
            let message = "Either version or versionId is needed";
            return Err(ApiError::invalid("missing_version", message));
        }
    };
    let channel = ChannelName::Name(name);
    let released = shared
        .release(key, &app, channel, target, share, statement)
        .await?;
    answer_release(&shared, app, released.release).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeRollout {
    percent: Option<f64>,
    action: Option<String>,
    /// The release that is meant: where another one rolls out by now, nothing changes.
    release_id: Option<i64>,
}

pub(super) async fn change_rollout(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let body: ChangeRollout = input::json(&body)?;
    let change = match (body.percent, body.action.as_deref()) {
        (Some(percent), None) => RolloutChange::Share(basis_points(percent)?),
        (None, Some("pause")) => RolloutChange::Pause,
        (None, Some("resume")) => RolloutChange::Resume,
        (None, Some("promote")) => RolloutChange::Promote,
        _ => {
            let message = "Either percent, or action: pause, resume or promote, is needed";
            return Err(ApiError::invalid("invalid_change", message));
        }
    };
    let channel = ChannelName::Name(name);
    let changed = shared.change_rollout(key, &app, channel, body.release_id, change);
    let changed = changed.await?;
    answer_release(&shared, app, changed).await
}

/// What going back would lead to.
pub(super) async fn way_back(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let found = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        let channel = find_channel(sql, &app, &ChannelName::Name(name))?;
        previous(sql, &channel)
    });
    let version = found.await?.map(|found| found.bundle.version);
    let version = version.unwrap_or_else(|| BUILTIN.to_owned());
    Ok(fresh(json!({ "version": version })))
}

#[derive(Debug, Default, Deserialize)]
struct RollBack {
    to: Option<String>,
    /// An envelope that was signed elsewhere.
    statement: Option<Value>,
}

/// Goes back to what all devices had before, or to the version that is named.
pub(super) async fn roll_back(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let body: RollBack = input::json_or_nothing(&body)?;
    let statement = body.statement.map(|envelope| envelope.to_string());
    let target = body.to.map_or(Target::Previous, Target::named);
    let channel = ChannelName::Name(name);
    let released = shared
        .release(key, &app, channel, target, ALL, statement)
        .await?;
    answer_release(&shared, app, released.release).await
}

/// Percent as parts of 10,000.
fn basis_points(percent: f64) -> Result<u32, ApiError> {
    if (0.0..=100.0).contains(&percent) {
        return Ok((percent * 100.0).round() as u32);
    }
    Err(ApiError::invalid(
        "invalid_share",
        "A percentage is between 0 and 100",
    ))
}

async fn answer_release(
    shared: &Shared,
    app: String,
    release: ReleaseRecord,
) -> Result<Response, ApiError> {
    let shown = shared
        .database
        .read(move |sql| release_view(sql, &app, &release));
    Ok((StatusCode::OK, fresh(shown.await?)).into_response())
}

fn channel_view(
    sql: &mut dyn Sql,
    channel: &ChannelRecord,
    open: &[ReleaseRecord],
) -> Result<Value, ApiError> {
    let mut shown = Vec::new();
    for release in open {
        shown.push(release_view(sql, &channel.app, release)?);
    }
    let pause = json!({
        "failures": channel.pause_failures_bps.map(|bps| f64::from(bps) / 100.0),
        "minReports": channel.pause_min_reports,
    });
    Ok(json!({
        "id": channel.id,
        "name": channel.name,
        "public": channel.is_public,
        "selfSet": channel.self_set,
        "platforms": channel.platforms,
        "refuses": channel.refuses,
        "sequence": channel.sequence,
        "autoPause": pause,
        "createdAt": clock::iso(channel.created_at),
        "updatedAt": clock::iso(channel.updated_at),
        "releases": shown,
    }))
}

fn release_view(sql: &mut dyn Sql, app: &str, release: &ReleaseRecord) -> Result<Value, ApiError> {
    let version = version_of(sql, app, release)?;
    // What was taken in could be read then.
    let stated = release.statement.as_deref();
    let stated = stated.and_then(|statement| live_updater::read_statement(statement).ok());
    let statement = stated.map(|stated| {
        json!({
            "issuedAt": Timestamp::from(stated.issued_at),
            "expiresAt": Timestamp::from(stated.expires_at),
        })
    });
    Ok(json!({
        "id": release.id,
        "sequence": release.sequence,
        "version": version,
        "versionId": release.bundle,
        "state": release.state,
        "percent": f64::from(release.share_bps) / 100.0,
        "mandatory": release.mandatory,
        "isSigned": release.statement.is_some(),
        "statement": statement,
        "pausedBecause": release.paused_because,
        "createdBy": release.created_by,
        "createdAt": clock::iso(release.created_at),
    }))
}
