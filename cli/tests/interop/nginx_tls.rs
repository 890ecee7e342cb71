//! nginx with HTTPS, and certificates and pins made by the `openssl` command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::{Authority, Bundle, Nginx, Phone, run};

/// How people make a pin of a certificate.
const PIN: &str = "openssl x509 -in \"$1\" -pubkey -noout | openssl pkey -pubin -outform der \
    | openssl dgst -sha256 -binary | openssl base64";

#[test]
fn a_device_speaks_tls_1_2_and_1_3_with_openssl() {
    let Some(authority) = Authority::new() else {
        return;
    };
    for protocol in ["TLSv1.2", "TLSv1.3"] {
        for key in ["rsa:2048", "ec"] {
            let Some(nginx) = Nginx::start_tls(authority.server(key, protocol)) else {
                return;
            };
            let source = offer_a_bundle(&nginx);
            let phone = Phone::new(&nginx.url()).with("rootCertificates", authority.pem());
            let installed = phone.sync_and_try(phone.start());
            Phone::assert_same_files(&installed, &source);
        }
    }
}

#[test]
fn pins_made_by_openssl_are_the_keys() {
    let Some(authority) = Authority::new() else {
        return;
    };
    let tls = authority.server("ec", "TLSv1.3");
    let [own, above] = [tls.chain.clone(), authority.path("authority.pem")].map(|pem| pin(&pem));
    let Some(nginx) = Nginx::start_tls(tls) else {
        return;
    };
    offer_a_bundle(&nginx);
    let phone = || Phone::new(&nginx.url()).with("rootCertificates", authority.pem());
    for pin in [own, above] {
        let phone = phone().with("pins", json!([pin]));
        phone.sync_and_try(phone.start());
    }
    let other = pin(&authority.server("ec", "TLSv1.3").chain);
    let phone = phone().with("pins", json!([other]));
    let mut process = phone.start();
    assert_eq!(process.refusal("sync", json!({})), "network");
    phone.assert_nothing_installed(&mut process);
}

/// Puts a bundle and the offer of it where nginx serves them; the folder that was packed.
fn offer_a_bundle(nginx: &Nginx) -> PathBuf {
    let files = nginx.files();
    let bundle = Bundle::make(&files, "app", 100_000);
    let offer = bundle.offer("1.1.0", "/app.zip").to_string();
    fs::write(files.join("check.json"), offer).unwrap();
    files.join("app")
}

fn pin(certificate: &Path) -> String {
    let hash = run(Command::new("sh").args(["-c", PIN, "sh"]).arg(certificate));
    format!("sha256/{}", hash.trim())
}
