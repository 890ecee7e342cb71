//! What devices report, and what follows from it.

use std::sync::Arc;

use live_updater_wire::Confirmation;

use super::Shared;
use super::releases::give_way;
use super::signing::Signing;
use crate::catalogue::channels::{self, ChannelRecord};
use crate::catalogue::releases::{self, ReleaseRecord, ReleaseState};
use crate::catalogue::{apps, bundles};
use crate::clock;
use crate::database::{Sql, Value};
use crate::error::ApiError;

impl Shared {
    /// Keeps a report. It is durable when this resolves; a repeat changes nothing.
    pub(crate) async fn confirm(&self, id: String, report: Confirmation) -> Result<(), ApiError> {
        let app = report.app_id.clone();
        let signing = Arc::clone(&self.signing);
        let kept = self.database.write(move |sql| {
            if apps::find(sql, &report.app_id)?.is_none() {
                return Err(ApiError::NotFound("App"));
            }
            let is_new = insert(sql, &id, &report)?;
            match is_new && !report.success {
                true => pause_what_fails(sql, &signing, &report.app_id, &report.version),
                false => Ok(false),
            }
        });
        if kept.await? {
            self.offers.refresh(&self.database, &app).await?;
        }
        Ok(())
    }
}

fn insert(sql: &mut dyn Sql, id: &str, report: &Confirmation) -> Result<bool, ApiError> {
    let insert = "INSERT INTO confirmations \
                  (id, app, version, platform, device, success, reason, received_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (app, id) DO NOTHING";
    let values = [
        Value::from(id),
        Value::from(&report.app_id),
        Value::from(&report.version),
        Value::from(&report.platform),
        Value::from(report.device_id.as_ref()),
        Value::from(report.success),
        Value::from(report.reason.as_ref()),
        Value::from(clock::now()),
    ];
    Ok(sql.execute(insert, &values)? > 0)
}

/// Pauses the rollouts of a version that fails too often; whether there was one.
pub(super) fn pause_what_fails(
    sql: &mut dyn Sql,
    signing: &Signing,
    app: &str,
    version: &str,
) -> Result<bool, ApiError> {
    let Some(bundle) = bundles::find_version(sql, app, version)? else {
        return Ok(false);
    };
    let mut has_paused = false;
    for channel in channels::list(sql, app)? {
        for mut release in releases::open(sql, channel.id)? {
            let rolls_out = release.state == ReleaseState::Rollout;
            if !rolls_out || release.bundle != Some(bundle.id) {
                continue;
            }
            if let Some(reason) = why_to_pause(sql, &channel, &release, version)? {
                tracing::warn!(
                    app,
                    channel = channel.name,
                    version,
                    reason,
                    "a rollout pauses"
                );
                release.state = ReleaseState::Paused;
                release.paused_because = Some(reason);
                releases::update(sql, &release)?;
                give_way(sql, signing, &channel)?;
                has_paused = true;
            }
        }
    }
    Ok(has_paused)
}

fn why_to_pause(
    sql: &mut dyn Sql,
    channel: &ChannelRecord,
    release: &ReleaseRecord,
    version: &str,
) -> Result<Option<String>, ApiError> {
    let Some(limit) = channel.pause_failures_bps else {
        return Ok(None);
    };
    let query = "SELECT COUNT(*), CAST(COALESCE(SUM(1 - success), 0) AS BIGINT) \
                 FROM confirmations WHERE app = ?1 AND version = ?2 AND received_at >= ?3";
    let values = [
        Value::from(&channel.app),
        Value::from(version),
        Value::from(release.created_at),
    ];
    let Some(row) = sql.query_one(query, &values)? else {
        return Ok(None);
    };
    let (reports, failures) = (row.count(0)?, row.count(1)?);
    let is_too_much = failures * u64::from(releases::ALL) >= reports * u64::from(limit);
    let is_enough = reports >= u64::from(channel.pause_min_reports);
    Ok((is_enough && is_too_much).then(|| format!("{failures} of {reports} reports are failures")))
}
