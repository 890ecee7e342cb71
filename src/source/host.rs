//! What only the host knows of the device.

/// What some protocols tell of a device, and only its host knows. Empty is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HostFacts {
    /// The native build's number: Android's `versionCode`, iOS's `CFBundleVersion`.
    pub(crate) version_code: String,
    pub(crate) os_version: String,
    /// Who installed the app, in Capgo's words: `google_play`, `amazon_appstore` …
    pub(crate) install_source: String,
    pub(crate) is_emulator: bool,
    /// Whether this is a development build.
    pub(crate) is_debuggable: bool,
}
