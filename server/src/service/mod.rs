//! The service itself: what its endpoints do, without HTTP.

mod accounts;
pub(crate) mod actions;
pub(crate) mod analytics;
pub(crate) mod bundles;
pub(crate) mod channels;
mod cleanup;
mod devices;
pub(crate) mod draft;
mod fetch;
pub(crate) mod presence;
pub(crate) mod rate_limit;
pub(crate) mod releases;
pub(crate) mod reports;
pub(crate) mod signing;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::database::{Database, DatabaseError};
#[cfg(feature = "s3")]
use crate::files::ObjectStore;
use crate::files::{Files, Folder, Uploads};
use crate::lock::Lock;
use crate::metrics::Metrics;
use crate::offers::Offers;
use crate::settings::Settings;
#[cfg(any(feature = "postgres", feature = "s3"))]
use crate::tls::{self, TlsError};
use fetch::Fetcher;
use presence::Presence;
use rate_limit::RateLimits;
use signing::Signing;

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) database: Database,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) uploads: Uploads,
    pub(crate) offers: Offers,
    pub(crate) presence: Presence,
    pub(crate) limits: RateLimits,
    pub(crate) metrics: Metrics,
    /// Those that read much, so that others find a reader.
    pub(crate) heavy_reads: Arc<Semaphore>,
    pub(crate) signing: Arc<Signing>,
    fetcher: Fetcher,
    _lock: Lock,
}

impl Shared {
    /// Opens what is kept, and mends what a death left.
    pub(crate) async fn open(settings: Settings) -> Result<Self, OpenError> {
        make_folder(&settings.data)?;
        let lock = Lock::take(&settings.data)?;
        let lock = lock.ok_or_else(|| OpenErrorKind::InUse(settings.data.clone()))?;
        let database = open_database(&settings).await?;
        let shared = Self {
            uploads: Uploads::open(settings.data.join("uploads"))?,
            offers: Offers::load(&database).await?,
            presence: Presence::default(),
            limits: RateLimits::new(&settings),
            metrics: Metrics::new()?,
            heavy_reads: Arc::new(Semaphore::new(1)),
            signing: Arc::new(Signing::open(&settings)?),
            fetcher: Fetcher::new(&settings)?,
            _lock: lock,
            files: open_files(&settings)?,
            database,
            settings,
        };
        if let Err(error) = shared.tidy().await {
            tracing::warn!(%error, "files that nobody needs could not be removed");
        }
        Ok(shared)
    }
}

impl Shared {
    /// Whether the service itself, or what is in front of it, speaks HTTPS.
    pub(crate) fn is_https(&self) -> bool {
        let public = self.settings.public_url.as_ref();
        self.settings.tls.is_some() || public.is_some_and(|url| url.scheme() == "https")
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.settings.tls.is_some() {
            "https"
        } else {
            "http"
        }
    }
}

/// What is in it is nobody else's business: hashes of keys, bundles that aren't released. A folder
/// that exists stays as it is.
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

async fn open_database(settings: &Settings) -> Result<Database, OpenErrorKind> {
    #[cfg(feature = "postgres")]
    if let Some(postgres) = &settings.postgres {
        let tls = tls::client(settings.root_certificates.as_deref())?;
        return Ok(Database::connect(postgres, tls).await?);
    }
    Ok(Database::open(&settings.data.join("service.db")).await?)
}

fn open_files(settings: &Settings) -> Result<Arc<dyn Files>, OpenErrorKind> {
    #[cfg(feature = "s3")]
    if let Some(s3) = &settings.s3 {
        let tls = tls::client(settings.root_certificates.as_deref())?;
        return Ok(Arc::new(ObjectStore::open(s3, tls)?));
    }
    Ok(Arc::new(Folder::open(settings.data.join("bundles"))?))
}

/// Why a service can't start.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct OpenError(OpenErrorKind);

#[derive(Debug, thiserror::Error)]
enum OpenErrorKind {
    #[error("the data folder can't be used: {0}")]
    Folder(#[from] io::Error),
    #[error("another service has the data folder {0}: end it, or name another folder")]
    InUse(PathBuf),
    #[error("the database can't be used: {0}")]
    Database(#[from] DatabaseError),
    #[error("the metrics can't be set up: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error("the signing keys can't be used: {0}")]
    Signing(#[from] live_updater_signing::SigningError),
    #[error("the root certificates can't be read: {0}")]
    Certificates(#[from] live_updater::ParseRootError),
    #[cfg(any(feature = "postgres", feature = "s3"))]
    #[error("the root certificates can't be used: {0}")]
    Tls(#[from] TlsError),
}

impl<E: Into<OpenErrorKind>> From<E> for OpenError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}
