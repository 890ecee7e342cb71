//! Capgo's protocol: `POST {updateUrl}`, `{statsUrl}` and `{channelUrl}`.

mod answer;
mod channel;
pub(crate) mod identity;
mod refusal;

use url::Url;

use super::{Answer, ChannelService, HostFacts, Inquiry, Source};
use crate::clock::BoxFuture;
use crate::config::Config;
use crate::error::Error;
use crate::transport::client::HttpClient;
use crate::transport::{Exchange, Method};
use crate::verify::{CapgoKey, Trust};
pub(crate) use answer::parse;
use channel::Channels;
use identity::Identity;
pub(crate) use refusal::{complaint, refused};

/// How often a check is tried within one call.
const ATTEMPTS: u32 = 3;

/// A server that speaks Capgo's protocol.
#[derive(Debug)]
pub(crate) struct Capgo {
    update_url: Option<Url>,
    key: Option<CapgoKey>,
    identity: Identity,
    channels: Channels,
}

impl Capgo {
    /// # Errors
    ///
    /// `config` where the configuration trusts what these servers don't send.
    pub(crate) fn new(config: &Config, facts: &HostFacts) -> Result<Self, Error> {
        let key = match &config.trust {
            Trust::Capgo { key } => Some(key.clone()),
            Trust::Unsigned => None,
            _ => return Err(Error::config("trust.mode", "is not for source \"capgo\"")),
        };
        let identity = Identity::new(config, facts);
        Ok(Self {
            update_url: config.update_url.clone(),
            channels: Channels::new(config.channel_url.clone(), identity.clone()),
            key,
            identity,
        })
    }

    async fn ask(&self, client: &HttpClient, inquiry: &Inquiry) -> Result<Answer, Error> {
        let url = self
            .update_url
            .as_ref()
            .ok_or_else(super::native_update::no_server)?;
        let user_agent = self.identity.user_agent(inquiry);
        let body = self.identity.to_json(inquiry).into();
        let exchange = client
            .retried(ATTEMPTS, || async {
                let headers = [("user-agent", user_agent.as_str())];
                let exchange = client
                    .exchange(Method::Post, url, &headers, Some(&body))
                    .await?;
                may_pass(exchange)
            })
            .await?;
        let response = exchange.response;
        match exchange.failure {
            Some(failure) => Err(refused(failure, &response, client.clock().now())),
            None => parse(&response.body, &response.url, self.key.as_ref()),
        }
    }
}

impl Source for Capgo {
    fn check<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.ask(client, inquiry))
    }

    fn channel_service(&self) -> Option<&dyn ChannelService> {
        Some(&self.channels)
    }
}

/// A failure of the server's that may be over at the next try is one of the call's. Who is asked
/// to wait doesn't try again: these servers mean all calls.
fn may_pass(exchange: Exchange) -> Result<Exchange, Error> {
    match exchange.failure {
        Some(Error::RateLimited { .. }) | None => Ok(exchange),
        Some(failure) if failure.retryable() => Err(failure),
        Some(_) => Ok(exchange),
    }
}
