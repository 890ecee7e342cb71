//! Connections to PostgreSQL that are encrypted.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

use backing_stores::PostgresServer;
use live_updater_server::{PostgresSettings, Service, Settings};

use crate::skipped;

fn opened(database: &str, roots: Option<&str>) -> Result<Service, String> {
    let data = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(data.path());
    settings.postgres = Some(PostgresSettings::parse(database).unwrap());
    settings.root_certificates = roots.map(str::to_owned);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let opened = runtime.block_on(Service::open(settings));
    opened.map_err(|error| error.to_string())
}

#[test]
fn the_server_has_to_show_a_certificate_for_its_host_that_is_trusted() {
    if backing_stores::from_environment().is_none() {
        return skipped::missing("what `cargo xtask test stores` starts");
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let port_setting = format!("port={port}");
    let settings = ["ssl=on", "listen_addresses=127.0.0.1", &port_setting];
    let postgres = PostgresServer::with(&settings, |data| {
        for (name, text) in [
            ("server.crt", &certificate),
            ("server.key", &made.signing_key.serialize_pem()),
        ] {
            fs::write(data.join(name), text)?;
            fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    })
    .unwrap();
    let at = |host: &str| {
        format!("postgres://tests@{host}:{port}/postgres?hostaddr=127.0.0.1&sslmode=require")
    };
    let service = opened(&at("localhost"), Some(&certificate)).unwrap();
    let encrypted = "SELECT count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE ssl AND application_name = 'live-updater'";
    assert_eq!(postgres.cluster().psql("postgres", encrypted).unwrap(), "t");
    drop(service);
    for (host, roots) in [("localhost", None), ("another", Some(&*certificate))] {
        let refused = opened(&at(host), roots).err().unwrap();
        assert!(refused.contains("certificate"), "{host}: {refused}");
    }
}
