//! Which bucket bundles are in, and how it is reached.

use std::fmt;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, RetryConfig};
use url::{Host, Url};

use super::http::Connector;

/// Who can't be reached is asked a few times more, and not for longer than somebody waits.
const MOST_RETRIES: usize = 3;
const RETRY_TIME: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A bucket of S3, or of what speaks as S3 does.
#[derive(Clone)]
pub struct S3Settings {
    builder: AmazonS3Builder,
    pub(super) bucket: String,
    pub(super) prefix: Path,
}

impl S3Settings {
    /// Bundles in `s3://BUCKET/PREFIX`; the prefix may be left out.
    ///
    /// `variables` are those that Amazon's own tools take from the environment, such as
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` and
    /// `AWS_ENDPOINT_URL`; others are ignored. An endpoint that isn't on this machine has to be
    /// HTTPS, unless `AWS_ALLOW_HTTP` is `true`.
    ///
    /// # Errors
    ///
    /// Where the URL isn't one of a bucket, or the endpoint can't be used.
    pub fn new(
        url: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, S3SettingsError> {
        let (bucket, prefix) = parse(url).ok_or(S3SettingsError::Location)?;
        let mut builder = AmazonS3Builder::new();
        for (name, value) in variables {
            let key = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>();
            if let Ok(key) = key
                && name.starts_with("AWS_")
                && !value.is_empty()
            {
                builder = builder.with_config(key, value);
            }
        }
        let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
        if let Some(endpoint) = endpoint {
            let endpoint = Url::parse(&endpoint).map_err(|_| S3SettingsError::Endpoint)?;
            match endpoint.scheme() {
                "https" => {}
                "http" if is_here(&endpoint) => builder = builder.with_allow_http(true),
                "http" if allows_http(&builder) => {}
                _ => return Err(S3SettingsError::Endpoint),
            }
        }
        Ok(Self {
            builder: builder.with_bucket_name(&bucket).with_retry(RetryConfig {
                backoff: BackoffConfig {
                    init_backoff: FIRST_PAUSE,
                    max_backoff: LONGEST_PAUSE,
                    ..BackoffConfig::default()
                },
                max_retries: MOST_RETRIES,
                retry_timeout: RETRY_TIME,
            }),
            bucket,
            prefix,
        })
    }

    pub(super) fn connect(&self, connector: Connector) -> object_store::Result<AmazonS3> {
        let builder = self.builder.clone();
        builder.with_http_connector(connector).build()
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix.as_ref())
            .finish_non_exhaustive()
    }
}

/// Why a bucket can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum S3SettingsError {
    /// The URL isn't one of a bucket.
    #[error("a bucket is named by s3://BUCKET or s3://BUCKET/PREFIX")]
    Location,
    /// Where the store is can't be read, or may not be used without encryption.
    #[error(
        "AWS_ENDPOINT_URL has to be an https:// URL; http:// is for this machine alone, or with \
         AWS_ALLOW_HTTP=true"
    )]
    Endpoint,
}

fn parse(url: &str) -> Option<(String, Path)> {
    let rest = url.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_bucket = !bucket.is_empty() && bucket.bytes().all(fits);
    let prefix = Path::parse(prefix.trim_end_matches('/')).ok()?;
    is_bucket.then(|| (bucket.to_owned(), prefix))
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn allows_http(builder: &AmazonS3Builder) -> bool {
    let key = AmazonS3ConfigKey::Client(object_store::ClientConfigKey::AllowHttp);
    builder
        .get_config_value(&key)
        .is_some_and(|value| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str, variables: &[(&str, &str)]) -> Result<S3Settings, S3SettingsError> {
        let variables = variables.iter();
        S3Settings::new(
            url,
            variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn a_bucket_has_a_name_and_perhaps_a_prefix() {
        for (url, bucket, prefix) in [
            ("s3://b", "b", ""),
            ("s3://b/", "b", ""),
            ("s3://b.c-d/e/f/", "b.c-d", "e/f"),
        ] {
            let settings = with(url, &[]).unwrap();
            assert_eq!(
                (&*settings.bucket, settings.prefix.as_ref()),
                (bucket, prefix)
            );
        }
        for wrong in [
            "",
            "b",
            "s3://",
            "s3:///p",
            "https://b/p",
            "s3://b@c/p",
            "s3://b/a//b",
        ] {
            assert!(with(wrong, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn without_encryption_only_this_machine_is_asked_where_nobody_says_otherwise() {
        let at = |endpoint| ("AWS_ENDPOINT_URL", endpoint);
        assert!(with("s3://b", &[at("https://s3.example")]).is_ok());
        assert!(with("s3://b", &[at("http://127.0.0.1:9000")]).is_ok());
        assert!(with("s3://b", &[at("http://s3.example")]).is_err());
        let allowed = [at("http://s3.example"), ("AWS_ALLOW_HTTP", "true")];
        assert!(with("s3://b", &allowed).is_ok());
    }

    #[test]
    fn a_secret_is_nowhere_to_be_read() {
        let settings = with(
            "s3://b",
            &[
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", "hunter2"),
                ("AWS_SESSION_TOKEN", "hunter2"),
            ],
        );
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
