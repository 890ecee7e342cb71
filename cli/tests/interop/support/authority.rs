use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ServerTls, is_there, run};

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

/// An authority that `openssl` made.
#[derive(Debug)]
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    /// `None` where there is no `openssl`.
    pub(crate) fn new() -> Option<Self> {
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
    pub(crate) fn pem(&self) -> Value {
        json!([fs::read_to_string(self.path("authority.pem")).unwrap()])
    }

    /// A new certificate for this machine, over a key of this kind.
    pub(crate) fn server(&self, key: &str, protocol: &'static str) -> ServerTls {
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

    /// Where one of its files lies; its own certificate is `authority.pem`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
