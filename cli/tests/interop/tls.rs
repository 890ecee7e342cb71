//! HTTPS with certificates of an authority that nobody knows but the test.

use std::path::Path;

use mock_update_server::{Endpoint, Fault, MockServer, TlsCertificate};
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
    let other = Site::new(TlsCertificate::Valid);
    let neither = json!([unknown, other.server.ca_pin().unwrap()]);
    site.assert_refused(&site.phone().with("pins", neither));
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

#[test]
fn a_redirect_to_a_server_with_another_key_is_refused_where_keys_are_pinned() {
    let site = Site::new(TlsCertificate::Valid);
    let elsewhere = MockServer::builder(site.folder.path())
        .tls(TlsCertificate::Valid)
        .start_blocking()
        .unwrap();
    let away: Fault = format!("redirect-https={}", elsewhere.url())
        .parse()
        .unwrap();
    let authorities = json!([site.server.ca_pem().unwrap(), elsewhere.ca_pem().unwrap()]);
    let phone = || site.phone().with("rootCertificates", authorities.clone());
    let [own, other] = [&site.server, &elsewhere].map(|server| server.ca_pin().unwrap());
    for endpoint in [Endpoint::Bundle, Endpoint::Check] {
        site.server.fault(endpoint, away.clone()).always();
        let pinned = phone().with("pins", json!([own]));
        let mut process = pinned.start();
        assert_eq!(process.refusal("sync", json!({})), "network");
        pinned.assert_nothing_installed(&mut process);
        assert_eq!(elsewhere.requests().len(), 0);
        // With both keys pinned it's as good as the first, and so it is without pins.
        for phone in [phone().with("pins", json!([own, other])), phone()] {
            phone.sync_and_try(phone.start());
        }
        assert!(!elsewhere.requests().is_empty());
        elsewhere.clear_log();
        site.server.clear_faults(endpoint);
    }
}

#[test]
fn a_redirect_out_of_https_is_refused_even_where_plain_http_would_do() {
    let site = Site::new(TlsCertificate::Valid);
    let plain = MockServer::builder(site.folder.path())
        .start_blocking()
        .unwrap();
    let away: Fault = format!("redirect-http={}", plain.url()).parse().unwrap();
    for endpoint in [Endpoint::Bundle, Endpoint::Check] {
        site.server.fault(endpoint, away.clone()).always();
        let phone = site.phone();
        let mut process = phone.start();
        assert_eq!(process.refusal("sync", json!({})), "protocol");
        phone.assert_nothing_installed(&mut process);
        assert_eq!(plain.requests().len(), 0);
        site.server.clear_faults(endpoint);
        phone.sync_and_try(process);
    }
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
