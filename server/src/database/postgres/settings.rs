//! How a PostgreSQL database is reached.

use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

/// How long one waits for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a server may leave bytes unacknowledged, and how long a connection may be idle, until
/// it is looked at whether the server is still there.
const SILENCE: Duration = Duration::from_secs(15);
const PROBES: u32 = 3;

/// How a PostgreSQL database is reached.
///
/// A connection to another machine is encrypted, and the server's certificate has to be for its
/// host, unless the settings say `sslmode=disable`.
#[derive(Clone)]
pub struct PostgresSettings(Config);

impl PostgresSettings {
    /// Reads settings as libpq has them: `postgres://USER:PASSWORD@HOST/DATABASE`, or
    /// `host=… user=… dbname=…`.
    ///
    /// # Errors
    ///
    /// Where they can't be read, or name no host. What they say isn't repeated: there may be a
    /// password in it.
    pub fn parse(text: &str) -> Result<Self, PostgresSettingsError> {
        let mut config = Config::from_str(text.trim()).map_err(|_| PostgresSettingsError)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(PostgresSettingsError);
        }
        if config.get_ssl_mode() == SslMode::Prefer {
            let mode = match stays_on_this_machine(&config) {
                true => SslMode::Disable,
                false => SslMode::Require,
            };
            config.ssl_mode(mode);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        config.keepalives_idle(SILENCE.min(config.get_keepalives_idle()));
        config.keepalives_interval(config.get_keepalives_interval().unwrap_or(CONNECT));
        config.keepalives_retries(config.get_keepalives_retries().unwrap_or(PROBES));
        if config.get_application_name().is_none() {
            config.application_name("live-updater");
        }
        Ok(Self(config))
    }

    /// Whether they hold a password.
    pub fn has_password(&self) -> bool {
        self.0.get_password().is_some()
    }

    pub(super) fn config(&self) -> &Config {
        &self.0
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("hosts", &self.0.get_hosts())
            .field("database", &self.0.get_dbname())
            .finish_non_exhaustive()
    }
}

/// The settings of a database can't be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the settings of the PostgreSQL database can't be read: write \
     postgres://USER:PASSWORD@HOST/DATABASE, with %xx for signs that are special in URLs"
)]
pub struct PostgresSettingsError;

fn stays_on_this_machine(config: &Config) -> bool {
    let is_here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        Host::Unix(_) => true,
    };
    let mut addresses = config.get_hostaddrs().iter();
    config.get_hosts().iter().all(is_here) && addresses.all(std::net::IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> SslMode {
        let settings = PostgresSettings::parse(text).unwrap();
        settings.config().get_ssl_mode()
    }

    #[test]
    fn only_what_leaves_the_machine_is_encrypted_and_that_always_where_nobody_says_otherwise() {
        for here in [
            "postgres://u:p@localhost/d",
            "postgres://u:p@127.0.0.1:5433/d",
            "host=/run/postgresql user=u",
        ] {
            assert_eq!(mode(here), SslMode::Disable, "{here}");
        }
        assert_eq!(mode("postgres://u:p@db.example/d"), SslMode::Require);
        assert_eq!(
            mode("host=localhost hostaddr=10.0.0.7 user=u"),
            SslMode::Require
        );
        assert_eq!(
            mode("postgres://u@db.example/d?sslmode=disable"),
            SslMode::Disable
        );
        assert_eq!(
            mode("postgres://u@localhost/d?sslmode=require"),
            SslMode::Require
        );
    }

    #[test]
    fn a_password_is_nowhere_to_be_read() {
        let settings = PostgresSettings::parse("postgres://u:hunter2@db.example/d").unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        for wrong in [
            "postgres://u:hunter2@h/d?hunter2=1",
            "hunter2",
            "password=hunter2",
            "postgres://u:hunter2@h:hunter2/d",
        ] {
            let error = PostgresSettings::parse(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{wrong}");
        }
    }
}
