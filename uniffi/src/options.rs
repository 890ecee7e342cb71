//! How an updater is opened, as it crosses.

use serde_json::Value;

/// How to open an updater: what the host knows, and what the app's configuration says.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OpenOptions {
    /// Absolute path of the updater's own folder. It must not be backed up with the app: bundles
    /// belong to this device and this build.
    pub root: String,
    /// `plugins.LiveUpdater` of the app's configuration, as JSON. A bad one is no failure here: the
    /// app starts on its builtin files, and the launch says why.
    pub config: String,
    /// The app's id, where the configuration has no `appId`.
    #[uniffi(default = None)]
    pub app_id: Option<String>,
    /// `android` or `ios`, where the configuration has no `platform`. Default: what this runs on.
    #[uniffi(default = None)]
    pub platform: Option<String>,
    /// The app's own version, 1 to 4 dotted numbers. Default: `1.0.0`.
    #[uniffi(default = None)]
    pub native_version: Option<String>,
    /// What names the installed app; when it changes, the app was updated. Default: the native
    /// version.
    #[uniffi(default = None)]
    pub native_build: Option<String>,
    /// What names the time since the device booted. Default: what Linux and Android tell; on other
    /// systems it is unknown, and files are hashed more often.
    #[uniffi(default = None)]
    pub boot_id: Option<String>,
    /// Whether this is a development build, which alone may speak to `dangerousInsecureHosts`.
    #[uniffi(default = false)]
    pub debuggable: bool,
    /// The number of the native build: Android's `versionCode`, iOS's `CFBundleVersion`. Only Capgo's
    /// protocol tells it.
    #[uniffi(default = None)]
    pub version_code: Option<String>,
    /// The version of the operating system. Only Capgo's protocol tells it.
    #[uniffi(default = None)]
    pub os_version: Option<String>,
    /// Who installed the app: `google_play`, `amazon_appstore` … Only Capgo's protocol tells it.
    #[uniffi(default = None)]
    pub install_source: Option<String>,
    /// Whether this is an emulator or a simulator. Only Capgo's protocol tells it.
    #[uniffi(default = false)]
    pub emulator: bool,
}

impl OpenOptions {
    /// The configuration, filled in with what the host knows and with what apps want: theirs is
    /// kept up to date without a line of code.
    pub(crate) fn complete_config(&self) -> String {
        let Ok(Value::Object(mut config)) = serde_json::from_str(&self.config) else {
            // The core says what is wrong with it.
            return self.config.clone();
        };
        let defaults = [
            ("appId", self.app_id.as_deref()),
            ("platform", self.platform.as_deref()),
            ("autoUpdate", Some("resume")),
        ];
        for (key, value) in defaults {
            if let Some(value) = value {
                config.entry(key).or_insert_with(|| value.into());
            }
        }
        Value::Object(config).to_string()
    }
}
