//! HTTPS with certificates of an authority that nobody knows but the test.

use std::path::Path;

use mock_update_server::{MockServer, TlsCertificate};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bundle, Phone};

#[test]
fn a_device_trusts_an_authority_that_its_configuration_names() {
    let site = Site::new(TlsCertificate::Valid);
    let phone = site.phone();
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &site.folder.path().join("app-1.1.0"));
}

#[test]
fn a_device_refuses_an_authority_that_it_does_not_know() {
    let site = Site::new(TlsCertificate::Valid);
    site.assert_refused(&Phone::new(&site.server.url()));

    let other = Site::new(TlsCertificate::Valid);
    let phone = Phone::new(&site.server.url());
    site.assert_refused(&phone.with("rootCertificates", other.authority()));
}

#[test]
fn a_device_refuses_certificates_that_are_over_or_for_others_or_of_nobody() {
    for certificate in [
        TlsCertificate::Expired,
        TlsCertificate::WrongName,
        TlsCertificate::SelfSigned,
    ] {
        let site = Site::new(certificate);
        site.assert_refused(&site.phone());
    }
}

#[test]
fn a_device_with_pins_takes_only_a_path_with_a_pinned_key() {
    let site = Site::new(TlsCertificate::Valid);
    let unknown = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for pin in [site.server.ca_pin(), site.server.certificate_pin()] {
        // The next key is pinned before it is used: one of them is enough.
        let phone = site.phone().with("pins", json!([unknown, pin.unwrap()]));
        phone.sync_and_try(phone.start());
    }
    site.server.clear_log();
    site.assert_refused(&site.phone().with("pins", json!([unknown])));
}

#[test]
fn a_pinned_certificate_that_is_only_shown_does_not_count() {
    let pinned = Site::new(TlsCertificate::Valid);
    let site = Site::start(|folder| {
        MockServer::builder(folder)
            .tls(TlsCertificate::Valid)
            .append_to_chain(pinned.server.ca_pem().unwrap())
    });
    let pins = json!([pinned.server.ca_pin().unwrap()]);
    site.assert_refused(&site.phone().with("pins", pins));
}

/// An HTTPS server with a bundle.
struct Site {
    folder: TempDir,
    server: MockServer,
}

impl Site {
    fn new(certificate: TlsCertificate) -> Self {
        Self::start(|folder| MockServer::builder(folder).tls(certificate))
    }

    fn start(build: impl FnOnce(&Path) -> mock_update_server::MockServerBuilder) -> Self {
        let folder = TempDir::new().unwrap();
        Bundle::make(folder.path(), "app-1.1.0", 300_000);
        let server = build(folder.path()).start_blocking().unwrap();
        Self { folder, server }
    }

    fn authority(&self) -> Value {
        json!([self.server.ca_pem().unwrap()])
    }

    /// A device that trusts this server's authority.
    fn phone(&self) -> Phone {
        Phone::new(&self.server.url()).with("rootCertificates", self.authority())
    }

    /// Asserts that the device tells the server nothing, not even what it asks for.
    fn assert_refused(&self, phone: &Phone) {
        let mut process = phone.start();
        assert_eq!(process.refusal("sync", json!({})), "network");
        phone.assert_nothing_installed(&mut process);
        assert_eq!(self.server.requests().len(), 0);
    }
}
