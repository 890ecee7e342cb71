//! Asks a server what there is. One file a protocol.

pub(crate) mod native_update;
mod stated;

use std::sync::Arc;

use crate::release::Release;
pub(crate) use native_update::Unsigned;
pub(crate) use stated::StatedOffer;

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
pub(crate) enum Answer {
    /// Nothing is to be done.
    Nothing,
    /// This is what the device should run.
    Offer(Offer),
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
