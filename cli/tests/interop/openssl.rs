//! Bundles signed by the `openssl` command, as a release script would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_update_server::{MockServer, Release};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Bundle, Phone, is_there, run};

const ED25519: &[&str] = &["ED25519"];
const P256: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const RSA: &[&str] = &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const PSS: &[&str] = &[
    "-sigopt",
    "rsa_padding_mode:pss",
    "-sigopt",
    "rsa_pss_saltlen:32",
];

#[test]
fn a_device_takes_ed25519_signatures() {
    let Some(site) = Site::new() else {
        return;
    };
    let pair = site.pair("own", ED25519);
    let signature = site.sign_message(&pair);
    site.assert_only_this_signature_is_taken(&pair, &signature, ED25519);
}

#[test]
fn a_device_takes_ecdsa_signatures_in_der_and_raw() {
    let Some(site) = Site::new() else {
        return;
    };
    let pair = site.pair("own", P256);
    let der = site.sign_digest(&pair, &[]);
    site.assert_only_this_signature_is_taken(&pair, &der, P256);
    site.assert_only_this_signature_is_taken(&pair, &der_to_raw(&der), P256);
}

#[test]
fn a_device_takes_rsa_signatures_with_both_paddings() {
    let Some(site) = Site::new() else {
        return;
    };
    let pair = site.pair("own", RSA);
    for padding in [&[], PSS] {
        let signature = site.sign_digest(&pair, padding);
        site.assert_only_this_signature_is_taken(&pair, &signature, RSA);
    }
}

/// A server with a bundle, and `openssl` beside it.
struct Site {
    folder: TempDir,
    bundle: Bundle,
    server: MockServer,
}

struct Pair {
    private: PathBuf,
    public: PathBuf,
}

impl Site {
    /// `None` where there is no `openssl`.
    fn new() -> Option<Self> {
        if !is_there("openssl") {
            return None;
        }
        let folder = TempDir::new().unwrap();
        let bundle = Bundle::make(folder.path(), "app-1.1.0", 300_000);
        let server = MockServer::builder(folder.path()).start_blocking().unwrap();
        Some(Self {
            folder,
            bundle,
            server,
        })
    }

    fn pair(&self, name: &str, kind: &[&str]) -> Pair {
        let pair = Pair {
            private: self.path(&format!("{name}.private.pem")),
            public: self.path(&format!("{name}.public.pem")),
        };
        openssl(|command| {
            command.args(["genpkey", "-quiet", "-out"]);
            command.arg(&pair.private).arg("-algorithm").args(kind)
        });
        openssl(|command| {
            command.args(["pkey", "-pubout", "-in"]).arg(&pair.private);
            command.arg("-out").arg(&pair.public)
        });
        pair
    }

    /// A signature over the bundle itself.
    fn sign_message(&self, pair: &Pair) -> Vec<u8> {
        let out = self.path("signature.bin");
        openssl(|command| {
            command.args(["pkeyutl", "-sign", "-rawin", "-inkey"]);
            command.arg(&pair.private).arg("-in").arg(&self.bundle.zip);
            command.arg("-out").arg(&out)
        });
        fs::read(out).unwrap()
    }

    /// A signature over the bundle's SHA-256.
    fn sign_digest(&self, pair: &Pair, options: &[&str]) -> Vec<u8> {
        let out = self.path("signature.bin");
        openssl(|command| {
            command
                .args(["dgst", "-sha256", "-sign"])
                .arg(&pair.private);
            command.args(options).arg("-out").arg(&out);
            command.arg(&self.bundle.zip)
        });
        fs::read(out).unwrap()
    }

    fn assert_only_this_signature_is_taken(&self, pair: &Pair, signature: &[u8], kind: &[&str]) {
        self.offer(Some(signature));
        let phone = self.phone(&pair.public);
        let installed = phone.sync_and_try(phone.start());
        Phone::assert_same_files(&installed, &self.path("app-1.1.0"));

        let another = self.pair("another", kind);
        self.assert_refused(&another.public, "signature_invalid");

        for index in [0, signature.len() / 2, signature.len() - 1] {
            let mut flipped = signature.to_vec();
            flipped[index] ^= 0x10;
            self.offer(Some(&flipped));
            self.assert_refused(&pair.public, "signature_invalid");
        }

        self.server.clear_log();
        self.offer(None);
        self.assert_refused(&pair.public, "signature_missing");
        assert_eq!(
            self.server.bundle_requests().len(),
            0,
            "fetched for nothing"
        );
    }

    /// Asserts that a device with this key takes nothing, and goes on with what it has.
    fn assert_refused(&self, public_key: &Path, code: &str) {
        let phone = self.phone(public_key);
        let mut process = phone.start();
        assert_eq!(process.refusal("sync", json!({})), code);
        phone.assert_nothing_installed(&mut process);
        let current = process.call("current", json!({})).unwrap();
        assert_eq!(current["bundle"]["id"], "builtin");
    }

    fn offer(&self, signature: Option<&[u8]>) {
        self.server.offer(Release {
            signature: signature.map(|signature| STANDARD.encode(signature)),
            ..self.server.release("1.1.0").unwrap()
        });
    }

    fn phone(&self, public_key: &Path) -> Phone {
        let key = fs::read_to_string(public_key).unwrap();
        let trust = json!({"mode": "bundle", "keys": [{"key": key}]});
        Phone::new(&self.server.url()).with("trust", trust)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn openssl(arguments: impl FnOnce(&mut Command) -> &mut Command) {
    run(arguments(&mut Command::new("openssl")));
}

/// The two integers of an ECDSA signature in DER, as 32 bytes each.
fn der_to_raw(der: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut rest = &der[2..];
    for _ in 0..2 {
        let (integer, after) = rest[2..].split_at(usize::from(rest[1]));
        let digits = &integer[integer.iter().take_while(|byte| **byte == 0).count()..];
        raw.extend(vec![0; 32 - digits.len()]);
        raw.extend(digits);
        rest = after;
    }
    raw
}
