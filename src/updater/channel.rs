//! The device's channel, and the server where it has a say in it.

use std::sync::Arc;

use super::check::remaining_pause;
use super::shared::Shared;
use crate::error::Error;
use crate::source::{Channel, Inquiry, Joined};

impl Shared {
    pub(super) async fn set_channel(self: Arc<Self>, channel: Option<String>) -> Result<(), Error> {
        self.lifecycle().ready_for_changes()?;
        let kept = match (self.source.channel_service(), channel) {
            (Some(service), Some(channel)) => {
                let inquiry = self.may_ask()?;
                let joined = service.join(&self.client, &inquiry, &channel).await;
                match self.heeded(joined).await? {
                    Joined::Kept => Some(channel),
                    Joined::Unset => None,
                }
            }
            (_, channel) => channel,
        };
        self.change(move |lifecycle| lifecycle.set_channel(kept))
            .await
    }

    pub(super) async fn assigned_channel(self: Arc<Self>) -> Result<String, Error> {
        let own = {
            let lifecycle = self.lifecycle();
            lifecycle.store.writable()?;
            self.channel(&lifecycle)
        };
        match self.source.channel_service() {
            Some(service) => {
                let inquiry = self.may_ask()?;
                let assigned = service.assigned(&self.client, &inquiry).await;
                self.heeded(assigned).await
            }
            None => Ok(own),
        }
    }

    pub(super) async fn channels(self: Arc<Self>) -> Result<Vec<Channel>, Error> {
        let service = self.source.channel_service().ok_or_else(|| {
            Error::invalid_request("the protocol of this source has no list of channels")
        })?;
        let inquiry = self.may_ask()?;
        let channels = service.list(&self.client, &inquiry).await;
        self.heeded(channels).await
    }

    /// Who asks, unless the server wants to be left alone.
    fn may_ask(&self) -> Result<Inquiry, Error> {
        let lifecycle = self.lifecycle();
        lifecycle.store.writable()?;
        match remaining_pause(&lifecycle) {
            Some(pause) => Err(Error::RateLimited {
                retry_after: Some(pause),
            }),
            None => Ok(self.inquiry(&lifecycle, None)),
        }
    }

    /// A wish to be left alone is kept, whatever was asked.
    async fn heeded<T>(self: &Arc<Self>, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &answer {
            self.remember_wish(error).await;
        }
        answer
    }
}
