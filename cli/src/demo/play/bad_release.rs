//! A release that never becomes ready.

use std::time::{Duration, Instant};

use device_process::CallError;
use serde_json::json;

use super::good_release::{reports, tell_reports};
use super::host::{Host, Running, text};
use super::watch::{Followed, Watch, bundle_requests};
use super::{BAD_VERSION, Cast, GOOD_VERSION, READY_TIMEOUT, Stop, tell_of};
use crate::demo::evidence::{Blocked, Observations, Rollback, StaleCall};

/// How long is waited for the watchdog.
const PATIENCE: Duration = Duration::from_secs(20);

/// The bad release is fetched, tried, taken back, and left alone from then on.
pub(super) fn act(
    cast: &mut Cast<'_>,
    (host, before): (Host, Running),
    seen: &mut Observations,
) -> Result<(), Stop> {
    cast.stage.act(
        "A bad release",
        &["It is signed as it should be, and yet its page never says that it is ready."],
    );
    let size = publish(cast)?;
    fetch(cast, host, size)?;
    let mut host = cast.start_app()?;
    try_it(cast, &mut host, &before, seen)?;
    let requests = bundle_requests(&cast.server, BAD_VERSION).len();
    let mut answers = vec![sync_again(cast, &mut host)?];
    host.close()?;

    cast.stage.act(
        "The day after",
        &["Another launch of the app, and another look for updates."],
    );
    let mut host = cast.start_app()?;
    let running = host.launch(cast)?;
    seen.after_rollback = Some(running.launched.clone());
    host.show(cast, &running)?;
    let offered = text(&host.call("getLatest", json!({}))?["version"]);
    answers.push(sync_again(cast, &mut host)?);
    host.flush()?;
    host.close()?;
    seen.blocked = Some(Blocked {
        answers,
        requests: bundle_requests(&cast.server, BAD_VERSION).len() - requests,
        offered,
    });
    // After all these launches and syncs: a report that is repeated would have been by now.
    seen.success_reports = Some(reports(&cast.server, GOOD_VERSION));
    seen.failure_reports = Some(reports(&cast.server, BAD_VERSION));
    Ok(())
}

/// The trial, from its launch to the page that takes its place.
fn try_it(
    cast: &Cast<'_>,
    host: &mut Host,
    before: &Running,
    seen: &mut Observations,
) -> Result<(), Stop> {
    let began = Instant::now();
    let running = host.launch(cast)?;
    if !running.launched.is_trial {
        return Err(Stop::new("the bad bundle isn't on trial"));
    }
    host.show(cast, &running)?;
    seen.stale_call = Some(call_with_old_token(cast, host, before)?);
    let (rollback, restored) = wait_for_watchdog(cast, host, began)?;
    seen.rollback = Some(rollback);
    host.show(cast, &restored)?;
    host.flush()?;
    tell_reports(cast, &reports(&cast.server, BAD_VERSION));
    Ok(())
}

fn sync_again(cast: &Cast<'_>, host: &mut Host) -> Result<String, Stop> {
    let answer = host.sync()?;
    cast.stage
        .say("sync", format!("the server still offers it: {answer}"));
    Ok(answer.verdict)
}

/// Puts the release onto the server; its size.
fn publish(cast: &Cast<'_>) -> Result<u64, Stop> {
    let unsigned = cast
        .workshop
        .folder("scratch")?
        .join(format!("app-{BAD_VERSION}.zip"));
    cast.app.pack_bad(cast.workshop, &unsigned)?;
    // Signed before the server sees it.
    let zip = cast
        .workshop
        .path(&format!("bundles/app-{BAD_VERSION}.zip"));
    let signed = cast.workshop.sign(unsigned, BAD_VERSION)?;
    std::fs::write(crate::sign::signature_file(&zip), &signed.signature)?;
    std::fs::rename(&signed.zip, &zip)?;
    tell_of(cast.stage, &signed);
    Ok(signed.size)
}

fn fetch(cast: &mut Cast<'_>, mut host: Host, size: u64) -> Result<(), Stop> {
    cast.speed_up();
    let sync = host.process.send("sync", json!({}))?;
    cast.stage.begin_bar(size, 0);
    let mut watch = Watch::new(&cast.server, cast.stage, BAD_VERSION);
    let followed = watch.follow(&mut host, sync, None)?;
    cast.stage.end_bar();
    host.close()?;
    match followed {
        Followed::Ended(answer) if answer.verdict == "downloaded" => {
            cast.stage.say("sync", answer);
            Ok(())
        }
        Followed::Ended(answer) => Err(Stop(format!(
            "the device doesn't take the bad bundle: {answer}"
        ))),
        Followed::Received => Err(Stop::new("the sync has no end")),
    }
}

/// The page of the launch before wakes up, and says that all is well.
fn call_with_old_token(
    cast: &Cast<'_>,
    host: &mut Host,
    before: &Running,
) -> Result<StaleCall, Stop> {
    let code = match host.call("notifyAppReady", json!({"launchToken": before.token})) {
        Ok(_) => None,
        Err(CallError::Refused { code, .. }) => Some(code),
        Err(error) => return Err(error.into()),
    };
    let current = host.call("current", json!({}))?;
    let call = StaleCall {
        code,
        version: text(&current["bundle"]["version"]),
        status: text(&current["bundle"]["status"]),
    };
    cast.stage.say(
        "old token",
        format!(
            "a call left over from the launch before: {}",
            call.code.as_deref().unwrap_or("taken")
        ),
    );
    Ok(call)
}

fn wait_for_watchdog(
    cast: &Cast<'_>,
    host: &mut Host,
    began: Instant,
) -> Result<(Rollback, Running), Stop> {
    let timeout = Duration::from_millis(READY_TIMEOUT);
    cast.stage
        .say("watchdog", format!("waits for {} s …", timeout.as_secs()));
    let failed = host
        .process
        .event_where("updateFailed", PATIENCE, |_| true)?;
    let took = began.elapsed();
    let restored = Running::new(&host.process.event("reload")?);
    let events = host.process.events();
    let position = |name: &str| events.iter().position(|event| event["event"] == name);
    let rollback = Rollback {
        timeout,
        took,
        version: text(&failed["bundle"]["version"]),
        reason: text(&failed["reason"]),
        runs: restored.launched.version.clone(),
        is_in_order: position("updateFailed") < position("reload"),
    };
    cast.stage.trouble(
        "rollback",
        format!(
            "updateFailed: {} ({}), after {:.1} s",
            rollback.version,
            rollback.reason,
            took.as_secs_f64()
        ),
    );
    cast.stage.say("reload", &restored.launched);
    Ok((rollback, restored))
}
