//! The service as a program runs it: it serves, and does what is to be done again and again.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, timeout};

use crate::api;
use crate::catalogue::keys::{self, ApiKey, KeyRecord};
use crate::catalogue::organisations::{self, Organisation};
use crate::connections::Connections;
use crate::database::{Database, DatabaseError};
use crate::error::ApiError;
use crate::service::{OpenError, Shared};
use crate::settings::Settings;

/// How long requests that are under way may take when the service ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// An update service that is open.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

impl Service {
    /// Opens the folder of a service, makes what is missing, and removes what an earlier death
    /// left incomplete.
    ///
    /// # Errors
    ///
    /// Where the folder or the database can't be used, or a newer version has written it.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared::open(settings).await?);
        Ok(Self { shared })
    }

    /// Makes the first organisation and a key that may do everything in it, where there is none
    /// yet. The key can't be read again later.
    ///
    /// # Errors
    ///
    /// Where the database can't be written.
    pub async fn first_key(&self) -> Result<Option<String>, ServiceError> {
        let secret = ApiKey::random().map_err(|error| io::Error::other(error.to_string()))?;
        Ok(make_first_key(&self.shared.database, secret).await?)
    }

    /// Makes another key that may do everything in the first organisation, for who has lost the
    /// others. It can't be read again later.
    ///
    /// # Errors
    ///
    /// Where the database can't be written.
    pub async fn new_key(&self) -> Result<String, ServiceError> {
        let secret = ApiKey::random().map_err(|error| io::Error::other(error.to_string()))?;
        let made = self.shared.database.write(move |sql| {
            keys::insert(sql, &KeyRecord::first(organisations::FIRST), &secret)?;
            Ok::<_, DatabaseError>(secret.reveal().to_owned())
        });
        Ok(made.await?)
    }

    /// The endpoints, for a server of one's own. Requests have to carry their peer's address as
    /// [`ConnectInfo`](axum::extract::ConnectInfo).
    pub fn router(&self) -> Router {
        api::router(&self.shared)
    }

    /// The paths of the endpoints, with the names of what varies in braces; what begins with `*`
    /// there may have slashes.
    pub fn paths() -> Vec<&'static str> {
        api::paths()
    }

    /// Serves until `end` resolves; requests that are under way may finish then.
    ///
    /// # Errors
    ///
    /// Where nobody can be listened to any more.
    pub async fn serve(
        &self,
        listener: TcpListener,
        end: impl Future<Output = ()>,
    ) -> Result<(), ServiceError> {
        let chores = self.start_chores();
        let connections = Connections::new(self.router(), &self.shared.settings);
        let graceful = GracefulShutdown::new();
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                accepted = connections.accept(&listener) => match accepted {
                    Ok(accepted) => {
                        let (connections, watcher) = (connections.clone(), graceful.watcher());
                        tokio::spawn(async move { connections.serve(accepted, watcher).await });
                    }
                    // Too many open files, say: others may close theirs.
                    Err(error) => {
                        tracing::warn!(%error, "a connection can't be taken");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        drop(listener);
        if timeout(FAREWELL, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests that took too long were ended");
        }
        drop(chores);
        Ok(self.shared.write_presence().await?)
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// What is to be done again and again; it ends with the set.
    fn start_chores(&self) -> JoinSet<()> {
        let mut chores = JoinSet::new();
        chores.spawn(every(
            Duration::from_secs(1),
            self.clone(),
            |shared| async move { shared.write_presence().await },
        ));
        if self.shared.database.is_shared() {
            chores.spawn(every(
                Duration::from_secs(1),
                self.clone(),
                |shared| async move { Ok(shared.offers.follow(&shared.database).await?) },
            ));
        }
        chores.spawn(every(
            Duration::from_secs(60),
            self.clone(),
            |shared| async move {
                shared.limits.forget_idle();
                Ok(())
            },
        ));
        chores.spawn(every(
            Duration::from_secs(3_600),
            self.clone(),
            |shared| async move {
                shared.apply_retention().await?;
                shared.renew_statements().await?;
                shared.forget_old_reports().await
            },
        ));
        chores
    }
}

/// Why a service ended.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ServiceError(#[from] ServiceErrorKind);

#[derive(Debug, thiserror::Error)]
enum ServiceErrorKind {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the database failed: {0}")]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<io::Error> for ServiceError {
    fn from(error: io::Error) -> Self {
        Self(error.into())
    }
}

impl From<DatabaseError> for ServiceError {
    fn from(error: DatabaseError) -> Self {
        Self(error.into())
    }
}

impl From<ApiError> for ServiceError {
    fn from(error: ApiError) -> Self {
        Self(error.into())
    }
}

async fn make_first_key(
    database: &Database,
    secret: ApiKey,
) -> Result<Option<String>, DatabaseError> {
    let made = database.write(move |sql| {
        if organisations::is_any(sql)? {
            return Ok(None);
        }
        let first = Organisation::new(organisations::FIRST, organisations::FIRST);
        organisations::insert(sql, &first)?;
        let key = KeyRecord::first(&first.id);
        keys::insert(sql, &key, &secret)?;
        Ok::<_, DatabaseError>(Some(secret.reveal().to_owned()))
    });
    made.await
}

async fn every<F>(period: Duration, service: Service, work: impl Fn(Arc<Shared>) -> F)
where
    F: Future<Output = Result<(), ApiError>>,
{
    let mut ticks = interval_at(Instant::now() + period, period);
    loop {
        ticks.tick().await;
        if let Err(error) = work(Arc::clone(&service.shared)).await {
            tracing::warn!(%error, "a chore failed and is tried again");
        }
    }
}
