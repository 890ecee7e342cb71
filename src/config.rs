//! What the app's developer decides.

use std::fmt;
use std::time::Duration;

use semver::Version;

use crate::error::Error;
#[cfg(feature = "http")]
use crate::transport::pin::{ParsePinError, SpkiPin};
#[cfg(feature = "http")]
use crate::transport::tls::RootCertificates;
#[cfg(feature = "capgo")]
use crate::verify::CapgoKey;
use crate::verify::{PinnedKeys, Trust};

mod parse;

/// How the updater behaves in one app.
///
/// [`Config::from_json`] reads it as it stands in a Capacitor configuration (`plugins.LiveUpdater`);
/// in Rust, start with [`Config::new`] and set the fields that differ from their defaults.
///
/// ```
/// # use live_updater::Config;
/// let config = Config::from_json(r#"{
///     "appId": "com.example.app",
///     "updateUrl": "https://updates.example.com",
///     "trust": {"mode": "bundle", "keys": [{"key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----"}]}
/// }"#)?;
/// assert_eq!(config.channel, "production");
/// # Ok::<(), live_updater::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The app's identifier, as the server knows it.
    pub app_id: String,
    /// Version of the web files in the app's package. Default: the native version.
    pub version: Option<Version>,
    /// `android`, `ios` or `web`. Default: what the library was built for.
    pub platform: String,
    /// The channel until `setChannel` chooses another. Default: `production`; with
    /// [`SourceKind::Capgo`] empty, and the server decides.
    pub channel: String,
    /// The base address of the update server; with [`SourceKind::Capgo`], the very address that
    /// checks go to. Without it, nothing is looked for.
    pub update_url: Option<url::Url>,
    /// Where reports go with [`SourceKind::Capgo`]. Without it, none is sent.
    pub stats_url: Option<url::Url>,
    /// Where [`SourceKind::Capgo`] asks about channels. Without it, there are none to choose.
    pub channel_url: Option<url::Url>,
    /// The protocol that the server speaks. Default: [`SourceKind::NativeUpdate`].
    pub source: SourceKind,
    pub(crate) trust: Trust,
    /// The lowest sequence that a release statement may have. It counts in trust mode `statement`
    /// only. Default: none.
    pub min_sequence: Option<u64>,
    /// When the updater looks for updates by itself. Default: [`AutoUpdate::Off`].
    pub auto_update: AutoUpdate,
    /// The least time between two automatic checks. Default: 15 minutes.
    pub check_interval: Duration,
    /// Time in the background after which the next resume applies what is next; zero means never.
    /// Default: 5 minutes.
    pub apply_after_background: Duration,
    /// Active time that a bundle in trial has to become ready. Default: 10 seconds.
    pub app_ready_timeout: Duration,
    /// Launches of a trial that may end badly before it is rolled back. Default: 2.
    pub max_trial_launches: u32,
    /// Bad launches in a row after which a bundle that was ready is rolled back. Default: 3.
    pub crash_loop_limit: u32,
    /// Good bundles that are kept, the current one included; at least 2. Default: 2.
    pub keep_bundles: u32,
    /// Whether a release may be older than what runs and than builtin. Default: no.
    pub allow_downgrade: bool,
    /// Whether a new native build drops all bundles. Default: yes.
    pub reset_when_update: bool,
    /// The most entries that an archive may have. Default: 20,000.
    pub max_files: u32,
    /// The most bytes that an archive may unpack to. Default: 1 GiB.
    pub max_unpacked_bytes: u64,
    /// The most bytes that a bundle's zip may have. Default: 1 GiB.
    pub max_bundle_bytes: u64,
    /// SPKI pins (`sha256/BASE64`), one of which a server's verified path must match. Default: none.
    pub pins: Vec<String>,
    /// PEM certificates that are trusted beside the bundled roots. Default: none.
    pub root_certificates: Vec<String>,
    /// Hosts that may be spoken to without TLS, in a debuggable app only. Default: none.
    pub dangerous_insecure_hosts: Vec<String>,
    /// Extra headers for the origin of `update_url`. Default: none.
    pub headers: Vec<(String, Secret)>,
    /// Bearer token for the origin of `update_url`. Default: none.
    pub token: Option<Secret>,
    /// Time for a whole metadata request, and for the head of any answer. Default: 15 seconds.
    pub request_timeout: Duration,
    /// Time that one read of a body may take. Default: 20 seconds.
    pub read_timeout: Duration,
    /// The device's id. Default: a random one, kept.
    pub device_id: Option<String>,
}

impl Config {
    /// A configuration that installs only bundles that one of `keys` has signed.
    pub fn new(app_id: impl Into<String>, keys: impl Into<PinnedKeys>) -> Self {
        Self::with_trust(app_id.into(), Trust::Bundle { keys: keys.into() })
    }

    /// A configuration that installs only what a release statement names which `threshold` of
    /// `keys` have signed.
    ///
    /// # Errors
    ///
    /// `config` where `threshold` is 0, or more than there are keys.
    pub fn with_statements(
        app_id: impl Into<String>,
        keys: impl Into<PinnedKeys>,
        threshold: usize,
    ) -> Result<Self, Error> {
        let keys = keys.into();
        let count = keys.as_slice().len();
        if !(1..=count).contains(&threshold) {
            let problem = format!("must be 1 to {count}, which is how many keys there are");
            return Err(Error::config("trust.threshold", problem));
        }
        let trust = Trust::Statement { keys, threshold };
        Ok(Self::with_trust(app_id.into(), trust))
    }

    /// A configuration that installs any bundle whose checksum is the one that the server names.
    ///
    /// **Danger**: whoever controls the server, or a certificate for it, controls the app.
    pub fn dangerous_unsigned(app_id: impl Into<String>) -> Self {
        Self::with_trust(app_id.into(), Trust::Unsigned)
    }

    /// A configuration for a server that speaks Capgo's protocol, and that installs only bundles that
    /// were encrypted with the private half of `key`.
    #[cfg(feature = "capgo")]
    pub fn with_capgo_key(app_id: impl Into<String>, key: CapgoKey) -> Self {
        let mut config = Self::with_trust(app_id.into(), Trust::Capgo { key });
        config.set_source(SourceKind::Capgo);
        config
    }

    /// What has to hold for a bundle besides its checksum.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// `config`, which names the key that is unknown or has a bad value.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        parse::config(text)
    }

    /// The certificates and pins, parsed.
    #[cfg(feature = "http")]
    pub(crate) fn tls_settings(&self) -> Result<(RootCertificates, Vec<SpkiPin>), Error> {
        let mut roots = RootCertificates::default();
        for pem in &self.root_certificates {
            let more = RootCertificates::from_pem(pem)
                .map_err(|error| Error::config("rootCertificates", error.to_string()))?;
            roots.extend(more);
        }
        let pins = self
            .pins
            .iter()
            .map(|pin| {
                pin.parse()
                    .map_err(|error: ParsePinError| Error::config("pins", error.to_string()))
            })
            .collect::<Result<_, _>>()?;
        Ok((roots, pins))
    }

    /// Chooses the protocol, and the channel that goes without saying there.
    fn set_source(&mut self, source: SourceKind) {
        self.source = source;
        if source == SourceKind::Capgo {
            self.channel = String::new();
        }
    }

    fn with_trust(app_id: String, trust: Trust) -> Self {
        Self {
            app_id,
            version: None,
            platform: default_platform().to_owned(),
            channel: "production".to_owned(),
            update_url: None,
            stats_url: None,
            channel_url: None,
            source: SourceKind::NativeUpdate,
            trust,
            min_sequence: None,
            auto_update: AutoUpdate::Off,
            check_interval: Duration::from_secs(15 * 60),
            apply_after_background: Duration::from_secs(5 * 60),
            app_ready_timeout: Duration::from_secs(10),
            max_trial_launches: 2,
            crash_loop_limit: 3,
            keep_bundles: 2,
            allow_downgrade: false,
            reset_when_update: true,
            max_files: 20_000,
            max_unpacked_bytes: 1 << 30,
            max_bundle_bytes: 1 << 30,
            pins: Vec::new(),
            root_certificates: Vec::new(),
            dangerous_insecure_hosts: Vec::new(),
            headers: Vec::new(),
            token: None,
            request_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(20),
            device_id: None,
        }
    }
}

/// A text that never shows in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A protocol that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceKind {
    /// native-update's three endpoints.
    NativeUpdate,
    /// Capgo's, which takes the feature `capgo`.
    Capgo,
}

#[cfg(not(feature = "capgo"))]
impl SourceKind {
    pub(crate) fn not_built() -> Error {
        let problem =
            "this build of the library doesn't speak \"capgo\": it takes the feature `capgo`";
        Error::config("source", problem)
    }
}

/// When the updater looks for updates without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AutoUpdate {
    /// Never.
    Off,
    /// After a launch.
    Launch,
    /// After a launch, after a return from the background, and while the app stays open.
    Resume,
}

fn default_platform() -> &'static str {
    if cfg!(target_os = "android") {
        "android"
    } else if cfg!(target_os = "ios") {
        "ios"
    } else {
        "web"
    }
}
