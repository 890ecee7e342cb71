//! Reads a configuration file key by key, so that an error can name the key.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{AutoUpdate, Config, Secret, SourceKind};
use crate::error::Error;
use crate::keys::{KeyProblem, Keys};
use crate::transport::rules::{header_problem, is_loopback, is_named};
#[cfg(feature = "capgo")]
use crate::verify::CapgoKey;
use crate::verify::{MAX_SEQUENCE, PinnedKeys, PublicKey, Trust, UnknownAlgorithm};

/// Where plugins are configured in a whole app's configuration.
const PLUGINS: &str = "plugins";

pub(super) fn config(text: &str) -> Result<Config, Error> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Error::config("(file)", format!("not JSON: {error}")))?;
    let Value::Object(object) = value else {
        return Err(Error::config("(file)", "must be a JSON object"));
    };
    if object.contains_key(PLUGINS) {
        return Err(Error::config(
            PLUGINS,
            "that is the whole app's configuration: give what stands under plugins.LiveUpdater",
        ));
    }
    let mut keys = Keys::new("", object);
    let app_id = keys.required_text("appId")?;
    let mut config = Config::with_trust(app_id, trust(&mut keys)?);
    source(&mut keys, &mut config)?;
    identity(&mut keys, &mut config)?;
    behaviour(&mut keys, &mut config)?;
    limits(&mut keys, &mut config)?;
    network(&mut keys, &mut config)?;
    keys.finish()?;
    Ok(config)
}

fn source(keys: &mut Keys, config: &mut Config) -> Result<(), Error> {
    let source = keys.choice("source", &["native-update", "capgo"])?;
    let is_capgo = source.as_deref() == Some("capgo");
    #[cfg(not(feature = "capgo"))]
    if is_capgo {
        return Err(SourceKind::not_built());
    }
    if is_capgo {
        config.set_source(SourceKind::Capgo);
    }
    let problem = match &config.trust {
        Trust::Bundle { .. } | Trust::Statement { .. } if is_capgo => {
            "with source \"capgo\" it must be \"capgo\" or \"unsigned\": its servers know no other signatures"
        }
        #[cfg(feature = "capgo")]
        Trust::Capgo { .. } if !is_capgo => "is for source \"capgo\" only",
        _ => return Ok(()),
    };
    Err(Error::config("trust.mode", problem))
}

fn identity(keys: &mut Keys, config: &mut Config) -> Result<(), Error> {
    if let Some(version) = keys.text("version")? {
        let version = version
            .parse()
            .map_err(|error| keys.problem("version", format!("not a semantic version: {error}")))?;
        config.version = Some(version);
    }
    if let Some(platform) = keys.choice("platform", &["android", "ios", "web", "electron"])? {
        config.platform = platform;
    }
    if let Some(channel) = keys.nonempty_text("channel")? {
        config.channel = channel;
    }
    config.device_id = keys.nonempty_text("deviceId")?;
    config.min_sequence = keys.number("minSequence", 0..=MAX_SEQUENCE)?;
    Ok(())
}

fn behaviour(keys: &mut Keys, config: &mut Config) -> Result<(), Error> {
    if let Some(mode) = keys.choice("autoUpdate", &["off", "launch", "resume"])? {
        config.auto_update = match mode.as_str() {
            "launch" => AutoUpdate::Launch,
            "resume" => AutoUpdate::Resume,
            _ => AutoUpdate::Off,
        };
    }
    // A week is longer than any of these times makes sense, and short enough that no sum of them
    // overflows.
    const WEEK: u64 = 7 * 24 * 60 * 60;
    keys.set_duration(
        "checkInterval",
        1..=WEEK,
        Duration::from_secs,
        &mut config.check_interval,
    )?;
    keys.set_duration(
        "applyAfterBackground",
        0..=WEEK,
        Duration::from_secs,
        &mut config.apply_after_background,
    )?;
    keys.set_duration(
        "appReadyTimeout",
        1..=3_600_000,
        Duration::from_millis,
        &mut config.app_ready_timeout,
    )?;
    keys.set_count("maxTrialLaunches", 1..=1000, &mut config.max_trial_launches)?;
    keys.set_count("crashLoopLimit", 1..=1000, &mut config.crash_loop_limit)?;
    keys.set_count("keepBundles", 2..=1000, &mut config.keep_bundles)?;
    keys.set_flag("allowDowngrade", &mut config.allow_downgrade)?;
    keys.set_flag("resetWhenUpdate", &mut config.reset_when_update)?;
    Ok(())
}

fn limits(keys: &mut Keys, config: &mut Config) -> Result<(), Error> {
    keys.set_count("maxFiles", 1..=1_000_000, &mut config.max_files)?;
    if let Some(bytes) = keys.number("maxUnpackedBytes", 1..=u64::MAX)? {
        config.max_unpacked_bytes = bytes;
    }
    if let Some(bytes) = keys.number("maxBundleBytes", 1..=u64::MAX)? {
        config.max_bundle_bytes = bytes;
    }
    Ok(())
}

fn network(keys: &mut Keys, config: &mut Config) -> Result<(), Error> {
    let is_base = config.source == SourceKind::NativeUpdate;
    if let Some(text) = keys.text("updateUrl")? {
        let url = update_url(&text, is_base).map_err(|text| keys.problem("updateUrl", text))?;
        config.update_url = Some(url);
    }
    if let Some(text) = keys.text("statsUrl")? {
        let url = update_url(&text, false).map_err(|text| keys.problem("statsUrl", text))?;
        config.stats_url = Some(url);
    }
    if let Some(text) = keys.text("channelUrl")? {
        let url = update_url(&text, false).map_err(|text| keys.problem("channelUrl", text))?;
        config.channel_url = Some(url);
    }
    config.pins = keys.texts("pins")?;
    config.root_certificates = keys.texts("rootCertificates")?;
    #[cfg(feature = "http")]
    config.tls_settings()?;
    config.dangerous_insecure_hosts = keys.texts("dangerousInsecureHosts")?;
    for (key, url) in [
        ("updateUrl", &config.update_url),
        ("statsUrl", &config.stats_url),
        ("channelUrl", &config.channel_url),
    ] {
        if let Some(url) = url
            && url.scheme() == "http"
            && !is_loopback(url)
            && !is_named(url, &config.dangerous_insecure_hosts)
        {
            let problem = "must begin with https://, but for loopback hosts";
            return Err(keys.problem(key, problem).into());
        }
    }
    config.headers = headers(keys)?;
    if let Some(token) = keys.nonempty_text("token")? {
        if let Some(problem) = header_problem("authorization", &token) {
            return Err(keys.problem("token", problem).into());
        }
        config.token = Some(token.into());
    }
    keys.set_duration(
        "requestTimeout",
        1..=3_600_000,
        Duration::from_millis,
        &mut config.request_timeout,
    )?;
    keys.set_duration(
        "readTimeout",
        1..=3_600_000,
        Duration::from_millis,
        &mut config.read_timeout,
    )?;
    Ok(())
}

fn update_url(text: &str, is_base: bool) -> Result<Url, &'static str> {
    let mut url = Url::parse(text).map_err(|_| "not an absolute URL")?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return Err("must begin with https:// (http:// for loopback hosts only)");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("takes no query and no fragment");
    }
    // Endpoints are appended to the base, so it ends like a folder.
    if is_base && !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

fn trust(keys: &mut Keys) -> Result<Trust, Error> {
    let Some(value) = keys.take("trust") else {
        let problem = "missing: {\"mode\": \"bundle\", \"keys\": [{\"key\": PEM}]} installs signed bundles only";
        return Err(keys.problem("trust", problem).into());
    };
    let Value::Object(object) = value else {
        return Err(keys.problem("trust", "must be an object").into());
    };
    let mut trust = Keys::new("trust.", object);
    let mode = trust
        .choice("mode", &["bundle", "statement", "unsigned", "capgo"])?
        .ok_or_else(|| {
            let problem = "missing: \"bundle\", \"statement\", \"unsigned\" or \"capgo\"";
            trust.problem("mode", problem)
        })?;
    let pinned = PinnedKeys::new(public_keys(&mut trust)?);
    let threshold = trust.number("threshold", 1..=u64::MAX)?.unwrap_or(1);
    let problem = match (mode.as_str(), &pinned) {
        ("unsigned", Some(_)) => Some(("keys", "mode \"unsigned\" takes no keys")),
        ("bundle" | "statement" | "capgo", None) => Some(("keys", "needs at least one public key")),
        ("bundle" | "unsigned" | "capgo", _) if threshold > 1 => {
            Some(("threshold", "must be 1: a bundle has one signature"))
        }
        (_, Some(keys)) if threshold > keys.as_slice().len() as u64 => Some((
            "threshold",
            "there are fewer different keys than have to sign",
        )),
        _ => None,
    };
    if let Some((key, problem)) = problem {
        return Err(trust.problem(key, problem).into());
    }
    trust.finish()?;
    Ok(match pinned {
        None => Trust::Unsigned,
        Some(keys) if mode == "capgo" => capgo(&keys)?,
        Some(keys) if mode == "bundle" => Trust::Bundle { keys },
        Some(keys) => Trust::Statement {
            keys,
            threshold: usize::try_from(threshold).unwrap_or(usize::MAX),
        },
    })
}

#[cfg(feature = "capgo")]
fn capgo(keys: &PinnedKeys) -> Result<Trust, Error> {
    let key = match keys.as_slice() {
        [key] => CapgoKey::new(key.clone()),
        _ => None,
    };
    let problem = "mode \"capgo\" takes one key, of RSA with 2048 bits and without `algorithm`";
    let key = key.ok_or_else(|| Error::config("trust.keys", problem))?;
    Ok(Trust::Capgo { key })
}

#[cfg(not(feature = "capgo"))]
fn capgo(_: &PinnedKeys) -> Result<Trust, Error> {
    let problem = "this build of the library doesn't know \"capgo\": it takes the feature `capgo`";
    Err(Error::config("trust.mode", problem))
}

fn public_keys(trust: &mut Keys) -> Result<Vec<PublicKey>, KeyProblem> {
    trust
        .array("keys")?
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            let Value::Object(object) = value else {
                return Err(trust.problem("keys", "each must be an object {\"key\": PEM}"));
            };
            let mut key = Keys::new(&format!("trust.keys[{index}]."), object);
            key.text("id")?;
            let algorithm = match key.text("algorithm")? {
                None => None,
                Some(name) => Some(name.parse().map_err(|error: UnknownAlgorithm| {
                    key.problem("algorithm", error.to_string())
                })?),
            };
            let pem = key.required_text("key")?;
            let parsed = PublicKey::from_pem(&pem, algorithm)
                .map_err(|error| key.problem("key", error.to_string()))?;
            key.finish()?;
            Ok(parsed)
        })
        .collect()
}

fn headers(keys: &mut Keys) -> Result<Vec<(String, Secret)>, KeyProblem> {
    let object = match keys.take("headers") {
        None => return Ok(Vec::new()),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(keys.problem("headers", "must be an object of texts")),
    };
    object
        .into_iter()
        .map(|(name, value)| {
            let Value::String(value) = value else {
                return Err(
                    keys.problem("headers", format!("the value of {name:?} must be a text"))
                );
            };
            match header_problem(&name, &value) {
                Some(problem) => Err(keys.problem("headers", format!("{name:?} {problem}"))),
                None => Ok((name.to_ascii_lowercase(), value.into())),
            }
        })
        .collect()
}

impl Keys {
    fn set_count(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
        target: &mut u32,
    ) -> Result<(), KeyProblem> {
        if let Some(number) = self.number(key, range)? {
            *target = u32::try_from(number).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    fn set_duration(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
        unit: fn(u64) -> Duration,
        target: &mut Duration,
    ) -> Result<(), KeyProblem> {
        if let Some(number) = self.number(key, range)? {
            *target = unit(number);
        }
        Ok(())
    }

    fn set_flag(&mut self, key: &str, target: &mut bool) -> Result<(), KeyProblem> {
        if let Some(flag) = self.flag(key)? {
            *target = flag;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#""appId": "a.b", "trust": {"mode": "unsigned"}"#;

    fn with(extra: &str) -> Result<Config, Error> {
        config(&format!("{{{MINIMAL}{extra}}}"))
    }

    fn refused_key(text: &str) -> String {
        match config(text) {
            Err(Error::Config { key, .. }) => key,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_key_or_a_bad_value_is_named() {
        for (extra, key) in [
            (r#", "appReadyTimeOut": 1"#, "appReadyTimeOut"),
            (r#", "appReadyTimeout": "10s""#, "appReadyTimeout"),
            (r#", "appReadyTimeout": 0"#, "appReadyTimeout"),
            (r#", "appReadyTimeout": 1.5"#, "appReadyTimeout"),
            (r#", "keepBundles": 1"#, "keepBundles"),
            (r#", "autoUpdate": "always""#, "autoUpdate"),
            (r#", "updateUrl": "updates.example.com""#, "updateUrl"),
            (r#", "updateUrl": "ftp://x.y/""#, "updateUrl"),
            (r#", "updateUrl": "http://x.y/""#, "updateUrl"),
            (r#", "updateUrl": "https://x.y/?a=b""#, "updateUrl"),
            (r#", "version": "1""#, "version"),
            (r#", "headers": {"a b": "c"}"#, "headers"),
            (r#", "headers": {"a": "b\r\nc: d"}"#, "headers"),
            (r#", "token": "a\nb""#, "token"),
            (r#", "pins": ["sha1/xx"]"#, "pins"),
            (r#", "rootCertificates": "no PEM""#, "rootCertificates"),
            (r#", "maxFiles": -1"#, "maxFiles"),
        ] {
            assert_eq!(refused_key(&format!("{{{MINIMAL}{extra}}}")), key);
        }
    }

    #[test]
    fn the_whole_apps_configuration_is_told_apart() {
        let text = r#"{"appId": "a", "plugins": {"LiveUpdater": {}}}"#;
        assert_eq!(refused_key(text), "plugins");
    }

    #[test]
    fn trust_has_to_be_said() {
        for (text, key) in [
            (r#"{"appId": "a"}"#, "trust"),
            (r#"{"appId": "a", "trust": {}}"#, "trust.mode"),
            (
                r#"{"appId": "a", "trust": {"mode": "bundle"}}"#,
                "trust.keys",
            ),
            (
                r#"{"appId": "a", "trust": {"mode": "bundle", "keys": []}}"#,
                "trust.keys",
            ),
            (
                r#"{"appId": "a", "trust": {"mode": "bundle", "keys": [{"key": "x"}]}}"#,
                "trust.keys[0].key",
            ),
            (
                r#"{"appId": "a", "trust": {"mode": "statement"}}"#,
                "trust.keys",
            ),
            (
                r#"{"appId": "a", "trust": {"mode": "unsigned", "threshold": 2}}"#,
                "trust.threshold",
            ),
            (r#"{"appId": "a", "trust": {"mode": "none"}}"#, "trust.mode"),
        ] {
            assert_eq!(refused_key(text), key);
        }
    }

    #[test]
    fn no_more_keys_have_to_sign_than_there_are() {
        let key = |seed| {
            let key = crate::verify::statement::testing::pem(seed);
            serde_json::json!({"key": key})
        };
        let trust = |mode: &str, keys: Vec<Value>, threshold: Value| {
            let trust = serde_json::json!({"mode": mode, "keys": keys, "threshold": threshold});
            serde_json::json!({"appId": "a", "trust": trust}).to_string()
        };
        for (mode, keys, threshold) in [
            ("bundle", vec![key(1), key(2)], 2),
            ("statement", vec![key(1)], 2),
            ("statement", vec![key(1), key(1)], 2),
            ("statement", vec![key(1), key(2)], 3),
            ("statement", vec![key(1), key(2)], 0),
        ] {
            let text = trust(mode, keys, threshold.into());
            assert_eq!(refused_key(&text), "trust.threshold", "{text}");
        }
        let both = vec![key(1), key(2)];
        for (threshold, expected) in [(Value::Null, 1), (1.into(), 1), (2.into(), 2)] {
            let config = config(&trust("statement", both.clone(), threshold)).unwrap();
            let Trust::Statement { keys, threshold } = config.trust else {
                panic!("{:?}", config.trust)
            };
            assert_eq!((keys.as_slice().len(), threshold), (2, expected));
        }
    }

    #[test]
    fn numbers_set_what_they_name() {
        let config = with(r#", "checkInterval": 2, "appReadyTimeout": 3.0, "applyAfterBackground": 0, "maxTrialLaunches": 4"#).unwrap();
        assert_eq!(config.check_interval, Duration::from_secs(2));
        assert_eq!(config.app_ready_timeout, Duration::from_millis(3));
        assert!(config.apply_after_background.is_zero());
        assert_eq!(config.max_trial_launches, 4);
    }

    #[test]
    fn a_base_address_ends_like_a_folder() {
        let config = with(r#", "updateUrl": "https://x.y/base""#).unwrap();
        assert_eq!(config.update_url.unwrap().as_str(), "https://x.y/base/");
    }
}
