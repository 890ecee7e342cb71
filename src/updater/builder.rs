//! How an updater is opened.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Updater;
use super::shared::Shared;
use crate::bundle::{Bundle, Launch, Problem};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::error::Error;
use crate::event::Event;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::rules::Rules;
use crate::native_version::NativeVersion;
use crate::page_mark::PageSecret;
use crate::report;
use crate::source::{self, HostFacts};
use crate::store::Store;
use crate::store::disk::DiskStorage;
use crate::store::storage::Storage;
use crate::transport::Transport;
use crate::transport::client::HttpClient;
use crate::transport::rules::NetworkRules;

pub(super) type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// Settings of an [`Updater`] that come from the host and not from the configuration.
#[must_use]
pub struct UpdaterBuilder {
    config: Result<Config, Error>,
    native_version: String,
    native_build: Option<String>,
    facts: HostFacts,
    boot_id: Option<String>,
    listener: Listener,
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
}

impl UpdaterBuilder {
    pub(super) fn new(root: &Path, config: Result<Config, Error>) -> Self {
        // Where the process's folder is gone there is no better answer than the path as it is.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Self {
            config,
            native_version: "1.0.0".to_owned(),
            native_build: None,
            facts: HostFacts::default(),
            boot_id: None,
            listener: Arc::new(|_| {}),
            storage: Arc::new(DiskStorage::new(root)),
            clock: Arc::new(SystemClock::new()),
            transport: None,
        }
    }

    /// The app's own version, 1 to 4 dotted numbers. Default: `1.0.0`.
    pub fn native_version(mut self, version: impl Into<String>) -> Self {
        self.native_version = version.into();
        self
    }

    /// What names the installed app; when it changes, the app was updated. Default: the native
    /// version.
    pub fn native_build(mut self, build: impl Into<String>) -> Self {
        self.native_build = Some(build.into());
        self
    }

    /// Whether this is a development build, which alone may speak to `dangerousInsecureHosts`.
    /// Default: no.
    pub fn debuggable(mut self, is_debuggable: bool) -> Self {
        self.facts.is_debuggable = is_debuggable;
        self
    }

    /// The number of the native build: Android's `versionCode`, iOS's `CFBundleVersion`. Capgo's
    /// protocol tells it. Default: empty, which is unknown.
    pub fn version_code(mut self, code: impl Into<String>) -> Self {
        self.facts.version_code = code.into();
        self
    }

    /// The version of the operating system. Capgo's protocol tells it. Default: empty, which is
    /// unknown.
    pub fn os_version(mut self, version: impl Into<String>) -> Self {
        self.facts.os_version = version.into();
        self
    }

    /// Who installed the app: `google_play`, `amazon_appstore` … Capgo's protocol tells it. Default:
    /// empty, which is unknown.
    pub fn install_source(mut self, source: impl Into<String>) -> Self {
        self.facts.install_source = source.into();
        self
    }

    /// Whether this is an emulator or a simulator. Capgo's protocol tells it. Default: no.
    pub fn emulator(mut self, is_emulator: bool) -> Self {
        self.facts.is_emulator = is_emulator;
        self
    }

    /// What names the time since the device booted. Default: what Linux and Android tell; on
    /// other systems it is unknown, and files are hashed more often.
    pub fn boot_id(mut self, boot_id: impl Into<String>) -> Self {
        self.boot_id = Some(boot_id.into());
        self
    }

    /// Who is told of events. It is called on the updater's threads, must not block, and may
    /// call the updater.
    pub fn listener(mut self, listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.listener = Arc::new(listener);
        self
    }

    /// Where bundles and state are kept. Default: [`DiskStorage`] in the root.
    pub fn storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.storage = storage;
        self
    }

    /// Where time comes from. Default: [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Who speaks HTTP. Default: [`HttpTransport`](crate::HttpTransport), with the certificates and pins of the configuration.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Locks the root and reads its state. What goes wrong is told by
    /// [`launch`](Updater::launch) and by every call after it.
    pub fn open(self) -> Updater {
        let version = self.native_version.clone();
        let storage = Arc::clone(&self.storage);
        Updater {
            shared: self.connect().map_err(|error| Misconfigured {
                error,
                builtin: builtin(&version),
                storage,
            }),
        }
    }

    fn connect(self) -> Result<Arc<Shared>, Error> {
        let config = self.config?;
        let native_version: NativeVersion = self
            .native_version
            .parse()
            .map_err(|error| Error::config("nativeVersion", format!("{error}")))?;
        let source = source::open(&config, &self.facts)?;
        let reporter = report::open(&config, &self.facts)?;
        let native_build = self.native_build.unwrap_or(self.native_version);
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(&config)?,
        };
        let client = HttpClient::new(
            transport,
            Arc::clone(&self.clock),
            network_rules(&config, self.facts.is_debuggable),
        );
        let rules = Rules::new(&config, native_version, native_build);
        let lifecycle = Lifecycle::new(
            Store::open(self.storage),
            rules,
            Arc::clone(&self.clock),
            self.boot_id.or_else(boot_id),
        );
        let protocol = (source, reporter);
        Shared::new(
            config,
            lifecycle,
            client,
            protocol,
            self.clock,
            self.listener,
        )
    }
}

impl fmt::Debug for UpdaterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdaterBuilder")
            .field("native_version", &self.native_version)
            .field("native_build", &self.native_build)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// An updater that can only say what is wrong with its configuration.
#[derive(Debug)]
pub(super) struct Misconfigured {
    error: Error,
    builtin: Bundle,
    storage: Arc<dyn Storage>,
}

impl Misconfigured {
    pub(super) fn launch(&self) -> Launch {
        tracing::error!(error = %self.error, root = %self.storage.root().display(), "builtin only");
        Launch {
            page_mark: PageSecret::random().mark(&self.builtin),
            bundle: self.builtin.clone(),
            path: None,
            launch_token: uuid::Uuid::new_v4().simple().to_string(),
            trial: false,
            rolled_back: None,
            problem: Some(Problem::from(&self.error)),
        }
    }

    pub(super) fn error(&self) -> Error {
        match &self.error {
            Error::Config { key, problem } => Error::config(key.clone(), problem.clone()),
            other => Error::invalid_request(other.to_string()),
        }
    }
}

fn builtin(native_version: &str) -> Bundle {
    let version = native_version
        .parse()
        .map_or(semver::Version::new(0, 0, 0), |version: NativeVersion| {
            version.to_semver()
        });
    Bundle::builtin(&version)
}

fn network_rules(config: &Config, is_debuggable: bool) -> NetworkRules {
    NetworkRules {
        update_url: config.update_url.clone(),
        token: config.token.as_ref().map(|token| token.expose().to_owned()),
        headers: config
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.expose().to_owned()))
            .collect(),
        insecure_hosts: if is_debuggable {
            config.dangerous_insecure_hosts.clone()
        } else {
            Vec::new()
        },
        request_timeout: config.request_timeout,
        read_timeout: config.read_timeout,
    }
}

#[cfg(feature = "http")]
fn default_transport(config: &Config) -> Result<Arc<dyn Transport>, Error> {
    let (roots, pins) = config.tls_settings()?;
    Ok(Arc::new(
        crate::transport::http1::HttpTransport::builder()
            .root_certificates(roots)
            .pins(pins)
            .connect_timeout(config.request_timeout)
            .build(),
    ))
}

#[cfg(not(feature = "http"))]
fn default_transport(_: &Config) -> Result<Arc<dyn Transport>, Error> {
    Err(Error::invalid_request(
        "built without the feature `http`: the host has to bring a transport",
    ))
}

/// Linux and Android name each boot.
fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
