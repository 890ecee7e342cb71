//! Release statements and Python's `cryptography`: what one side signs, the other one verifies.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use mock_update_server::MockServer;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bundle, Phone, Python, run};

/// Kinds of keys, and what they sign with.
const KINDS: [(&str, &str); 4] = [
    ("ed25519", "ed25519"),
    ("p256", "ecdsa-p256-sha256"),
    ("rsa", "rsa-pkcs1-sha256"),
    ("rsa", "rsa-pss-sha256"),
];

#[test]
fn what_python_signs_is_verified_here() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let other = desk.pair("other", "ed25519");
    for (kind, algorithm) in KINDS {
        let key = desk.pair("own", kind);
        // With both alphabets of base64, and without the hint who has signed.
        for form in ["plain", "urlsafe", "unnamed"] {
            desk.python_states(1, form, &[(algorithm, &key)]);
            let verified = desk.verify(&[&key], 1).unwrap();
            assert_eq!(verified["bundleHolds"], true);
            assert_eq!(verified["statement"]["version"], "1.1.0");

            let refusal = match form {
                "unnamed" => "signature_invalid",
                _ => "untrusted_key",
            };
            assert_eq!(desk.verify(&[&other], 1), Err(refusal.to_owned()), "{form}");

            desk.alter_payload();
            let refusal = desk.verify(&[&key], 1);
            assert_eq!(refusal, Err("signature_invalid".to_owned()), "{form}");
        }
    }
}

#[test]
fn what_is_signed_here_python_verifies() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let second = desk.pair("second", "p256");
    for (kind, algorithm) in KINDS {
        let key = desk.pair("own", kind);
        let mut sign = desk.program();
        sign.args(["sign", "statement", "--version", "1.1.0"]);
        sign.args(["--app-id", "com.example.app", "--key"]);
        sign.arg(&key.private).arg("--key").arg(&second.private);
        if kind == "rsa" {
            sign.args(["--algorithm", algorithm]);
        }
        let signed: Value = serde_json::from_str(&run(sign.arg(&desk.bundle.zip))).unwrap();
        let found = desk.python_verifies(&[(algorithm, &key), ("ecdsa-p256-sha256", &second)]);
        assert_eq!(found, signed["statement"], "{algorithm}");
    }
}

#[test]
fn two_signatures_of_python_reach_a_threshold_of_two_and_one_does_not() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let one = desk.pair("one", "ed25519");
    let two = desk.pair("two", "rsa");
    let both = [("ed25519", &one), ("rsa-pss-sha256", &two)];
    desk.python_states(1, "plain", &both);
    let verified = desk.verify(&[&one, &two], 2).unwrap();
    assert_eq!(verified["keyIds"].as_array().unwrap().len(), 2);

    // One key that signs twice is one key.
    let refused = Err("signature_invalid".to_owned());
    desk.python_states(1, "plain", &[both[0], both[0]]);
    assert_eq!(desk.verify(&[&one, &two], 2), refused);
    assert!(desk.verify(&[&one, &two], 1).is_ok());
}

#[test]
fn a_device_takes_what_python_signed_and_nothing_that_was_altered_or_signed_by_others() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let server = MockServer::builder(desk.folder.path());
    let server = server.start_blocking().unwrap();
    let stranger = desk.pair("stranger", "ed25519");
    for (kind, algorithm) in KINDS {
        let key = desk.pair("own", kind);
        let pem = fs::read_to_string(&key.public).unwrap();
        let trust = json!({"mode": "statement", "keys": [{"key": pem, "algorithm": algorithm}]});
        let phone = Phone::new(&server.url())
            .with("platform", json!("android"))
            .with("trust", trust);

        desk.python_states(1, "plain", &[("ed25519", &stranger)]);
        let mut process = phone.start();
        assert_eq!(process.refusal("sync", json!({})), "untrusted_key");
        desk.python_states(1, "plain", &[(algorithm, &key)]);
        desk.alter_payload();
        assert_eq!(process.refusal("sync", json!({})), "signature_invalid");
        phone.assert_nothing_installed(&mut process);

        desk.python_states(1, "plain", &[(algorithm, &key)]);
        let installed = phone.sync_and_try(process);
        Phone::assert_same_files(&installed, &desk.folder.path().join("app-1.1.0"));
    }
}

/// A bundle, and Python beside it.
struct Desk {
    folder: TempDir,
    bundle: Bundle,
    python: Python,
}

#[derive(Clone)]
struct Pair {
    private: PathBuf,
    public: PathBuf,
}

impl Desk {
    /// `None` where there is no Python with `cryptography`.
    fn new() -> Option<Self> {
        let python = Python::find("cryptography")?;
        let folder = TempDir::new().unwrap();
        let bundle = Bundle::make(folder.path(), "app-1.1.0", 30_000);
        Some(Self {
            folder,
            bundle,
            python,
        })
    }

    /// A pair of keys that Python makes.
    fn pair(&self, name: &str, kind: &str) -> Pair {
        let path = |half: &str| self.folder.path().join(format!("{name}.{half}.pem"));
        let pair = Pair {
            private: path("private"),
            public: path("public"),
        };
        let mut keygen = self.dsse();
        run(keygen
            .args(["keygen", kind])
            .arg(&pair.private)
            .arg(&pair.public));
        pair
    }

    fn statement(&self) -> PathBuf {
        self.bundle.zip.with_extension("statement.json")
    }

    /// Lets Python write the bundle's statement.
    fn python_states(&self, sequence: u64, form: &str, signers: &[(&str, &Pair)]) {
        let mut state = self.dsse();
        state
            .arg("state")
            .arg(&self.bundle.zip)
            .arg(self.statement());
        state.args(["1.1.0", &sequence.to_string(), form]);
        for (algorithm, pair) in signers {
            state.arg(algorithm).arg(&pair.private);
        }
        run(&mut state);
    }

    /// What the bundle's statement says, where Python finds that it holds.
    fn python_verifies(&self, signers: &[(&str, &Pair)]) -> Value {
        let mut verify = self.dsse();
        verify
            .arg("verify")
            .arg(self.statement())
            .arg(&self.bundle.zip);
        for (algorithm, pair) in signers {
            verify.arg(algorithm).arg(&pair.public);
        }
        serde_json::from_str(&run(&mut verify)).unwrap()
    }

    /// What `live-updater verify` reports of the bundle's statement, or the error's code.
    fn verify(&self, keys: &[&Pair], threshold: usize) -> Result<Value, String> {
        let mut verify = self.program();
        verify.arg("verify").arg(self.statement());
        verify.arg("--bundle").arg(&self.bundle.zip);
        verify.args(["--threshold", &threshold.to_string()]);
        for pair in keys {
            verify.arg("--key").arg(&pair.public);
        }
        let output = verify.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        match report["error"]["code"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(report),
        }
    }

    /// Changes what the bundle's statement says, and leaves the signatures as they were.
    fn alter_payload(&self) {
        let text = fs::read_to_string(self.statement()).unwrap();
        let mut envelope: Value = serde_json::from_str(&text).unwrap();
        let payload = envelope["payload"].as_str().unwrap();
        let payload = STANDARD
            .decode(payload)
            .or_else(|_| URL_SAFE.decode(payload));
        let said = String::from_utf8(payload.unwrap()).unwrap();
        let says = said.replace("\"sequence\": 1", "\"sequence\": 9");
        assert_ne!(said, says);
        envelope["payload"] = STANDARD.encode(says).into();
        fs::write(self.statement(), envelope.to_string()).unwrap();
    }

    fn dsse(&self) -> Command {
        self.python.script("dsse.py")
    }

    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_live-updater"));
        program.arg("--json").current_dir(self.folder.path());
        program
    }
}
