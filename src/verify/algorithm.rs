//! The names of the signature algorithms, as the configuration writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a signature over a bundle is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// `ed25519`: Ed25519 (RFC 8032) over the bytes themselves, not prehashed.
    Ed25519,
    /// `ecdsa-p256-sha256`: ECDSA on P-256 with SHA-256, in DER or as 64 raw bytes.
    EcdsaP256Sha256,
    /// `rsa-pkcs1-sha256`: RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// `rsa-pss-sha256`: RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    RsaPssSha256,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Ed25519,
        Self::EcdsaP256Sha256,
        Self::RsaPkcs1Sha256,
        Self::RsaPssSha256,
    ];

    /// The name in configurations and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::RsaPkcs1Sha256 => "rsa-pkcs1-sha256",
            Self::RsaPssSha256 => "rsa-pss-sha256",
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SignatureAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or(UnknownAlgorithm)
    }
}

impl TryFrom<String> for SignatureAlgorithm {
    type Error = UnknownAlgorithm;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<SignatureAlgorithm> for &'static str {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        algorithm.name()
    }
}

/// There is no signature algorithm of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown signature algorithm: use ed25519, ecdsa-p256-sha256, rsa-pkcs1-sha256 or rsa-pss-sha256"
)]
#[non_exhaustive]
pub struct UnknownAlgorithm;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
            let json = serde_json::to_string(&algorithm).unwrap();
            assert_eq!(json, format!("\"{algorithm}\""));
            assert_eq!(
                serde_json::from_str::<SignatureAlgorithm>(&json).unwrap(),
                algorithm
            );
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "Ed25519", "rsa", "rsa-pss-sha512"] {
            assert_eq!(name.parse::<SignatureAlgorithm>(), Err(UnknownAlgorithm));
        }
    }
}
