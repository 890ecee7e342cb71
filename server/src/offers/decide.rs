//! What one device is offered: a pure function of its channel and of what it tells.

use semver::Version;
use sha2::{Digest, Sha256};

use super::{ChannelOffers, Offer};
use crate::catalogue::releases::ReleaseState;

/// What a device tells when it asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// None is nobody that could be told from others.
    pub(crate) device: Option<&'a str>,
    /// Of the bundle that runs, or of what the app brings along.
    pub(crate) current_version: &'a str,
    pub(crate) is_on_builtin: bool,
    pub(crate) platform: &'a str,
}

/// What a device is to be answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decision<'a> {
    Nothing(#[expect(dead_code, reason = "for a protocol that is being written")] Reason),
    Offer {
        offer: &'a Offer,
        /// Whether it, or one that the device has skipped, must be installed.
        is_mandatory: bool,
    },
}

/// Why a device is offered nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It runs what it should.
    UpToDate,
    /// Its channel gives nothing yet.
    NoRelease,
    /// Its channel gives nothing to its platform.
    OtherPlatform,
}

/// Decides what a device gets from its channel.
pub(crate) fn decide<'a>(channel: &'a ChannelOffers, asking: &Asking<'_>) -> Decision<'a> {
    let platforms = &channel.channel.platforms;
    let fits = |platform: &String| platform == asking.platform;
    if !platforms.is_empty() && !platforms.iter().any(fits) {
        return Decision::Nothing(Reason::OtherPlatform);
    }
    let rollout = channel.rollout.as_ref();
    let rollout = rollout.filter(|offer| takes_part(offer, asking));
    let Some(offer) = rollout.or(channel.full.as_ref()) else {
        return Decision::Nothing(Reason::NoRelease);
    };
    // Who verifies statements judges them alone: an old one tells it that nobody holds back newer
    // ones, and one that goes back to builtin says so.
    if offer.statement.is_none() && runs(offer, asking) {
        return Decision::Nothing(Reason::UpToDate);
    }
    // A bundle that was deleted can't be had.
    if offer.release.bundle.is_some() && offer.bundle.is_none() {
        return Decision::Nothing(Reason::NoRelease);
    }
    Decision::Offer {
        offer,
        is_mandatory: is_mandatory(channel, offer, asking),
    }
}

/// A device's place in a rollout, below 10,000: the same each time it asks, and another one in each
/// rollout, so that it isn't always the same devices that come first.
pub(crate) fn place(device: &str, release: i64) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(release.to_be_bytes());
    hasher.update(device);
    let digest: [u8; 32] = hasher.finalize().into();
    let [a, b, c, d, ..] = digest;
    u32::from_be_bytes([a, b, c, d]) % 10_000
}

fn takes_part(offer: &Offer, asking: &Asking<'_>) -> bool {
    // Who has it keeps it: a pause, or a smaller share, takes nothing back.
    if runs(offer, asking) {
        return true;
    }
    offer.release.state == ReleaseState::Rollout
        && asking
            .device
            .is_some_and(|device| place(device, offer.release.id) < offer.release.share_bps)
}

fn runs(offer: &Offer, asking: &Asking<'_>) -> bool {
    match (&offer.bundle, offer.release.bundle) {
        (Some(bundle), _) => bundle.bundle.version == asking.current_version,
        (None, Some(_)) => false,
        (None, None) => asking.is_on_builtin,
    }
}

/// Whether this release, or one between the device's own and this one, is mandatory.
fn is_mandatory(channel: &ChannelOffers, offer: &Offer, asking: &Asking<'_>) -> bool {
    let had = channel
        .steps
        .iter()
        .find(|step| step.version == asking.current_version);
    let current = Version::parse(asking.current_version).ok();
    let is_newer = |version: &str| match (&current, Version::parse(version)) {
        (Some(current), Ok(version)) => version > *current,
        _ => true,
    };
    let skipped =
        |release: i64| release < offer.release.id && had.is_none_or(|step| release > step.release);
    offer.release.mandatory
        || channel
            .steps
            .iter()
            .any(|step| step.is_mandatory && skipped(step.release) && is_newer(&step.version))
}
