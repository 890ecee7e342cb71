//! Asks a server what there is. One file a protocol.

#[cfg(feature = "capgo")]
pub(crate) mod capgo;
mod host;
pub(crate) mod native_update;
mod stated;

use std::fmt;
use std::sync::Arc;

use crate::clock::BoxFuture;
use crate::config::{Config, SourceKind};
use crate::error::Error;
use crate::release::Release;
use crate::transport::client::HttpClient;
pub(crate) use host::HostFacts;
pub(crate) use native_update::Unsigned;
pub(crate) use stated::StatedOffer;

/// A protocol that a server speaks, as a device that asks it.
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// Asks what there is.
    ///
    /// # Errors
    ///
    /// Those of the network, and `protocol` where the answer is not one.
    fn check<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Answer, Error>>;

    /// Who decides on channels beside the device; nobody where it decides alone.
    fn channel_service(&self) -> Option<&dyn ChannelService> {
        None
    }
}

/// A server that decides which channel a device is on.
pub(crate) trait ChannelService: Send + Sync {
    /// Asks whether the device may be on `channel`.
    ///
    /// # Errors
    ///
    /// `invalid_request` where it may not.
    fn join<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
        channel: &'a str,
    ) -> BoxFuture<'a, Result<Joined, Error>>;

    /// Asks which channel the device is on.
    fn assigned<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<String, Error>>;

    /// Asks which channels there are for the device.
    fn list<'a>(
        &'a self,
        client: &'a HttpClient,
        inquiry: &'a Inquiry,
    ) -> BoxFuture<'a, Result<Vec<Channel>, Error>>;
}

/// What a server says to a device that wants to be on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "capgo"), expect(dead_code, reason = "Capgo's say it"))]
pub(crate) enum Joined {
    /// It may: the device keeps the channel.
    Kept,
    /// That is the channel that it would have without a choice: the device forgets its own.
    Unset,
}

/// A channel that a server knows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Channel {
    /// The server's id of it.
    pub id: String,
    /// Its name: what `setChannel` takes.
    pub name: String,
    /// Whether devices without a choice are on it.
    pub public: bool,
    /// Whether a device may choose it.
    pub allow_self_set: bool,
}

/// The protocol that a configuration names, in an app of which the host knows `facts`.
///
/// # Errors
///
/// `config` where this build doesn't speak it.
#[cfg_attr(
    not(feature = "capgo"),
    expect(unused_variables, reason = "Capgo's tells them")
)]
pub(crate) fn open(config: &Config, facts: &HostFacts) -> Result<Box<dyn Source>, Error> {
    match config.source {
        SourceKind::NativeUpdate => Ok(Box::new(native_update::NativeUpdate::new(config))),
        #[cfg(feature = "capgo")]
        SourceKind::Capgo => Ok(Box::new(capgo::Capgo::new(config, facts)?)),
        #[cfg(not(feature = "capgo"))]
        SourceKind::Capgo => Err(SourceKind::not_built()),
    }
}

/// What a device tells about itself when it asks.
#[derive(Debug, Clone)]
pub(crate) struct Inquiry {
    pub(crate) app_id: String,
    pub(crate) platform: String,
    pub(crate) channel: String,
    pub(crate) device_id: String,
    pub(crate) custom_id: Option<String>,
    /// The app's own version.
    pub(crate) app_version: String,
    pub(crate) current_version: String,
    pub(crate) current_bundle: String,
    /// Newest first.
    pub(crate) failed_versions: Vec<String>,
}

/// What the server said.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
#[cfg_attr(not(feature = "capgo"), expect(dead_code, reason = "Capgo's say more"))]
pub(crate) enum Answer {
    /// Nothing is to be done.
    Nothing,
    /// This is what the device should run.
    Offer(Offer),
    /// The device should run its builtin files.
    Builtin,
    /// There is something, and not for this device: the server's word for why.
    Withheld(String),
}

/// What a server offers.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub(crate) enum Offer {
    /// A release, as the server describes it.
    Release(Release),
    /// A release statement, which is still to be verified.
    Stated(Arc<StatedOffer>),
}
