//! Capgo's protocol: `POST {statsUrl}`, all that waits in one array.

use serde_json::{Map, Value, json};
use url::Url;

use super::{Confirmation, Reporter, settled_by};
use crate::bundle::FailureReason;
use crate::clock::BoxFuture;
use crate::config::Config;
use crate::error::Error;
use crate::source::capgo::identity::Identity;
use crate::source::capgo::refused;
use crate::source::{HostFacts, Inquiry};
use crate::transport::Method;
use crate::transport::client::HttpClient;

/// Tells verdicts as Capgo's statistics.
#[derive(Debug)]
pub(super) struct Statistics {
    url: Option<Url>,
    identity: Identity,
}

impl Statistics {
    pub(super) fn new(config: &Config, facts: &HostFacts) -> Self {
        Self {
            url: config.stats_url.clone(),
            identity: Identity::new(config, facts),
        }
    }

    async fn tell(
        &self,
        client: &HttpClient,
        who: &Inquiry,
        waiting: &[Confirmation],
    ) -> Result<usize, Error> {
        let Some(url) = &self.url else {
            return Ok(0);
        };
        let identity = self.identity.to_json(who);
        let batch: Value = waiting.iter().map(|one| entry(&identity, one)).collect();
        let user_agent = self.identity.user_agent(who);
        let headers = [("user-agent", user_agent.as_str())];
        let exchange = client
            .exchange(Method::Post, url, &headers, Some(&batch))
            .await?;
        let response = exchange.response;
        match exchange.failure {
            Some(failure) if !settled_by(&failure) => {
                Err(refused(failure, &response, client.clock().now()))
            }
            Some(failure) => {
                tracing::warn!(error = %failure, "the server takes no such reports");
                Ok(waiting.len())
            }
            None => {
                for refusal in refusals(&response.body) {
                    tracing::warn!(%refusal, "the server has dropped a report");
                }
                Ok(waiting.len())
            }
        }
    }
}

impl Reporter for Statistics {
    fn deliver<'a>(
        &'a self,
        client: &'a HttpClient,
        who: &'a Inquiry,
        waiting: &'a [Confirmation],
    ) -> BoxFuture<'a, Result<usize, Error>> {
        Box::pin(self.tell(client, who, waiting))
    }

    fn has_address(&self) -> bool {
        self.url.is_some()
    }

    fn keeps_pauses(&self) -> bool {
        true
    }
}

/// A verdict as an event of the version that it is about.
fn entry(identity: &Map<String, Value>, confirmation: &Confirmation) -> Value {
    let mut entry = identity.clone();
    let mut metadata = json!({"id": confirmation.id});
    if let Some(reason) = confirmation.reason {
        metadata["reason"] = reason.as_str().into();
    }
    for (key, value) in [
        ("action", action(confirmation.reason).into()),
        ("version_name", confirmation.version.to_string().into()),
        ("old_version_name", "".into()),
        ("timestamp", confirmation.created.into()),
        ("metadata", metadata),
    ] {
        entry.insert(key.to_owned(), value);
    }
    Value::Object(entry)
}

fn action(reason: Option<FailureReason>) -> &'static str {
    match reason {
        None => "set",
        Some(FailureReason::Damaged) => "set_fail",
        Some(_) => "update_fail",
    }
}

/// The results of single reports that were not taken. They would be no second time either.
fn refusals(body: &[u8]) -> Vec<String> {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    let results = answer.get("results").and_then(Value::as_array);
    results
        .into_iter()
        .flatten()
        .filter(|result| result.get("status").and_then(Value::as_str) == Some("error"))
        .filter_map(Value::as_object)
        .filter_map(crate::source::capgo::complaint)
        .map(|complaint| complaint.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;

    #[test]
    fn a_verdict_has_its_action() {
        assert_eq!(action(None), "set");
        assert_eq!(action(Some(FailureReason::Damaged)), "set_fail");
        for reason in [
            FailureReason::Timeout,
            FailureReason::TrialLaunches,
            FailureReason::CrashLoop,
            FailureReason::Reported,
        ] {
            assert_eq!(action(Some(reason)), "update_fail");
        }
    }

    #[test]
    fn an_entry_is_about_the_version_of_the_verdict() {
        let identity = [
            ("version_name".to_owned(), json!("builtin")),
            ("app_id".to_owned(), json!("com.example.app")),
        ];
        let version = Version::new(1, 2, 3);
        let verdict = Confirmation::failure(version, FailureReason::Timeout, 1_800_000_000_000);
        let entry = entry(&identity.into_iter().collect(), &verdict);
        assert_eq!(
            entry,
            json!({
                "app_id": "com.example.app",
                "action": "update_fail",
                "version_name": "1.2.3",
                "old_version_name": "",
                "timestamp": 1_800_000_000_000_u64,
                "metadata": {"id": verdict.id, "reason": "timeout"},
            })
        );
    }

    #[test]
    fn single_refusals_are_found() {
        let body = json!({"status": "ok", "results": [
            {"status": "ok", "index": 0},
            {"status": "error", "error": "version_not_found", "message": "no", "index": 1},
        ]});
        let found = refusals(body.to_string().as_bytes());
        assert_eq!(found, ["version_not_found: no"]);
        assert!(refusals(b"[]").is_empty());
        assert!(refusals(br#"{"status": "ok"}"#).is_empty());
    }
}
