//! Signatures made by the `openssl` command hold here, and changed ones don't.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod skipped;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use live_updater::{
    Error, KeyError, PinnedKeys, PublicKey, SignatureAlgorithm, Trust, verify_file,
};
use tempfile::TempDir;

const RSA_2048: &[&str] = &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const P256: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const PSS_32: &[&str] = &[
    "-sigopt",
    "rsa_padding_mode:pss",
    "-sigopt",
    "rsa_pss_saltlen:32",
];

#[test]
fn ed25519_signatures_hold() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let pair = openssl.pair("ed", &["ED25519"]);
    let signature = openssl.sign_raw(&pair);
    openssl.assert_holds(&pair, None, &signature);
    openssl.assert_holds(&pair, Some(SignatureAlgorithm::Ed25519), &signature);
    openssl.assert_changes_are_refused(&pair, &signature);
    openssl.assert_another_key_is_refused(&["ED25519"], &signature);
    openssl.assert_another_key_is_refused(RSA_2048, &signature);
}

#[test]
fn ecdsa_signatures_hold_in_der_and_raw() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let pair = openssl.pair("ec", P256);
    let der = openssl.sign(&pair, &[]);
    let raw = der_to_raw(&der);
    for signature in [&der, &raw] {
        openssl.assert_holds(&pair, None, signature);
        openssl.assert_changes_are_refused(&pair, signature);
        openssl.assert_another_key_is_refused(P256, signature);
    }
    openssl.assert_another_key_is_refused(&["ED25519"], &raw);
}

#[test]
fn rsa_pkcs1_signatures_hold() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let pair = openssl.pair("rsa", RSA_2048);
    let signature = openssl.sign(&pair, &[]);
    openssl.assert_holds(&pair, None, &signature);
    openssl.assert_holds(&pair, Some(SignatureAlgorithm::RsaPkcs1Sha256), &signature);
    openssl.assert_changes_are_refused(&pair, &signature);
    openssl.assert_another_key_is_refused(RSA_2048, &signature);
    let problem = openssl.problem(&pair, Some(SignatureAlgorithm::RsaPssSha256), &signature);
    assert!(problem.contains("PKCS#1 v1.5"), "{problem}");
}

#[test]
fn rsa_pss_signatures_hold() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let pair = openssl.pair("rsa", RSA_2048);
    let signature = openssl.sign(&pair, PSS_32);
    openssl.assert_holds(&pair, None, &signature);
    openssl.assert_holds(&pair, Some(SignatureAlgorithm::RsaPssSha256), &signature);
    openssl.assert_changes_are_refused(&pair, &signature);
    openssl.assert_another_key_is_refused(RSA_2048, &signature);
    let problem = openssl.problem(&pair, Some(SignatureAlgorithm::RsaPkcs1Sha256), &signature);
    assert!(problem.contains("RSA-PSS"), "{problem}");
}

#[test]
fn another_salt_is_refused_and_named() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let pair = openssl.pair("rsa", RSA_2048);
    for (saltlen, named) in [("max", "222 bytes"), ("20", "20 bytes"), ("0", "0 bytes")] {
        let option = format!("rsa_pss_saltlen:{saltlen}");
        let signature = openssl.sign(
            &pair,
            &["-sigopt", "rsa_padding_mode:pss", "-sigopt", &option],
        );
        let problem = openssl.problem(&pair, None, &signature);
        assert!(problem.contains(named), "{problem}");
        assert!(problem.contains("rsa_pss_saltlen:32"), "{problem}");
    }
}

#[test]
fn rsa_keys_of_odd_and_large_sizes_work() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    for bits in ["2049", "2055", "4096"] {
        let option = format!("rsa_keygen_bits:{bits}");
        let pair = openssl.pair(bits, &["RSA", "-pkeyopt", &option]);
        openssl.assert_holds(&pair, None, &openssl.sign(&pair, &[]));
        openssl.assert_holds(&pair, None, &openssl.sign(&pair, PSS_32));
    }
}

#[test]
fn a_pkcs1_public_key_is_the_same_key() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let pair = openssl.pair("rsa", RSA_2048);
    let pkcs1 = openssl.path("rsa.pkcs1.pem");
    openssl.run(&[
        "rsa",
        "-pubin",
        "-in",
        text(&pair.public),
        "-RSAPublicKey_out",
        "-out",
        text(&pkcs1),
    ]);
    let pem = fs::read_to_string(pkcs1).unwrap();
    assert!(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----"));
    let key = PublicKey::from_pem(&pem, None).unwrap();
    assert_eq!(key, openssl.key(&pair, None).unwrap());
}

#[test]
fn a_key_id_is_the_sha256_of_the_der() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    for (name, kind) in [("ed", &["ED25519"][..]), ("ec", P256), ("rsa", RSA_2048)] {
        let pair = openssl.pair(name, kind);
        let der = openssl.path("public.der");
        openssl.run(&[
            "pkey",
            "-pubin",
            "-in",
            text(&pair.public),
            "-outform",
            "DER",
            "-out",
            text(&der),
        ]);
        let digest = verify_file(&der, None, None, &Trust::Unsigned)
            .unwrap()
            .sha256;
        let key = openssl.key(&pair, None).unwrap();
        assert_eq!(key.key_id(), digest.to_string());
    }
}

#[test]
fn keys_that_are_not_up_to_it_are_refused() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let short = openssl.pair("short", &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    assert_eq!(
        openssl.key(&short, None).unwrap_err(),
        KeyError::RsaSize { bits: 1024 }
    );
    let p384 = openssl.pair("p384", &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    assert!(matches!(
        openssl.key(&p384, None).unwrap_err(),
        KeyError::Unsupported { .. }
    ));
    let private = fs::read_to_string(&short.private).unwrap();
    assert_eq!(
        PublicKey::from_pem(&private, None).unwrap_err(),
        KeyError::PrivateKey
    );
}

struct OpenSsl {
    directory: TempDir,
    bundle: PathBuf,
}

struct Pair {
    private: PathBuf,
    public: PathBuf,
}

impl OpenSsl {
    fn find() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            skipped::missing("openssl");
            return None;
        }
        let directory = TempDir::new().unwrap();
        let bundle = directory.path().join("bundle.zip");
        let bytes: Vec<u8> = (0..3_000_001_u32)
            .map(|index| (index % 251) as u8)
            .collect();
        fs::write(&bundle, bytes).unwrap();
        Some(Self { directory, bundle })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "openssl {arguments:?}: {output:?}");
    }

    fn pair(&self, name: &str, kind: &[&str]) -> Pair {
        let pair = Pair {
            private: self.path(&format!("{name}.private.pem")),
            public: self.path(&format!("{name}.public.pem")),
        };
        let generate = [
            "genpkey",
            "-quiet",
            "-out",
            text(&pair.private),
            "-algorithm",
        ];
        self.run(&[&generate[..], kind].concat());
        let (private, public) = (text(&pair.private), text(&pair.public));
        self.run(&["pkey", "-in", private, "-pubout", "-out", public]);
        pair
    }

    /// Over the bundle's SHA-256.
    fn sign(&self, pair: &Pair, options: &[&str]) -> Vec<u8> {
        let out = self.path("signature.bin");
        let (private, bundle) = (text(&pair.private), text(&self.bundle));
        let start = ["dgst", "-sha256", "-sign", private, "-out", text(&out)];
        self.run(&[&start[..], options, &[bundle]].concat());
        fs::read(out).unwrap()
    }

    /// Over the bundle itself.
    fn sign_raw(&self, pair: &Pair) -> Vec<u8> {
        let out = self.path("signature.bin");
        self.run(&[
            "pkeyutl",
            "-sign",
            "-rawin",
            "-inkey",
            text(&pair.private),
            "-in",
            text(&self.bundle),
            "-out",
            text(&out),
        ]);
        fs::read(out).unwrap()
    }

    /// Base64 as openssl writes it, in lines.
    fn base64(&self, bytes: &[u8]) -> String {
        let (plain, encoded) = (self.path("plain"), self.path("encoded"));
        fs::write(&plain, bytes).unwrap();
        self.run(&["base64", "-in", text(&plain), "-out", text(&encoded)]);
        fs::read_to_string(encoded).unwrap()
    }

    fn key(
        &self,
        pair: &Pair,
        algorithm: Option<SignatureAlgorithm>,
    ) -> Result<PublicKey, KeyError> {
        PublicKey::from_pem(&fs::read_to_string(&pair.public).unwrap(), algorithm)
    }

    fn judge(
        &self,
        pair: &Pair,
        algorithm: Option<SignatureAlgorithm>,
        signature: &[u8],
    ) -> Result<(), Error> {
        let key = self.key(pair, algorithm).unwrap();
        let id = key.key_id().to_owned();
        let trust = Trust::Bundle {
            keys: PinnedKeys::from(key),
        };
        let bundle = verify_file(&self.bundle, None, Some(&self.base64(signature)), &trust)?;
        assert_eq!(bundle.key_id, Some(id));
        Ok(())
    }

    fn assert_holds(&self, pair: &Pair, algorithm: Option<SignatureAlgorithm>, signature: &[u8]) {
        self.judge(pair, algorithm, signature).unwrap();
    }

    fn problem(
        &self,
        pair: &Pair,
        algorithm: Option<SignatureAlgorithm>,
        signature: &[u8],
    ) -> String {
        let error = self.judge(pair, algorithm, signature).unwrap_err();
        assert_eq!(error.code(), "signature_invalid");
        error.to_string()
    }

    fn assert_changes_are_refused(&self, pair: &Pair, signature: &[u8]) {
        let last = signature.len() - 1;
        for index in [0, last / 2, last] {
            let mut changed = signature.to_vec();
            changed[index] ^= 0x40;
            self.problem(pair, None, &changed);
        }
        self.problem(pair, None, &signature[..last]);

        let original = fs::read(&self.bundle).unwrap();
        let mut changed = original.clone();
        changed[2_500_000] ^= 1;
        fs::write(&self.bundle, changed).unwrap();
        self.problem(pair, None, signature);
        fs::write(&self.bundle, original).unwrap();
        self.assert_holds(pair, None, signature);
    }

    fn assert_another_key_is_refused(&self, kind: &[&str], signature: &[u8]) {
        self.problem(&self.pair("another", kind), None, signature);
    }
}

/// The two integers of an ECDSA signature, 32 bytes each.
fn der_to_raw(der: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut rest = &der[2..];
    for _ in 0..2 {
        let len = usize::from(rest[1]);
        let integer = &rest[2..2 + len];
        let digits = &integer[integer.iter().take_while(|byte| **byte == 0).count()..];
        raw.extend(vec![0; 32 - digits.len()]);
        raw.extend(digits);
        rest = &rest[2 + len..];
    }
    raw
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
