//! Where the service keeps things, where that isn't its folder.

use std::env;
use std::path::PathBuf;

use clap::Args;
use live_updater_server::Settings;

use crate::output::Failure;

const DATABASE: &str = "LIVE_UPDATER_DATABASE";
const BUNDLES: &str = "LIVE_UPDATER_BUNDLES";

/// Stores on other machines.
#[derive(Debug, Args)]
pub(crate) struct Stores {
    /// A PostgreSQL database for all but the bundles, without a password; else LIVE_UPDATER_DATABASE.
    #[arg(long, value_name = "postgres://USER@HOST/DATABASE")]
    database: Option<String>,

    /// A file with what --database takes, and a password.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    database_file: Option<PathBuf>,

    /// A bucket for the bundles; else LIVE_UPDATER_BUNDLES. AWS_ENDPOINT_URL, AWS_REGION,
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say where it is and who asks.
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    bundles: Option<String>,
}

/// Has the service use the stores that the arguments name, or the environment.
pub(crate) fn choose(stores: &Stores, settings: &mut Settings) -> Result<(), Failure> {
    if let Some((database, is_public)) = database(stores)? {
        use_database(settings, &database, is_public)?;
    }
    let bundles = stores.bundles.clone().or_else(|| variable(BUNDLES));
    if let Some(bundles) = bundles {
        use_bucket(settings, &bundles)?;
    }
    Ok(())
}

/// What was said of a database, and whether everybody could read it.
fn database(stores: &Stores) -> Result<Option<(String, bool)>, Failure> {
    match (&stores.database, &stores.database_file) {
        (Some(text), _) => Ok(Some((text.clone(), true))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| Failure::unreadable(path, &error))?;
            Ok(Some((text, false)))
        }
        (None, None) => Ok(variable(DATABASE).map(|text| (text, false))),
    }
}

#[cfg(feature = "postgres")]
fn use_database(settings: &mut Settings, text: &str, is_public: bool) -> Result<(), Failure> {
    let parsed = live_updater_server::PostgresSettings::parse(text);
    let parsed = parsed.map_err(|error| Failure::usage(error.to_string()))?;
    if is_public && parsed.has_password() {
        return Err(Failure::usage(format!(
            "everybody on this machine can read the arguments of a command: write the password into \
             a file for --database-file, or into {DATABASE}"
        )));
    }
    settings.postgres = Some(parsed);
    Ok(())
}

#[cfg(not(feature = "postgres"))]
fn use_database(_: &mut Settings, _: &str, _: bool) -> Result<(), Failure> {
    Err(missing("PostgreSQL", "postgres"))
}

#[cfg(feature = "s3")]
fn use_bucket(settings: &mut Settings, bundles: &str) -> Result<(), Failure> {
    let s3 = live_updater_server::S3Settings::new(bundles, env::vars_os().filter_map(as_text));
    settings.s3 = Some(s3.map_err(|error| Failure::usage(error.to_string()))?);
    Ok(())
}

#[cfg(not(feature = "s3"))]
fn use_bucket(_: &mut Settings, _: &str) -> Result<(), Failure> {
    Err(missing("S3", "s3"))
}

#[cfg(feature = "s3")]
fn as_text((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

#[cfg(not(all(feature = "postgres", feature = "s3")))]
fn missing(what: &str, feature: &str) -> Failure {
    Failure::usage(format!(
        "this live-updater was built without {what}: build it with --features {feature}, such as \
         cargo install live-updater-cli --features postgres,s3"
    ))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
