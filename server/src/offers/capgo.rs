//! What a device with Capgo's plugin is answered: a pure function of its app's channels and of what
//! it tells.
//!
//! The plugin judges nothing but the checksum, so that the service judges for it what our own core
//! judges on the device: the range of native versions, and what a channel doesn't give to some.

use live_updater::NativeVersion;
use semver::Version;

use super::decide::{self, Decision, decide};
use super::{AppOffers, ChannelOffers};
use crate::catalogue::bundles::BundleRecord;
use crate::catalogue::channels::Refusal;

/// The first plugin that goes back to builtin when it is told to.
const KNOWS_BUILTIN: Version = Version::new(6, 2, 0);
/// The first generation of the plugin that is answered.
const FIRST_MAJOR: u64 = 5;

/// What a device tells when it asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) device: &'a str,
    pub(crate) platform: &'a str,
    /// The bundle that runs; none is builtin.
    pub(crate) running: Option<&'a str>,
    /// The app's own version, as it tells it.
    pub(crate) native: &'a str,
    pub(crate) plugin: &'a Version,
    pub(crate) is_emulator: bool,
    pub(crate) is_prod: bool,
    /// Names the key that the device decrypts with.
    pub(crate) key_id: Option<&'a str>,
    /// The channel that the device, or the app's configuration, names.
    pub(crate) named_channel: Option<&'a str>,
}

/// What a device is to be answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer<'a> {
    Bundle(&'a BundleRecord),
    /// Back to the files in the app's package.
    Builtin,
    Nothing {
        because: Because<'a>,
        /// The version that it would get otherwise.
        offered: Option<&'a str>,
    },
}

/// Why a device gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Because<'a> {
    RunsIt,
    IsOnBuiltin,
    /// The app says that it doesn't know its own version.
    UnknownBuild,
    /// The app's own version has no number in it.
    NotSemver,
    OldPlugin,
    /// The plugin doesn't know how to go back to builtin.
    OldPluginForBuiltin,
    NoChannel,
    PrivateChannel,
    NoBundle,
    OtherPlatform,
    Refused(Refusal),
    /// The bundle isn't for this version of the app.
    NativeRange,
    /// The bundle can't be decrypted with the device's key.
    OtherKey {
        device: &'a str,
        bundle: &'a str,
    },
}

/// What a client makes of an answer without a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    UpToDate,
    Blocked,
    Failed,
}

impl Because<'_> {
    /// Capgo's name for it.
    pub(crate) fn code(self, platform: &str) -> &'static str {
        match self {
            Self::RunsIt => "no_new_version_available",
            Self::IsOnBuiltin => "already_on_builtin",
            Self::UnknownBuild => "unknown_version_build",
            Self::NotSemver => "semver_error",
            Self::OldPlugin => "unsupported_plugin_version",
            Self::OldPluginForBuiltin => "revert_to_builtin_plugin_version_too_old",
            Self::NoChannel => "no_channel",
            Self::PrivateChannel => "cannot_update_via_private_channel",
            Self::NoBundle => "no_bundle",
            Self::OtherPlatform => match platform {
                "ios" => "disabled_platform_ios",
                "android" => "disabled_platform_android",
                _ => "disabled_platform_electron",
            },
            Self::Refused(refusal) => match refusal {
                Refusal::Major => "disable_auto_update_to_major",
                Refusal::Minor => "disable_auto_update_to_minor",
                Refusal::Patch => "disable_auto_update_to_patch",
                Refusal::UnderNative => "disable_auto_update_under_native",
                Refusal::NoRange => "misconfigured_channel",
                Refusal::Emulator => "disable_emulator",
                Refusal::Device => "disable_device",
                Refusal::Dev => "disable_dev_build",
                Refusal::Prod => "disable_prod_build",
            },
            Self::NativeRange => "disable_auto_update_to_metadata",
            Self::OtherKey { .. } => "key_id_mismatch",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::RunsIt | Self::IsOnBuiltin => Kind::UpToDate,
            Self::Refused(Refusal::NoRange)
            | Self::UnknownBuild
            | Self::NotSemver
            | Self::OldPlugin
            | Self::OldPluginForBuiltin
            | Self::NoChannel
            | Self::NoBundle => Kind::Failed,
            Self::PrivateChannel
            | Self::OtherPlatform
            | Self::Refused(_)
            | Self::NativeRange
            | Self::OtherKey { .. } => Kind::Blocked,
        }
    }

    /// For the one who reads the device's log.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::RunsIt => "The device runs what its channel gives",
            Self::IsOnBuiltin => "The channel gives builtin, and the device runs it",
            Self::UnknownBuild => {
                "The app doesn't know its own version: set it in the configuration"
            }
            Self::NotSemver => "The app's version isn't a semantic one",
            Self::OldPlugin => "The plugin is too old: version 5 and later are answered",
            Self::OldPluginForBuiltin => {
                "The channel gives builtin, which plugins before 6.2.0 don't know"
            }
            Self::NoChannel => "No channel is for this device",
            Self::PrivateChannel => "The channel is neither public nor one that devices may choose",
            Self::NoBundle => "The channel gives no bundle",
            Self::OtherPlatform => "The channel gives nothing to this platform",
            Self::Refused(refusal) => match refusal {
                Refusal::Major => "The channel gives no higher first number than the app's own",
                Refusal::Minor => "The channel gives no higher second number than the app's own",
                Refusal::Patch => "The channel gives nothing but patches of the app's own version",
                Refusal::UnderNative => "The channel gives nothing below the app's own version",
                Refusal::NoRange => "The bundle doesn't say which version of the app it needs",
                Refusal::Emulator => "The channel gives nothing to emulators",
                Refusal::Device => "The channel gives nothing to devices",
                Refusal::Dev => "The channel gives nothing to development builds",
                Refusal::Prod => "The channel gives nothing to production builds",
            },
            Self::NativeRange => "The bundle isn't for this version of the app",
            Self::OtherKey { .. } => "The bundle is encrypted for another key than the device's",
        }
    }

    /// Whether it is about the app's own version, and not about the bundle that runs.
    pub(crate) fn is_about_native(self) -> bool {
        let others = [Refusal::UnderNative, Refusal::NoRange];
        self.is_step() || others.iter().any(|refusal| self == Self::Refused(*refusal))
    }

    /// Whether the app is too far from the bundle.
    pub(crate) fn is_step(self) -> bool {
        let steps = [Refusal::Major, Refusal::Minor, Refusal::Patch];
        self == Self::NativeRange || steps.iter().any(|refusal| self == Self::Refused(*refusal))
    }
}

/// How a device came to its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was put there.
    Override,
    /// It named the channel when it asked.
    Named,
    Default,
}

/// The channel of a device.
pub(crate) fn channel_of<'a>(
    app: &'a AppOffers,
    device: &str,
    platform: &str,
    named: Option<&str>,
) -> Option<(&'a ChannelOffers, Origin)> {
    if let Some(chosen) = app.chosen_channel(device) {
        return Some((chosen, Origin::Override));
    }
    if let Some(name) = named {
        return app.channel(name).map(|channel| (channel, Origin::Named));
    }
    let mut public = app
        .channels
        .iter()
        .filter(|offers| offers.channel.is_public);
    public
        .find(|offers| offers.channel.gives_to(platform))
        .or_else(|| app.default_channel())
        .map(|channel| (channel, Origin::Default))
}

/// Decides what a device gets.
pub(crate) fn answer<'a>(app: &'a AppOffers, asking: &Asking<'a>) -> Answer<'a> {
    let nothing = |because| Answer::Nothing {
        because,
        offered: None,
    };
    if asking.plugin.major < FIRST_MAJOR {
        return nothing(Because::OldPlugin);
    }
    if asking.native == "unknown" {
        return nothing(Because::UnknownBuild);
    }
    let Some(native) = coerce(asking.native) else {
        return nothing(Because::NotSemver);
    };
    let Some((channel, origin)) =
        channel_of(app, asking.device, asking.platform, asking.named_channel)
    else {
        return nothing(Because::NoChannel);
    };
    let own = native.to_string();
    let decision = decide(
        channel,
        &decide::Asking {
            device: Some(asking.device),
            current_version: asking.running.unwrap_or(&own),
            is_on_builtin: asking.running.is_none(),
            platform: asking.platform,
        },
    );
    let offer = match decision {
        Decision::Offer { offer, .. } => offer,
        Decision::Nothing(reason) => return nothing(because(reason, channel, asking)),
    };
    let Some(record) = &offer.bundle else {
        return match why_no_builtin(channel, origin, asking) {
            Some(because) => nothing(because),
            None => Answer::Builtin,
        };
    };
    let version = &record.bundle.version;
    if *version == *asking.running.unwrap_or(&own) {
        return nothing(Because::RunsIt);
    }
    match why_not(record, channel, origin, asking, &native) {
        Some(because) => Answer::Nothing {
            because,
            offered: Some(version),
        },
        None => Answer::Bundle(record),
    }
}

fn because(
    reason: decide::Reason,
    channel: &ChannelOffers,
    asking: &Asking<'_>,
) -> Because<'static> {
    // What only rolls out is for others yet: for this device there is nothing, and nothing is wrong.
    let waits = channel.full.is_none() && channel.rollout.is_some();
    match reason {
        decide::Reason::OtherPlatform => Because::OtherPlatform,
        decide::Reason::NoRelease if waits => Because::RunsIt,
        decide::Reason::NoRelease => Because::NoBundle,
        decide::Reason::UpToDate if asking.running.is_none() && gives_builtin(channel) => {
            Because::IsOnBuiltin
        }
        decide::Reason::UpToDate => Because::RunsIt,
    }
}

fn gives_builtin(channel: &ChannelOffers) -> bool {
    let full = channel.full.as_ref();
    full.is_some_and(|offer| offer.release.bundle.is_none())
}

fn why_no_builtin(
    channel: &ChannelOffers,
    origin: Origin,
    asking: &Asking<'_>,
) -> Option<Because<'static>> {
    if asking.running.is_none() {
        return Some(Because::IsOnBuiltin);
    }
    if is_private(channel, origin) {
        return Some(Because::PrivateChannel);
    }
    if let Some(refusal) = refused_surroundings(channel, asking) {
        return Some(Because::Refused(refusal));
    }
    (*asking.plugin < KNOWS_BUILTIN).then_some(Because::OldPluginForBuiltin)
}

fn why_not<'a>(
    record: &'a BundleRecord,
    channel: &ChannelOffers,
    origin: Origin,
    asking: &Asking<'a>,
    native: &Version,
) -> Option<Because<'a>> {
    if is_private(channel, origin) {
        return Some(Because::PrivateChannel);
    }
    let refused =
        refused_version(channel, record, native).or_else(|| refused_surroundings(channel, asking));
    if let Some(refusal) = refused {
        return Some(Because::Refused(refusal));
    }
    if !is_in_range(record, asking.native, native) {
        return Some(Because::NativeRange);
    }
    match (asking.key_id, record.bundle.key_id.as_deref()) {
        (Some(device), Some(bundle)) if !device.is_empty() && !bundle.is_empty() => {
            (device != bundle).then_some(Because::OtherKey { device, bundle })
        }
        _ => None,
    }
}

/// Whoever was put into a channel may be there; who names one may not name any.
fn is_private(channel: &ChannelOffers, origin: Origin) -> bool {
    let channel = &channel.channel;
    origin == Origin::Named && !channel.is_public && !channel.self_set
}

fn refused_version(
    channel: &ChannelOffers,
    record: &BundleRecord,
    native: &Version,
) -> Option<Refusal> {
    let refuses = &channel.channel.refuses;
    let version = Version::parse(&record.bundle.version).ok()?;
    let is_refused = |refusal: &Refusal| match refusal {
        Refusal::Major => version.major > native.major,
        Refusal::Minor => (version.major, version.minor) > (native.major, native.minor),
        Refusal::Patch => {
            let is_same = (version.major, version.minor) == (native.major, native.minor);
            !(is_same && version.patch > native.patch)
        }
        Refusal::UnderNative => version < *native,
        Refusal::NoRange => record.bundle.min_app_version.is_none(),
        Refusal::Emulator | Refusal::Device | Refusal::Dev | Refusal::Prod => false,
    };
    refuses.iter().copied().find(is_refused)
}

fn refused_surroundings(channel: &ChannelOffers, asking: &Asking<'_>) -> Option<Refusal> {
    let is_refused = |refusal: &Refusal| match refusal {
        Refusal::Emulator => asking.is_emulator,
        Refusal::Device => !asking.is_emulator,
        Refusal::Dev => !asking.is_prod,
        Refusal::Prod => asking.is_prod,
        _ => false,
    };
    channel.channel.refuses.iter().copied().find(is_refused)
}

fn is_in_range(record: &BundleRecord, told: &str, coerced: &Version) -> bool {
    let own = told.parse::<NativeVersion>().or_else(|_| {
        let Version {
            major,
            minor,
            patch,
            ..
        } = coerced;
        format!("{major}.{minor}.{patch}").parse()
    });
    let Ok(own) = own else {
        return true;
    };
    let bound = |text: &Option<String>| -> Option<NativeVersion> { text.as_ref()?.parse().ok() };
    let (min, max) = (
        bound(&record.bundle.min_app_version),
        bound(&record.bundle.max_app_version),
    );
    min.is_none_or(|min| own >= min) && max.is_none_or(|max| own <= max)
}

/// The version in a text: a semantic one as it is, else its first one to three numbers.
pub(crate) fn coerce(text: &str) -> Option<Version> {
    if let Ok(version) = Version::parse(text.trim_start_matches('v')) {
        return Some(version);
    }
    let start = text.find(|char: char| char.is_ascii_digit())?;
    let numbers = text.get(start..)?;
    let end = numbers.find(|char: char| !char.is_ascii_digit() && char != '.');
    let mut numbers = numbers.get(..end.unwrap_or(numbers.len()))?.split('.');
    let major = numbers.next()?.parse().ok()?;
    let mut next = || match numbers.next() {
        None | Some("") => Some(0),
        Some(number) => number.parse().ok(),
    };
    Some(Version::new(major, next()?, next()?))
}

#[cfg(test)]
mod tests;
