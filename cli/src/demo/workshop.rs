//! The developer's side of the demo: keys, packing, signing.

use std::fs;
use std::path::{Path, PathBuf};

use live_updater::{Sha256Digest, SignatureAlgorithm};
use live_updater_signing::{KeyKind, PrivateKey, Signer};
use serde_json::Value;

use crate::bundle::{Survey, Tree, survey_zip};
use crate::keygen::TrustMode;
use crate::output::{Failure, Output, Warning};
use crate::{keygen, pack, sign};

/// A folder to work in, and the key that signs there.
#[derive(Debug)]
pub(super) struct Workshop<'a> {
    folder: PathBuf,
    signer: Signer,
    trust: Value,
    output: &'a Output,
}

/// A zip that was signed.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) version: &'static str,
    pub(super) zip: PathBuf,
    pub(super) size: u64,
    pub(super) sha256: Sha256Digest,
    pub(super) signature: String,
    /// Its files as `sha256sum` lists them.
    pub(super) list: String,
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Workshop<'a> {
    /// Makes a key in a folder that is there.
    pub(super) fn open(folder: &Path, output: &'a Output) -> Result<Self, Failure> {
        let key = new_key()?;
        let public = key.to_public_pem()?;
        let keys = folder.join("keys");
        let private = key.to_pem()?;
        keygen::write_new(&keys.join("live-updater.private.pem"), &private, 0o600)?;
        keygen::write_new(&keys.join("live-updater.public.pem"), &public, 0o644)?;
        Ok(Self {
            folder: folder.to_owned(),
            trust: keygen::trust(TrustMode::Bundle, &public, SignatureAlgorithm::Ed25519),
            signer: Signer::new(key, None)?,
            output,
        })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes a folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        fs::create_dir_all(&path).map_err(|error| Failure::unwritable(&path, &error))?;
        Ok(path)
    }

    /// What the app's configuration says about the key.
    pub(super) fn trust(&self) -> &Value {
        &self.trust
    }

    /// As `live-updater pack` does it.
    pub(super) fn pack(&self, folder: &Path, zip: &Path) -> Result<Survey, Failure> {
        pack::write(&Tree::read(folder)?, zip, self.output)
    }

    /// Signs a zip as `live-updater sign` does it, and looks into it.
    pub(super) fn sign(&self, zip: PathBuf, version: &'static str) -> Result<Signed, Failure> {
        let signed = self.signer.sign_file(&zip)?;
        sign::write_signature(&sign::signature_file(&zip), &signed)?;
        let survey = survey_zip(&zip)?;
        Ok(Signed {
            version,
            size: signed.bundle.size,
            sha256: signed.bundle.sha256,
            signature: signed.signature,
            list: survey.list(),
            warnings: survey.warnings(),
            zip,
        })
    }

    /// The signature of somebody whom no device knows.
    pub(super) fn strangers_signature(&self, zip: &Path) -> Result<String, Failure> {
        Ok(Signer::new(new_key()?, None)?.sign_file(zip)?.signature)
    }
}

impl Signed {
    pub(super) fn file_count(&self) -> usize {
        self.list.lines().count()
    }
}

fn new_key() -> Result<PrivateKey, Failure> {
    Ok(PrivateKey::generate(KeyKind::Ed25519)?)
}
