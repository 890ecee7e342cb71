//! The methods of the device shell, each on the updater's own.

use live_updater::{CrashReason, DownloadRequest, Error, Updater};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Whether a method may take longer than a commit of the state.
pub(super) fn is_long(method: &str) -> bool {
    matches!(
        method,
        "getLatest" | "download" | "sync" | "flush" | "verify" | "listChannels"
    )
}

/// Calls a method; its result as JSON.
pub(super) async fn call(updater: &Updater, method: &str, params: &Value) -> Result<Value, Error> {
    match method {
        "launch" => {
            let Active { active } = read(params)?;
            Ok(json!(updater.launch(active.unwrap_or(true))))
        }
        "notifyAppReady" => notify_app_ready(updater, params).await,
        "getLatest" => {
            let Channel { channel } = read(params)?;
            Ok(json!(updater.get_latest(channel.as_deref()).await?))
        }
        "download" => download(updater, params).await,
        "sync" => Ok(json!(updater.sync().await?)),
        "next" => Ok(json!(updater.set_next(&id(params)?).await?)),
        "set" => Ok(json!(updater.set(&id(params)?).await?)),
        "reload" => Ok(json!(updater.reload().await?)),
        "reset" => {
            let Reset { to_last_successful } = read(params)?;
            Ok(json!(updater.reset(to_last_successful).await?))
        }
        "pause" => updater.pause().map(|()| json!({})),
        "resume" => updater.resume()?.await.map(|()| json!({})),
        "cancel" => updater.cancel().map(|()| json!({})),
        "flush" => Ok(json!(updater.flush().await?)),
        _ => bundles(updater, method, params).await,
    }
}

async fn bundles(updater: &Updater, method: &str, params: &Value) -> Result<Value, Error> {
    match method {
        "current" => Ok(json!({
            "bundle": updater.current()?,
            "native": updater.native_version()?,
        })),
        "getNextBundle" => Ok(json!(updater.next()?)),
        "list" => Ok(json!({"bundles": updater.bundles()?})),
        "getFailedUpdate" => Ok(match updater.failed_update()? {
            Some(bundle) => json!({"bundle": bundle}),
            None => Value::Null,
        }),
        "getBuiltinVersion" => Ok(json!({"version": updater.builtin_version()?.to_string()})),
        "delete" => updater.delete(&id(params)?).await.map(|()| json!({})),
        "verify" => {
            let damaged = updater.verify(&id(params)?).await?;
            Ok(json!({"ok": damaged.is_empty(), "damaged": damaged}))
        }
        "reportCrash" => {
            let Crash { id, reason } = read(params)?;
            let reason = match reason.as_deref() {
                Some("renderer") => Some(CrashReason::Renderer),
                Some("previousProcess") => Some(CrashReason::PreviousProcess),
                _ => None,
            };
            updater.report_crash(id.as_deref(), reason).await?;
            Ok(json!({"rolledBack": null}))
        }
        "setBundleError" => {
            let Crash { id, .. } = read(params)?;
            let rolled_back = updater.set_bundle_error(id.as_deref()).await?;
            Ok(json!({"rolledBack": rolled_back}))
        }
        "clearBlocked" => {
            let Version { version } = read(params)?;
            let cleared = updater.clear_blocked(version.as_deref()).await;
            cleared.map(|()| json!({}))
        }
        _ => device(updater, method, params).await,
    }
}

async fn device(updater: &Updater, method: &str, params: &Value) -> Result<Value, Error> {
    match method {
        "setChannel" => {
            let Channel { channel } = read(params)?;
            updater.set_channel(channel).await?;
            Ok(json!({"channel": updater.channel()?}))
        }
        "unsetChannel" => {
            updater.set_channel(None).await?;
            Ok(json!({"channel": updater.channel()?}))
        }
        "getChannel" => Ok(json!({"channel": updater.assigned_channel().await?})),
        "listChannels" => Ok(json!({"channels": updater.channels().await?})),
        "getDeviceId" => Ok(json!({"deviceId": updater.device_id()?})),
        "setCustomId" => {
            let CustomId { custom_id } = read(params)?;
            updater.set_custom_id(custom_id).await.map(|()| json!({}))
        }
        "state" => updater.state(),
        _ => Err(invalid(format!("there is no method {method:?}"))),
    }
}

async fn notify_app_ready(updater: &Updater, params: &Value) -> Result<Value, Error> {
    let Ready { launch_token } = read(params)?;
    let bundle = match launch_token {
        Some(token) => updater.notify_app_ready(&token).await?,
        None => updater.dangerous_notify_any_app_ready().await?,
    };
    Ok(json!({"bundle": bundle}))
}

async fn download(updater: &Updater, params: &Value) -> Result<Value, Error> {
    let wanted: Download = read(params)?;
    let request = match (&wanted.url, &wanted.release) {
        (None, None) => DownloadRequest::Offered,
        (None, Some(_)) => return Err(invalid("params: url is missing".to_owned())),
        (Some(url), Some(release)) => {
            let text = release.as_str().map(str::to_owned);
            DownloadRequest::stated(url, text.unwrap_or_else(|| release.to_string()))?
        }
        (Some(url), None) => {
            let version = required("version", wanted.version.as_deref())?;
            let checksum = required("checksum", wanted.checksum.as_deref())?;
            DownloadRequest::at(url, version, checksum)?
                .signature(wanted.signature)
                .size(wanted.size)
        }
    };
    Ok(json!(updater.download(request).await?))
}

fn id(params: &Value) -> Result<String, Error> {
    let Id { id } = read(params)?;
    Ok(id)
}

fn read<T: DeserializeOwned>(params: &Value) -> Result<T, Error> {
    T::deserialize(params).map_err(|error| invalid(format!("params: {error}")))
}

fn required<'a>(name: &str, text: Option<&'a str>) -> Result<&'a str, Error> {
    text.ok_or_else(|| invalid(format!("params: {name} is missing")))
}

fn invalid(problem: String) -> Error {
    Error::InvalidRequest { problem }
}

#[derive(Deserialize)]
struct Active {
    active: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    launch_token: Option<String>,
}

#[derive(Deserialize)]
struct Channel {
    channel: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomId {
    custom_id: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reset {
    #[serde(default)]
    to_last_successful: bool,
}

#[derive(Deserialize)]
struct Crash {
    id: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    version: Option<String>,
}

#[derive(Deserialize)]
struct Download {
    url: Option<String>,
    version: Option<String>,
    checksum: Option<String>,
    signature: Option<String>,
    size: Option<u64>,
    /// A release statement's envelope, as JSON or as its text.
    release: Option<Value>,
}
