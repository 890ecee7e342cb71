//! What a statement says.

use std::time::SystemTime;

use live_updater::StatementContent;
use serde::{Deserialize, Serialize};

use super::{BundleContent, Envelope, Span, Timestamp};
use crate::error::SigningError;
use crate::keys::Signer;
use crate::warning::Warning;

/// What a release statement binds. It is written in the order of the fields, and what isn't there
/// is left out. [`StatementBuilder`](super::StatementBuilder) makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Payload {
    /// The app that it is for.
    pub app_id: String,
    /// The channel that it is for.
    pub channel: String,
    /// The platforms that it is for.
    pub platforms: Vec<String>,
    /// None where nothing is installed and nobody said what is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its place among the statements for its app and channel.
    pub sequence: u64,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it counts no longer.
    pub expires_at: Timestamp,
    /// The lowest native version that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_app_version: Option<String>,
    /// The highest native version that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_app_version: Option<String>,
    /// What devices do.
    pub action: Action,
    /// What is installed; none where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleContent>,
    /// Ids of keys that don't count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Vec<String>>,
}

impl Payload {
    /// Signs it with all these keys, and verifies the statement as a device would that pins them
    /// and wants them all.
    ///
    /// # Errors
    ///
    /// `usage`: there is no key, all of them are [revoked](Self::must_not_revoke_all) by it, or
    /// devices can't read it. Otherwise those of [`Envelope::sign`].
    pub fn sign(&self, signers: &[Signer]) -> Result<Envelope, SigningError> {
        self.must_not_revoke_all(signers)?;
        let mut envelope = Envelope::new(self)?;
        envelope.sign(signers)?;
        Ok(envelope)
    }

    /// Fails where nobody vouches for the revocation: devices refuse what only revoked keys have
    /// signed.
    ///
    /// # Errors
    ///
    /// `usage`: it revokes all of these keys, or there are none.
    pub fn must_not_revoke_all(&self, signers: &[Signer]) -> Result<(), SigningError> {
        let revoked = self.revoked.as_deref().unwrap_or_default();
        let is_revoked = |signer: &Signer| revoked.iter().any(|id| id == signer.key_id());
        match signers {
            [] => Err(SigningError::NoSigner),
            signers if signers.iter().all(is_revoked) => Err(SigningError::OwnRevocation {
                signers: signers.len(),
            }),
            _ => Ok(()),
        }
    }

    /// What is odd about its times, where it is `now`.
    pub fn warnings(&self, now: SystemTime) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let present = Timestamp::from(now);
        if self.expires_at <= present {
            warnings.push(Warning::Expired {
                at: self.expires_at,
            });
        }
        let tomorrow = present.after(Span::DAY);
        if tomorrow.is_some_and(|tomorrow| self.issued_at > tomorrow) {
            warnings.push(Warning::IssuedAhead {
                at: self.issued_at,
                now,
            });
        }
        warnings
    }
}

// What devices read is what is shown, so theirs is the only reader.
impl From<StatementContent> for Payload {
    fn from(content: StatementContent) -> Self {
        Self {
            app_id: content.app_id,
            channel: content.channel,
            platforms: content.platforms,
            version: content.version,
            sequence: content.sequence,
            issued_at: content.issued_at.into(),
            expires_at: content.expires_at.into(),
            min_app_version: content.min_app_version,
            max_app_version: content.max_app_version,
            action: match content.bundle {
                Some(_) => Action::Install,
                None => Action::RollbackToBuiltin,
            },
            bundle: content.bundle.map(BundleContent::from),
            revoked: Some(content.revoked).filter(|revoked| !revoked.is_empty()),
        }
    }
}

/// What devices do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Install the bundle.
    Install,
    /// Go back to the files in the app's package.
    RollbackToBuiltin,
}

impl Action {
    /// The name in statements.
    pub fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::RollbackToBuiltin => "rollbackToBuiltin",
        }
    }
}
