//! Which server is examined, and for which app.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use live_updater::{
    Config, Limits, NativeVersion, PinnedKeys, RootCertificates, SourceKind, SpkiPin, Trust,
};
use live_updater_signing::read_public_key;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use url::Url;

use crate::output::{Failure, is_loopback, whole_url};

/// What devices are told.
#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// The base address of the server [default: `updateUrl` of --config]
    #[arg(value_name = "URL", required_unless_present = "config", value_parser = whole_url)]
    url: Option<Url>,

    /// The app [default: that of --config]
    #[arg(long, value_name = "ID", required_unless_present = "config")]
    app_id: Option<String>,

    /// The app's configuration: capacitor.config.json, or plugins.LiveUpdater of it alone
    #[arg(long, value_name = "FILE.json")]
    config: Option<PathBuf>,

    /// The channel [default: that of --config, or production]
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,

    /// The platform that is asked for
    #[arg(long, value_name = "NAME", default_value = "android")]
    platform: String,

    /// A public key that the app pins; may be given several times [default: those of --config]
    #[arg(long = "key", value_name = "PUBLIC.pem")]
    keys: Vec<PathBuf>,

    /// The version that the device says it has
    #[arg(long, value_name = "VERSION", default_value = "0.0.0")]
    current_version: semver::Version,

    /// The app's own version
    #[arg(long, value_name = "VERSION")]
    native_version: Option<NativeVersion>,

    /// A certificate (PEM) that is trusted beside the public ones
    #[arg(long, value_name = "CA.pem")]
    ca: Option<PathBuf>,
}

/// A server, and who asks.
pub(super) struct Target {
    pub(super) base: Url,
    pub(super) app_id: String,
    pub(super) channel: String,
    pub(super) platform: String,
    pub(super) current_version: String,
    pub(super) native_version: Option<NativeVersion>,
    /// None where nobody said whose signatures count.
    pub(super) trust: Option<Trust>,
    /// Whether the app's configuration says which kind of signatures it asks for.
    pub(super) is_mode_known: bool,
    pub(super) limits: Limits,
    pub(super) max_bundle_bytes: u64,
    /// For the server's own origin alone.
    pub(super) headers: Vec<(String, String)>,
    pub(super) roots: RootCertificates,
    /// The same as `roots`.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) pins: Vec<SpkiPin>,
}

impl Target {
    pub(super) fn of(arguments: &TargetArguments) -> Result<Self, Failure> {
        let config = match &arguments.config {
            Some(path) => Some(read_config(path, arguments.app_id.as_deref())?),
            None => None,
        };
        let of_config = config.as_ref();
        if of_config.is_some_and(|config| config.source != SourceKind::NativeUpdate) {
            let message = "the configuration's `source` is another protocol than native-update's, which is the one that is asked here";
            return Err(Failure::usage(message));
        }
        let base = arguments.url.clone();
        let base = base.or_else(|| of_config.and_then(|config| config.update_url.clone()));
        let base = base.ok_or_else(|| {
            Failure::usage("the configuration has no updateUrl: name the server's address")
        })?;
        let app_id = arguments.app_id.clone();
        let app_id = app_id.or_else(|| of_config.map(|config| config.app_id.clone()));
        let channel = arguments.channel.clone();
        let channel = channel.or_else(|| of_config.map(|config| config.channel.clone()));
        let pems = pems(arguments, of_config)?;
        let defaults = Limits::default();
        let mut limits = Limits::default();
        limits.max_files = of_config.map_or(defaults.max_files, |config| config.max_files);
        limits.max_unpacked_bytes = of_config.map_or(defaults.max_unpacked_bytes, |config| {
            config.max_unpacked_bytes
        });
        Ok(Self {
            base,
            app_id: app_id.unwrap_or_default(),
            channel: channel.unwrap_or_else(|| "production".to_owned()),
            platform: arguments.platform.clone(),
            current_version: arguments.current_version.to_string(),
            native_version: arguments.native_version.clone(),
            trust: trust(arguments, of_config)?,
            is_mode_known: of_config.is_some(),
            limits,
            max_bundle_bytes: of_config.map_or(1 << 30, |config| config.max_bundle_bytes),
            headers: of_config.map(headers).unwrap_or_default(),
            roots: roots(&pems)?,
            certificates: certificates(&pems)?,
            pins: pins(of_config)?,
        })
    }

    /// An address below the base, as devices make it.
    pub(super) fn url(&self, path: &str) -> Option<Url> {
        let base = self.base.as_str().split(['?', '#']).next()?;
        format!("{}/{path}", base.trim_end_matches('/'))
            .parse()
            .ok()
    }

    /// Whether HTTP will do: devices take it from their own machine.
    pub(super) fn is_here(&self) -> bool {
        is_loopback(&self.base)
    }
}

fn read_config(path: &Path, app_id: Option<&str>) -> Result<Config, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let mut own = match value.pointer("/plugins/LiveUpdater") {
        Some(own) => own.clone(),
        None if value.get("plugins").is_some() => {
            let message = format!("{} has no plugins.LiveUpdater", path.display());
            return Err(Failure::usage(message));
        }
        None => value.clone(),
    };
    // The app may be named for Capacitor alone.
    let app_id = app_id.or_else(|| value.get("appId").and_then(Value::as_str));
    if let (Some(fields), Some(app_id)) = (own.as_object_mut(), app_id) {
        fields.entry("appId").or_insert_with(|| Value::from(app_id));
    }
    Config::from_json(&own.to_string())
        .map_err(|error| Failure::new("config", format!("{}: {error}", path.display())))
}

fn trust(arguments: &TargetArguments, config: Option<&Config>) -> Result<Option<Trust>, Failure> {
    let keys = arguments.keys.iter();
    let keys = keys
        .map(|path| read_public_key(path, None))
        .collect::<Result<Vec<_>, _>>()?;
    let given = PinnedKeys::new(keys);
    Ok(match (given, config.map(Config::trust)) {
        (None, trust) => trust.cloned(),
        (Some(keys), Some(Trust::Statement { threshold, .. })) => {
            let threshold = *threshold;
            Some(statement_trust(keys, threshold)?)
        }
        (Some(keys), _) => Some(Config::new("", keys).trust().clone()),
    })
}

fn statement_trust(keys: PinnedKeys, threshold: usize) -> Result<Trust, Failure> {
    let config = Config::with_statements("", keys, threshold)?;
    Ok(config.trust().clone())
}

fn headers(config: &Config) -> Vec<(String, String)> {
    let mut headers: Vec<_> = config
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.expose().to_owned()))
        .collect();
    if let Some(token) = &config.token {
        headers.push((
            "authorization".to_owned(),
            format!("Bearer {}", token.expose()),
        ));
    }
    headers
}

fn pems(arguments: &TargetArguments, config: Option<&Config>) -> Result<Vec<String>, Failure> {
    let mut pems = config.map_or_else(Vec::new, |config| config.root_certificates.clone());
    if let Some(path) = &arguments.ca {
        let pem = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
        pems.push(pem);
    }
    Ok(pems)
}

fn roots(pems: &[String]) -> Result<RootCertificates, Failure> {
    let mut roots = RootCertificates::default();
    for pem in pems {
        let more = RootCertificates::from_pem(pem);
        roots.extend(more.map_err(|error| Failure::usage(error.to_string()))?);
    }
    Ok(roots)
}

fn certificates(pems: &[String]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let found = pems
        .iter()
        .flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes()));
    found
        .map(|certificate| certificate.map_err(|error| Failure::usage(error.to_string())))
        .collect()
}

fn pins(config: Option<&Config>) -> Result<Vec<SpkiPin>, Failure> {
    let pins = config.map_or(&[][..], |config| &config.pins);
    pins.iter()
        .map(|pin| {
            pin.parse().map_err(|error: live_updater::ParsePinError| {
                Failure::new("config", error.to_string())
            })
        })
        .collect()
}
