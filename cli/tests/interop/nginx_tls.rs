//! nginx with HTTPS, and certificates and pins made by the `openssl` command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bundle, Nginx, Phone, ServerTls, is_there, run};

const OPENSSL_SETTINGS: &str = "
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = CA:FALSE
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
";

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

/// An authority that `openssl` made.
struct Authority {
    folder: TempDir,
}

impl Authority {
    /// `None` where there is no `openssl`.
    fn new() -> Option<Self> {
        if !is_there("openssl") {
            return None;
        }
        let authority = Self {
            folder: TempDir::new().unwrap(),
        };
        fs::write(authority.path("settings"), OPENSSL_SETTINGS).unwrap();
        authority.openssl(
            "req -config settings -new -x509 -extensions authority -subj /CN=authority -days 2 \
             -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
             -keyout authority.key -out authority.pem",
        );
        Some(authority)
    }

    /// What a device has to trust.
    fn pem(&self) -> Value {
        json!([fs::read_to_string(self.path("authority.pem")).unwrap()])
    }

    /// A new certificate for this machine, over a key of this kind.
    fn server(&self, key: &str, protocol: &'static str) -> ServerTls {
        let curve = match key {
            "ec" => "-pkeyopt ec_paramgen_curve:P-256",
            _ => "",
        };
        self.openssl(&format!(
            "req -config settings -new -subj /CN=server -newkey {key} {curve} -nodes \
             -keyout server.key -out server.csr"
        ));
        self.openssl(
            "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
             -days 2 -extfile settings -extensions server -out server.pem",
        );
        ServerTls {
            chain: self.path("server.pem"),
            key: self.path("server.key"),
            protocol,
        }
    }

    fn openssl(&self, arguments: &str) {
        run(Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path()));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn pin(certificate: &Path) -> String {
    let hash = run(Command::new("sh").args(["-c", PIN, "sh"]).arg(certificate));
    format!("sha256/{}", hash.trim())
}
