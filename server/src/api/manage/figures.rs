//! `/api/v1/apps/{app}/analytics` and `/audit`

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input;
use crate::catalogue::audit as changes;
use crate::catalogue::keys::Permission;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::analytics;
use crate::service::bundles::own_app;

const WHAT: &str = "analytics";
const MOST_DAYS: u32 = 400;
const MOST_CHANGES: u64 = 200;

#[derive(Debug, Deserialize)]
struct Period {
    days: Option<u32>,
    /// So many versions are told of one by one, the others as one.
    versions: Option<u32>,
}

pub(super) async fn analytics(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let period: Period = input::query(asked.as_deref())?;
    let days = period.days.unwrap_or(30).clamp(1, MOST_DAYS);
    let most = period.versions.map_or(usize::MAX, |most| most as usize);
    // It is over when the reading is, and not where nobody waits for it any more.
    let turn = Arc::clone(&shared.heavy_reads).acquire_owned().await;
    let figures = shared.database.read(move |sql| {
        let _turn = turn;
        own_app(sql, &key, &app)?;
        Ok::<_, ApiError>(analytics::collect(sql, &app, days, most)?)
    });
    Ok(fresh(figures.await?))
}

pub(super) async fn audit(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let listed = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        Ok::<_, ApiError>(changes::list(sql, &app, MOST_CHANGES)?)
    });
    Ok(fresh(json!({ "changes": listed.await? })))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Request, StatusCode, header};
    use tokio::time::timeout;
    use tower::ServiceExt as _;

    use crate::{Service, Settings};

    #[tokio::test]
    async fn figures_are_collected_one_after_the_other_and_nobody_else_waits() {
        let data = tempfile::tempdir().unwrap();
        let service = Service::open(Settings::new(data.path())).await.unwrap();
        let key = service.first_key().await.unwrap().unwrap();
        let ask = |path: &str| {
            let request = Request::get(path).header(header::AUTHORIZATION, &key);
            let answered = service
                .router()
                .oneshot(request.body(Body::empty()).unwrap());
            async { answered.await.unwrap().status() }
        };
        let figures = "/api/v1/apps/com.example.app/analytics";
        let turn = service.shared().heavy_reads.acquire().await.unwrap();
        let waits = timeout(Duration::from_millis(200), ask(figures)).await;
        assert!(waits.is_err(), "{waits:?}");
        assert_eq!(ask("/api/v1/apps").await, StatusCode::OK);
        drop(turn);
        assert_eq!(ask(figures).await, StatusCode::NOT_FOUND);
    }
}
