//! native-update's protocol: `POST {base}/api/v1/updates/confirm`, one at a time.

use serde::Serialize;
use url::Url;

use super::{Confirmation, Reporter, settled_by};
use crate::bundle::FailureReason;
use crate::clock::BoxFuture;
use crate::config::Config;
use crate::error::Error;
use crate::source::Inquiry;
use crate::transport::client::HttpClient;

/// Confirms verdicts to a server.
#[derive(Debug)]
pub(super) struct Confirmations {
    base: Option<Url>,
}

impl Confirmations {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            base: config.update_url.clone(),
        }
    }

    async fn confirm(
        &self,
        client: &HttpClient,
        who: &Inquiry,
        waiting: &[Confirmation],
    ) -> Result<usize, Error> {
        let (Some(base), Some(confirmation)) = (&self.base, waiting.first()) else {
            return Ok(0);
        };
        let url = base
            .join("api/v1/updates/confirm")
            .map_err(|_| Error::config("updateUrl", "can't be a base"))?;
        let body = ConfirmBody {
            app_id: &who.app_id,
            version: confirmation.version.to_string(),
            platform: &who.platform,
            success: confirmation.success,
            device_id: &who.device_id,
            id: &confirmation.id,
            reason: confirmation.reason.map(FailureReason::as_str),
        };
        let body = serde_json::to_value(&body)
            .map_err(|error| Error::invalid_request(error.to_string()))?;
        match client.post_json(&url, &body).await {
            Err(error) if !settled_by(&error) => Err(error),
            _ => Ok(1),
        }
    }
}

impl Reporter for Confirmations {
    fn deliver<'a>(
        &'a self,
        client: &'a HttpClient,
        who: &'a Inquiry,
        waiting: &'a [Confirmation],
    ) -> BoxFuture<'a, Result<usize, Error>> {
        Box::pin(self.confirm(client, who, waiting))
    }

    fn has_address(&self) -> bool {
        self.base.is_some()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmBody<'a> {
    app_id: &'a str,
    version: String,
    platform: &'a str,
    success: bool,
    device_id: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}
