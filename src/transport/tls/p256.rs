//! P-256 for TLS, by the crate that checks bundles' signatures too. ring's has a table of 150 KB,
//! and that is a tenth of what an app has to download for this library.

use p256::PublicKey;
use p256::ecdh::EphemeralSecret;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::sec1::ToSec1Point;
use rustls::crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup};
use rustls::{NamedGroup, PeerMisbehaved};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::{Digest, Sha256, Sha384};

/// RFC 8446, section 4.2.8.2: an uncompressed point.
const POINT_LEN: usize = 65;
const UNCOMPRESSED: u8 = 4;

pub(super) static SECP256R1: &dyn SupportedKxGroup = &Secp256r1;

pub(super) static ECDSA_P256_SHA256: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    signature: alg_id::ECDSA_SHA256,
    verify: |key, message, signature| key.verify_prehash(&Sha256::digest(message), signature),
};

pub(super) static ECDSA_P256_SHA384: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    signature: alg_id::ECDSA_SHA384,
    verify: |key, message, signature| key.verify_prehash(&Sha384::digest(message), signature),
};

#[derive(Debug)]
struct Ecdsa {
    signature: AlgorithmIdentifier,
    verify: fn(&VerifyingKey, &[u8], &Signature) -> p256::ecdsa::signature::Result<()>,
}

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = uncompressed(public_key).ok_or(InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        (self.verify)(&key.into(), message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

/// Ephemeral ECDH.
#[derive(Debug)]
struct Secp256r1;

impl SupportedKxGroup for Secp256r1 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, rustls::Error> {
        let secret = EphemeralSecret::try_generate().map_err(|_| GetRandomFailed)?;
        let public = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Box::new(KeyExchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

struct KeyExchange {
    secret: EphemeralSecret,
    public: Vec<u8>,
}

impl ActiveKeyExchange for KeyExchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, rustls::Error> {
        let peer = uncompressed(peer).ok_or(PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.secret.diffie_hellman(&peer);
        Ok(SharedSecret::from(&shared.raw_secret_bytes()[..]))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

/// A point that lies on the curve, in the only form that TLS has.
fn uncompressed(point: &[u8]) -> Option<PublicKey> {
    if point.len() != POINT_LEN || point.first() != Some(&UNCOMPRESSED) {
        return None;
    }
    PublicKey::from_sec1_bytes(point).ok()
}

#[cfg(test)]
mod tests {
    use rustls::crypto::ring::kx_group;

    use super::*;

    #[test]
    fn a_secret_is_shared_with_ring() {
        let (ours, rings) = (
            SECP256R1.start().unwrap(),
            kx_group::SECP256R1.start().unwrap(),
        );
        let (our_public, rings_public) = (ours.pub_key().to_vec(), rings.pub_key().to_vec());
        let ours = ours.complete(&rings_public).unwrap();
        let rings = rings.complete(&our_public).unwrap();
        assert_eq!(ours.secret_bytes(), rings.secret_bytes());
    }

    #[test]
    fn a_point_that_is_compressed_or_not_on_the_curve_is_refused() {
        let public = SECP256R1.start().unwrap().pub_key().to_vec();
        let compressed = [&[2 + (public[64] & 1)], &public[1..33]].concat();
        let mut elsewhere = public.clone();
        elsewhere[64] ^= 1;
        for peer in [
            &compressed[..],
            &elsewhere,
            &public[..64],
            &[0; 65],
            &[0],
            &[],
        ] {
            let error = SECP256R1.start().unwrap().complete(peer).map(drop);
            let refused = rustls::Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
            assert_eq!(error, Err(refused), "{peer:?}");
        }
        assert!(SECP256R1.start().unwrap().complete(&public).is_ok());
    }

    #[test]
    fn a_signature_is_judged_as_ring_judges_it() {
        use p256::ecdsa::SigningKey;
        use p256::ecdsa::signature::hazmat::PrehashSigner;

        let key = SigningKey::generate();
        let public = key.verifying_key().to_sec1_point(false);
        let message = b"to be signed";
        let sha256: Signature = key.sign_prehash(&Sha256::digest(message)).unwrap();
        let sha384: Signature = key.sign_prehash(&Sha384::digest(message)).unwrap();
        let algorithms = [
            (ECDSA_P256_SHA256, webpki::ring::ECDSA_P256_SHA256, sha256),
            (ECDSA_P256_SHA384, webpki::ring::ECDSA_P256_SHA384, sha384),
        ];
        for (ours, rings, signature) in algorithms {
            let der = signature.to_der().as_bytes().to_vec();
            let longer = [&der[..], &[0]].concat();
            let compressed = key.verifying_key().to_sec1_point(true);
            for (public, message, signature, holds) in [
                (public.as_bytes(), &message[..], &der, true),
                (public.as_bytes(), b"to be signer", &der, false),
                (public.as_bytes(), message, &longer, false),
                (
                    public.as_bytes(),
                    message,
                    &signature.to_bytes().to_vec(),
                    false,
                ),
                (compressed.as_bytes(), message, &der, false),
                (&public.as_bytes()[1..], message, &der, false),
            ] {
                let ours = ours.verify_signature(public, message, signature);
                let rings = rings.verify_signature(public, message, signature);
                assert_eq!(ours.is_ok(), holds);
                assert_eq!(rings.is_ok(), holds);
            }
        }
    }
}
