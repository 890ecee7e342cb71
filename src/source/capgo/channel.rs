//! `{channelUrl}`: which channel a device is on, and which it may choose.

use serde_json::{Map, Value};
use url::Url;

use super::identity::Identity;
use super::refusal::{complaint, refused};
use crate::clock::BoxFuture;
use crate::error::Error;
use crate::source::{Channel, ChannelService, Inquiry, Joined};
use crate::transport::Method;
use crate::transport::client::{HttpClient, protocol};
use crate::transport::response::SmallResponse;

/// The channels of an app.
#[derive(Debug)]
pub(super) struct Channels {
    url: Option<Url>,
    identity: Identity,
}

impl Channels {
    pub(super) fn new(url: Option<Url>, identity: Identity) -> Self {
        Self { url, identity }
    }

    fn url(&self) -> Result<&Url, Error> {
        let missing = || Error::config("channelUrl", "missing: there is no server to ask");
        self.url.as_ref().ok_or_else(missing)
    }

    async fn ask(
        &self,
        client: &HttpClient,
        inquiry: &Inquiry,
        method: Method,
        url: &Url,
        body: Option<Map<String, Value>>,
    ) -> Result<SmallResponse, Error> {
        let user_agent = self.identity.user_agent(inquiry);
        let headers = [("user-agent", user_agent.as_str())];
        let body = body.map(Value::Object);
        let exchange = client
            .exchange(method, url, &headers, body.as_ref())
            .await?;
        let response = exchange.response;
        match exchange.failure {
            None => Ok(response),
            Some(failure @ (Error::HttpStatus { .. } | Error::NotFound { .. })) => {
                Err(denied(&response.body).unwrap_or(failure))
            }
            Some(failure) => Err(refused(failure, &response, client.clock().now())),
        }
    }

    async fn ask_to_join(
        &self,
        client: &HttpClient,
        inquiry: &Inquiry,
        channel: &str,
    ) -> Result<Joined, Error> {
        let mut body = self.identity.to_json(inquiry);
        body.insert("channel".to_owned(), channel.into());
        let url = self.url()?;
        let response = self
            .ask(client, inquiry, Method::Post, url, Some(body))
            .await?;
        joined(&response.body, &response.url)
    }

    async fn ask_for_mine(&self, client: &HttpClient, inquiry: &Inquiry) -> Result<String, Error> {
        let url = self.url()?;
        let body = self.identity.to_json(inquiry);
        let response = self
            .ask(client, inquiry, Method::Put, url, Some(body))
            .await?;
        let answer = answer(&response.body, &response.url)?;
        match answer.get("channel").and_then(Value::as_str) {
            Some(channel) => Ok(channel.to_owned()),
            None => Err(protocol(&response.url, "channel: missing")),
        }
    }

    async fn ask_for_all(
        &self,
        client: &HttpClient,
        inquiry: &Inquiry,
    ) -> Result<Vec<Channel>, Error> {
        let mut url = self.url()?.clone();
        for (key, value) in self.identity.to_json(inquiry) {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            url.query_pairs_mut().append_pair(&key, &text);
        }
        let response = self.ask(client, inquiry, Method::Get, &url, None).await?;
        listed(&response.body, &response.url)
    }
}

impl ChannelService for Channels {
    fn join<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
        channel: &'a str,
    ) -> BoxFuture<'a, Result<Joined, Error>> {
        Box::pin(self.ask_to_join(client, inquiry, channel))
    }

    fn assigned<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(self.ask_for_mine(client, inquiry))
    }

    fn list<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Vec<Channel>, Error>> {
        Box::pin(self.ask_for_all(client, inquiry))
    }
}

fn joined(body: &[u8], url: &Url) -> Result<Joined, Error> {
    let answer = answer(body, url)?;
    if answer.get("unset").and_then(Value::as_bool) == Some(true) {
        return Ok(Joined::Unset);
    }
    match answer.get("status").and_then(Value::as_str) {
        Some("ok") => Ok(Joined::Kept),
        _ => Err(protocol(url, "status: must be \"ok\"")),
    }
}

fn listed(body: &[u8], url: &Url) -> Result<Vec<Channel>, Error> {
    let channels: Vec<Map<String, Value>> =
        serde_json::from_slice(body).map_err(|error| match denied(body) {
            Some(denied) => denied,
            None => protocol(url, &format!("the answer is no list of channels: {error}")),
        })?;
    let flag = |channel: &Map<String, Value>, key: &str| {
        channel.get(key).and_then(Value::as_bool) == Some(true)
    };
    channels
        .iter()
        .map(|channel| {
            let name = channel.get("name").and_then(Value::as_str);
            Ok(Channel {
                id: match channel.get("id") {
                    Some(Value::String(id)) => id.clone(),
                    Some(id @ Value::Number(_)) => id.to_string(),
                    _ => String::new(),
                },
                name: name
                    .ok_or_else(|| protocol(url, "a channel has no name"))?
                    .to_owned(),
                public: flag(channel, "public"),
                allow_self_set: flag(channel, "allow_self_set"),
            })
        })
        .collect()
}

fn answer(body: &[u8], url: &Url) -> Result<Map<String, Value>, Error> {
    if let Some(denied) = denied(body) {
        return Err(denied);
    }
    serde_json::from_slice(body)
        .map_err(|error| protocol(url, &format!("the answer is about no channel: {error}")))
}

/// The server knows what was asked for, and doesn't allow it.
fn denied(body: &[u8]) -> Option<Error> {
    let answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let complaint = complaint(&answer)?;
    Some(Error::invalid_request(format!(
        "the server refuses: {complaint}"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url() -> Url {
        "https://updates.example/channel_self".parse().unwrap()
    }

    fn join(body: &Value) -> Result<Joined, Error> {
        joined(body.to_string().as_bytes(), &url())
    }

    #[test]
    fn a_channel_is_kept_where_the_server_agrees() {
        let kept = join(&json!({"status": "ok", "allowSet": true}));
        assert_eq!(kept.unwrap(), Joined::Kept);
        let unset = join(&json!({"status": "ok", "unset": true}));
        assert_eq!(unset.unwrap(), Joined::Unset);
        assert_eq!(join(&json!({})).unwrap_err().code(), "protocol");
        assert_eq!(join(&json!([])).unwrap_err().code(), "protocol");
    }

    #[test]
    fn a_refusal_names_the_servers_code() {
        let error = join(&json!({"error": "channel_self_set_not_allowed", "message": ""}));
        let error = error.unwrap_err();
        assert_eq!(error.code(), "invalid_request");
        let text = error.to_string();
        assert!(text.contains("channel_self_set_not_allowed"), "{text}");
    }

    #[test]
    fn a_list_is_read_with_numbers_or_texts_as_ids() {
        let body = json!([
            {"id": 7, "name": "beta", "public": false, "allow_self_set": true},
            {"id": "8", "name": "production", "public": true},
        ]);
        let channels = listed(body.to_string().as_bytes(), &url()).unwrap();
        assert_eq!(
            json!(channels),
            json!([
                {"id": "7", "name": "beta", "public": false, "allowSelfSet": true},
                {"id": "8", "name": "production", "public": true, "allowSelfSet": false},
            ])
        );
        let nameless = listed(br#"[{"id": 7}]"#, &url()).unwrap_err();
        assert_eq!(nameless.code(), "protocol");
        let denied = listed(br#"{"error": "missing_info"}"#, &url()).unwrap_err();
        assert_eq!(denied.code(), "invalid_request");
    }
}
