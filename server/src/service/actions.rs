//! What devices with Capgo's plugin tell of what they did: counted, and a verdict where it is one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Shared;
use super::releases::BUILTIN;
use super::reports::pause_what_fails;
use super::signing::Signing;
use crate::catalogue::{actions, apps, bundles};
use crate::clock;
use crate::database::{Sql, Value};
use crate::error::ApiError;

/// Versions that no bundle has and that are counted all the same.
const OWN: [&str; 2] = [BUILTIN, "unknown"];

/// Something that a device did.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) name: &'static str,
    /// The bundle that it was about, or one of those that come with the app.
    pub(crate) version: String,
}

/// Whose actions they are.
#[derive(Debug, Clone)]
pub(crate) struct Doer {
    pub(crate) app: String,
    pub(crate) device: String,
    pub(crate) platform: String,
}

impl Shared {
    /// Keeps what a device did. It is durable when this resolves. Tells of each whether its version
    /// is known: what is told of others isn't kept.
    pub(crate) async fn keep_actions(
        &self,
        doer: Doer,
        done: Vec<Action>,
    ) -> Result<Vec<bool>, ApiError> {
        let app = doer.app.clone();
        let signing = Arc::clone(&self.signing);
        let kept = self.database.write(move |sql| {
            if apps::find(sql, &doer.app)?.is_none() {
                return Err(ApiError::NotFound("App"));
            }
            let known = known(sql, &doer.app, &done)?;
            let is_known = |action: &Action| known.get(&*action.version) == Some(&true);
            let kept: Vec<&Action> = done.iter().filter(|action| is_known(action)).collect();
            count(sql, &doer.app, &kept)?;
            let has_paused = judge(sql, &signing, &doer, &kept)?;
            Ok((done.iter().map(is_known).collect(), has_paused))
        });
        let (known, has_paused) = kept.await?;
        if has_paused {
            self.offers.refresh(&self.database, &app).await?;
        }
        Ok(known)
    }
}

/// Whether an action says that a bundle runs, or that it can't; none where it says neither.
///
/// A device that could not load a bundle says nothing about the bundle, and one whose app crashed
/// nothing about whose fault it was: what follows from that, it tells as `update_fail`.
pub(crate) fn verdict(action: &str) -> Option<bool> {
    match action {
        "set" | "app_launch_ready" => Some(true),
        "set_fail"
        | "update_fail"
        | "unzip_fail"
        | "decrypt_fail"
        | "checksum_fail"
        | "checksum_required"
        | "session_key_required"
        | "windows_path_fail"
        | "canonical_path_fail"
        | "directory_path_fail"
        | "manifest_path_fail" => Some(false),
        _ => None,
    }
}

fn known<'a>(
    sql: &mut dyn Sql,
    app: &str,
    done: &'a [Action],
) -> Result<HashMap<&'a str, bool>, ApiError> {
    let mut known = HashMap::new();
    for Action { version, .. } in done {
        if !known.contains_key(&**version) {
            let is_known = OWN.contains(&&**version) || bundles::is_known(sql, app, version)?;
            known.insert(&**version, is_known);
        }
    }
    Ok(known)
}

fn count(sql: &mut dyn Sql, app: &str, done: &[&Action]) -> Result<(), ApiError> {
    let mut times = BTreeMap::<_, u64>::new();
    for action in done {
        *times.entry((&*action.version, action.name)).or_default() += 1;
    }
    let today = clock::day(clock::now());
    for ((version, action), times) in times {
        actions::count(sql, app, today, version, action, times)?;
    }
    Ok(())
}

/// Keeps the verdicts as reports, one of a device and a version; whether a rollout pauses for them.
fn judge(
    sql: &mut dyn Sql,
    signing: &Signing,
    doer: &Doer,
    done: &[&Action],
) -> Result<bool, ApiError> {
    let mut failed = BTreeSet::new();
    for action in done {
        let is_bundle = !OWN.contains(&&*action.version);
        let Some(success) = verdict(action.name).filter(|_| is_bundle) else {
            continue;
        };
        report(sql, doer, action, success)?;
        if !success {
            failed.insert(&*action.version);
        }
    }
    let mut has_paused = false;
    for version in failed {
        has_paused |= pause_what_fails(sql, signing, &doer.app, version)?;
    }
    Ok(has_paused)
}

/// A device sets a bundle before it is known whether the bundle starts, and sets one that has failed
/// again and again: a failure takes the place of a success, and never the other way round.
fn report(sql: &mut dyn Sql, doer: &Doer, action: &Action, success: bool) -> Result<(), ApiError> {
    let conflict = match success {
        true => "DO NOTHING",
        false => {
            "DO UPDATE SET success = 0, reason = excluded.reason, \
             received_at = excluded.received_at"
        }
    };
    let upsert = format!(
        "INSERT INTO confirmations \
         (id, app, version, platform, device, success, reason, received_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (app, id) {conflict}"
    );
    let values = [
        Value::from(format!("capgo {} {}", doer.device, action.version)),
        Value::from(&doer.app),
        Value::from(&action.version),
        Value::from(&doer.platform),
        Value::from(&doer.device),
        Value::from(success),
        Value::from((!success).then_some(action.name)),
        Value::from(clock::now()),
    ];
    sql.execute(&upsert, &values)?;
    Ok(())
}
