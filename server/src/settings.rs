//! What can be set of a service.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::files::UploadLimits;
use crate::tls::Tls;

/// How a service is to run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The folder for everything that is kept.
    pub data: PathBuf,
    /// Certificate and key, where the service itself speaks HTTPS.
    pub tls: Option<Tls>,
    /// Where devices and people reach the service, where that isn't the host that they ask for:
    /// behind a proxy, or a CDN.
    pub public_url: Option<Url>,
    /// Where bundles are downloaded from, where that isn't the service: a CDN in front of it.
    pub download_url: Option<Url>,
    /// The most bytes of a bundle.
    pub max_bundle_bytes: u64,
    /// How many requests a minute one API key may make.
    pub requests_per_minute: u32,
    /// How many checks, reports and the like a minute one device may make.
    pub device_requests_per_minute: u32,
    /// How many wrong keys a minute one address may try.
    pub wrong_keys_per_minute: u32,
    /// How many days reports are kept, and devices that don't ask any more.
    pub keep_reports_days: u32,
    /// A private key (PEM) that signs bundles and statements of all apps that have no
    /// `keys/APP.pem` of their own in the data folder.
    pub signing_key: Option<PathBuf>,
    /// How many days a statement counts. Those that are given out are made anew after half of it.
    pub statement_days: u32,
    /// Whether bundles may be registered by a URL that leads to this machine. Only for one that
    /// nobody else reaches.
    pub allows_loopback_urls: bool,
    /// Certificates (PEM) that count beside the usual ones where a bundle is fetched, and where
    /// PostgreSQL or S3 are.
    pub root_certificates: Option<String>,
    /// How many connections there are at most, of which one address may have half; the system's
    /// limit of open files can make it fewer.
    pub max_connections: usize,
    /// How long a request may take to come in, its body aside.
    pub header_timeout: Duration,
    /// How long a body may stand still while it comes in.
    pub body_timeout: Duration,
    /// How long nothing of an answer may be taken, before the connection is closed.
    pub write_timeout: Duration,
    /// The PostgreSQL database for metadata, where that isn't a file. Other processes may use it
    /// too, each with a data folder of its own.
    #[cfg(feature = "postgres")]
    pub postgres: Option<crate::PostgresSettings>,
    /// The bucket for bundles, where that isn't a folder.
    #[cfg(feature = "s3")]
    pub s3: Option<crate::S3Settings>,
}

impl Settings {
    /// The defaults, with everything in `data`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            tls: None,
            public_url: None,
            download_url: None,
            max_bundle_bytes: 1 << 30,
            requests_per_minute: 600,
            device_requests_per_minute: 120,
            wrong_keys_per_minute: 20,
            keep_reports_days: 400,
            signing_key: None,
            statement_days: 90,
            allows_loopback_urls: false,
            root_certificates: None,
            max_connections: 8_192,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            #[cfg(feature = "postgres")]
            postgres: None,
            #[cfg(feature = "s3")]
            s3: None,
        }
    }

    pub(crate) fn upload_limits(&self) -> UploadLimits {
        UploadLimits {
            bytes: self.max_bundle_bytes,
            patience: self.body_timeout,
        }
    }
}
