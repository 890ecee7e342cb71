//! `/bundle`: list, create, delete, annotate, set to a channel.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input::{self, required};
use crate::catalogue::bundles::{self, BundleRecord, Location, Page};
use crate::catalogue::keys::Permission;
use crate::catalogue::releases::ALL;
use crate::clock;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::bundles::own_app;
use crate::service::channels::ChannelName;
use crate::service::draft::{Draft, missing_checksum};
use crate::service::releases::Target;

/// How many bundles a page holds.
const PAGE: u64 = 50;
const WHAT: &str = "bundles";

pub(super) fn methods() -> MethodRouter<Arc<Shared>> {
    get(list).post(create).put(set_channel).delete(delete)
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    app_id: Option<String>,
    page: Option<String>,
}

/// Which page of a list is asked for.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Pages {
    page: Option<String>,
}

impl Pages {
    pub(in crate::api) fn page(&self) -> Result<Page, ApiError> {
        page(self.page.as_deref())
    }
}

async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let asked: ListQuery = input::query(asked.as_deref())?;
    let app = required(asked.app_id.as_deref(), "missing_app_id", "app_id")?.to_owned();
    let page = page(asked.page.as_deref())?;
    let organisation = key.organisation.clone();
    let found = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        Ok::<_, ApiError>(bundles::list(sql, &app, page)?)
    });
    let found = found.await?;
    let data: Vec<_> = found
        .iter()
        .map(|record| view(record, &organisation))
        .collect();
    Ok(fresh(json!({ "data": data })))
}

/// Pages count from 0; the next one is 1.
fn page(text: Option<&str>) -> Result<Page, ApiError> {
    let number = match text {
        None | Some("") => Some(0),
        Some(text) => text.parse::<u32>().ok(),
    };
    let number = number.ok_or_else(|| ApiError::invalid("invalid_page", "Invalid page"))?;
    Ok(Page {
        skip: u64::from(number) * PAGE,
        take: PAGE,
    })
}

#[derive(Debug, Deserialize)]
struct CreateBody {
    app_id: Option<String>,
    version: Option<String>,
    external_url: Option<String>,
    checksum: Option<String>,
    session_key: Option<String>,
    key_id: Option<String>,
}

async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Upload, WHAT)?;
    let body: CreateBody = input::json(&body)?;
    let app = required(body.app_id.as_deref(), "missing_app_id", "app_id")?;
    let version = required(body.version.as_deref(), "missing_version", "version")?;
    let url = body.external_url.as_deref().filter(|url| !url.is_empty());
    let missing_url = || ApiError::invalid("missing_external_url", "Missing external_url");
    let url = url.ok_or_else(missing_url)?;
    let checksum = body.checksum.filter(|checksum| !checksum.is_empty());
    let draft = Draft {
        app: app.to_owned(),
        version: version.to_owned(),
        checksum: Some(checksum.ok_or_else(missing_checksum)?),
        session_key: body.session_key,
        key_id: body.key_id,
        ..Draft::default()
    };
    shared.add_external(key, draft, url).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

#[derive(Debug, Default, Deserialize)]
struct DeleteBody {
    app_id: Option<String>,
    version: Option<String>,
}

async fn delete(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let wanted: DeleteBody = input::json_or_query(&body, asked.as_deref())?;
    let app = required(wanted.app_id.as_deref(), "missing_app_id", "app_id")?;
    match &wanted.version {
        Some(version) => {
            let version = required(Some(version), "missing_version", "version")?;
            shared.delete_bundle(key, app, version).await?;
        }
        None => {
            shared.delete_bundles(key, app).await?;
        }
    }
    Ok(fresh(json!({ "status": "ok" })))
}

#[derive(Debug, Deserialize)]
struct MetadataBody {
    app_id: Option<String>,
    version_id: Option<i64>,
    link: Option<String>,
    comment: Option<String>,
}

pub(super) async fn annotate(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let body: MetadataBody = input::json(&body)?;
    let app = required(body.app_id.as_deref(), "missing_app_id", "app_id")?;
    let id = version_id(body.version_id)?;
    shared
        .annotate_bundle(key, app, id, body.link, body.comment)
        .await?;
    Ok(fresh(json!({ "status": "success" })))
}

#[derive(Debug, Deserialize)]
struct SetChannelBody {
    app_id: Option<String>,
    version_id: Option<i64>,
    channel_id: Option<i64>,
}

async fn set_channel(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let body: SetChannelBody = input::json(&body)?;
    let app = required(body.app_id.as_deref(), "missing_app_id", "app_id")?;
    let bundle = Target::Bundle(version_id(body.version_id)?);
    let missing = || ApiError::invalid("missing_channel_id", "Missing channel_id");
    let channel = ChannelName::Id(body.channel_id.ok_or_else(missing)?);
    let released = shared.release(key, app, channel, bundle, ALL, None).await?;
    let version = released.version.unwrap_or_default();
    let message = format!("Bundle {version} set to channel {}", released.channel.name);
    Ok(fresh(json!({ "status": "success", "message": message })))
}

fn version_id(id: Option<i64>) -> Result<i64, ApiError> {
    id.ok_or_else(|| ApiError::invalid("missing_version_id", "Missing version_id"))
}

/// A bundle, as the documents' `interface Bundle` has it; and what we know besides.
pub(in crate::api) fn view(record: &BundleRecord, organisation: &str) -> Value {
    let bundle = &record.bundle;
    let (file, external_url) = match &bundle.location {
        Location::File(file) => (Some(file), None),
        Location::External(url) => (None, Some(url)),
    };
    json!(View {
        app_id: &bundle.app,
        bucket_id: None,
        checksum: &bundle.checksum,
        created_at: clock::iso(record.created_at),
        deleted: false,
        external_url,
        id: record.id,
        min_update_version: bundle.min_app_version.as_ref(),
        name: &bundle.version,
        native_packages: None,
        owner_org: organisation,
        r2_path: file,
        session_key: bundle.session_key.as_ref(),
        storage_provider: if file.is_some() { "folder" } else { "external" },
        updated_at: clock::iso(record.updated_at),
        user_id: &bundle.created_by,
        key_id: bundle.key_id.as_ref(),
        link: bundle.link.as_ref(),
        comment: bundle.comment.as_ref(),
        size: bundle.size,
    })
}

#[derive(Debug, Serialize)]
struct View<'a> {
    app_id: &'a str,
    bucket_id: Option<&'a str>,
    checksum: &'a str,
    created_at: String,
    deleted: bool,
    external_url: Option<&'a String>,
    id: i64,
    #[serde(rename = "minUpdateVersion")]
    min_update_version: Option<&'a String>,
    name: &'a str,
    native_packages: Option<Value>,
    owner_org: &'a str,
    r2_path: Option<&'a String>,
    session_key: Option<&'a String>,
    storage_provider: &'a str,
    updated_at: String,
    user_id: &'a str,
    key_id: Option<&'a String>,
    link: Option<&'a String>,
    comment: Option<&'a String>,
    size: u64,
}
