//! A database and a bucket that several services may share.

use std::time::{Duration, Instant};

use backing_stores::{Forwarder, Postgres, S3};
use live_updater_server::{PostgresSettings, S3Settings, Settings};

use crate::skipped;
use crate::support::World;

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// Where services keep things. Each call of [`service`](Self::service) is another machine.
pub(crate) struct Place {
    pub(crate) postgres: Postgres,
    pub(crate) s3: S3,
    /// Between the services and the bucket.
    pub(crate) network: Forwarder,
    /// The database's name, and the folder's in the bucket.
    pub(crate) name: String,
    database: String,
}

impl Place {
    /// None where the stores aren't there; the test is skipped then, and says so.
    pub(crate) fn new() -> Option<Self> {
        let Some((postgres, s3)) = backing_stores::from_environment() else {
            skipped::missing("what `cargo xtask test stores` starts");
            return None;
        };
        Some(Self::at(postgres, s3))
    }

    pub(crate) fn at(postgres: Postgres, s3: S3) -> Self {
        let name = format!("place_{}", uuid::Uuid::new_v4().simple());
        Self {
            database: postgres.database(&name).unwrap(),
            network: Forwarder::to(s3.address()).unwrap(),
            postgres,
            s3,
            name,
        }
    }

    pub(crate) fn settings(&self, settings: &mut Settings) {
        settings.postgres = Some(PostgresSettings::parse(&self.database).unwrap());
        let url = format!("s3://{}/{}", S3::BUCKET, self.name);
        let variables = S3::variables(&format!("http://{}", self.network.address()));
        settings.s3 = Some(S3Settings::new(&url, variables).unwrap());
        // Devices that wait for something ask often.
        settings.device_requests_per_minute = 1_000_000;
        settings.requests_per_minute = 1_000_000;
    }

    /// The first service here, which has made the first key.
    pub(crate) fn service(&self) -> World {
        World::with(|settings| self.settings(settings))
    }

    /// Another service, with what the first one has been told.
    pub(crate) fn service_beside(&self, first: &World) -> World {
        let mut world = self.service();
        assert_eq!(world.key, "", "the first key is made once");
        world.key.clone_from(&first.key);
        world
    }

    /// What is in the bucket's folder, as XML.
    pub(crate) fn objects(&self) -> String {
        self.s3.list(&self.name).unwrap()
    }
}

/// Waits until a service offers an app.
pub(crate) fn wait_for_app(world: &World, app: &str) {
    let path = format!(
        "/api/v1/updates/check?appId={app}&currentVersion=0.1.0&platform=android\
         &channel=production&deviceId=d"
    );
    wait_until("the app", || world.get(&path).status == 200);
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        std::thread::sleep(PAUSE);
    }
}
