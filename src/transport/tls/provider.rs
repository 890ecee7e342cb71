//! The cryptography that TLS is made of.

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::crypto::ring::DEFAULT_CIPHER_SUITES;
use rustls::crypto::ring::kx_group::{SECP384R1, X25519};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;
use webpki::ring::{
    ECDSA_P384_SHA256, ECDSA_P384_SHA384, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS, RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    RSA_PSS_2048_8192_SHA384_LEGACY_KEY, RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
};

use super::p256::{ECDSA_P256_SHA256, ECDSA_P256_SHA384, SECP256R1};

/// What rustls has by default, as small as it can be: ring, but P-256 from the crate that checks
/// bundles' signatures, and nothing that signs.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: DEFAULT_CIPHER_SUITES.to_vec(),
        kx_groups: vec![X25519, SECP256R1, SECP384R1],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Device,
        key_provider: &Device,
    }
}

#[derive(Debug)]
struct Device;

impl SecureRandom for Device {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(buffer).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Device {
    /// Nobody has a certificate for a device.
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        let problem = "client certificates are not supported";
        Err(rustls::Error::General(problem.to_owned()))
    }
}

/// The same, in the same order, as `rustls::crypto::ring::default_provider` has.
const SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        ECDSA_P256_SHA256,
        ECDSA_P256_SHA384,
        ECDSA_P384_SHA256,
        ECDSA_P384_SHA384,
        ED25519,
        RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA512,
        RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    // A scheme fixes the curve in TLS 1.3, and doesn't in TLS 1.2.
    mapping: &[
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[ECDSA_P384_SHA384, ECDSA_P256_SHA384],
        ),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[ECDSA_P256_SHA256, ECDSA_P384_SHA256],
        ),
        (SignatureScheme::ED25519, &[ED25519]),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA512,
            &[RSA_PKCS1_2048_8192_SHA512],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA384,
            &[RSA_PKCS1_2048_8192_SHA384],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            &[RSA_PKCS1_2048_8192_SHA256],
        ),
    ],
};

#[cfg(test)]
mod tests {
    use rustls::crypto::ring::default_provider;
    use rustls_pki_types::SignatureVerificationAlgorithm;

    use super::*;

    fn ids(algorithms: &[&dyn SignatureVerificationAlgorithm]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let id = |algorithm: &&dyn SignatureVerificationAlgorithm| {
            let key = algorithm.public_key_alg_id().as_ref().to_vec();
            (key, algorithm.signature_alg_id().as_ref().to_vec())
        };
        algorithms.iter().map(id).collect()
    }

    #[test]
    fn nothing_is_accepted_or_offered_that_rustls_would_not() {
        let (ours, theirs) = (provider(), default_provider());
        assert_eq!(
            ids(ours.signature_verification_algorithms.all),
            ids(theirs.signature_verification_algorithms.all)
        );
        let mapping = |provider: &CryptoProvider| -> Vec<_> {
            let mapping = provider.signature_verification_algorithms.mapping.iter();
            mapping.map(|(scheme, all)| (*scheme, ids(all))).collect()
        };
        assert_eq!(mapping(&ours), mapping(&theirs));
        let groups = |provider: &CryptoProvider| -> Vec<_> {
            provider
                .kx_groups
                .iter()
                .map(|group| group.name())
                .collect()
        };
        assert_eq!(groups(&ours), groups(&theirs));
    }
}
