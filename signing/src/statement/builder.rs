//! Makes a statement of its parts.

use live_updater::{NativeVersion, Sha256Digest};
use semver::Version;

use super::{Action, BundleContent, Envelope, Payload, Span, Timestamp};
use crate::error::SigningError;
use crate::keys::Signer;

/// The parts of a release statement. [Platforms](Self::platforms), a [sequence](Self::sequence),
/// the moment of [issue](Self::issued_at) and an [expiry](Self::expires_at) have to be said.
#[derive(Debug, Clone)]
#[must_use]
pub struct StatementBuilder {
    app_id: String,
    channel: String,
    action: Action,
    version: Option<String>,
    bundle: Option<BundleContent>,
    platforms: Vec<String>,
    sequence: Option<u64>,
    issued_at: Option<Timestamp>,
    expiry: Option<Expiry>,
    min_app_version: Option<NativeVersion>,
    max_app_version: Option<NativeVersion>,
    revoked: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
enum Expiry {
    At(Timestamp),
    In(Span),
}

impl StatementBuilder {
    /// Devices install this bundle.
    pub fn install(
        app_id: impl Into<String>,
        channel: impl Into<String>,
        version: &Version,
        bundle: BundleContent,
    ) -> Self {
        Self {
            version: Some(version.to_string()),
            bundle: Some(bundle),
            ..Self::new(app_id.into(), channel.into(), Action::Install)
        }
    }

    /// Devices go back to the files in the app's package.
    pub fn rollback_to_builtin(app_id: impl Into<String>, channel: impl Into<String>) -> Self {
        Self::new(app_id.into(), channel.into(), Action::RollbackToBuiltin)
    }

    /// Names the version that is taken back: for people, devices don't look at it. Where a bundle
    /// is installed, its version.
    pub fn version(mut self, version: &Version) -> Self {
        self.version = Some(version.to_string());
        self
    }

    /// The platforms that it is for: `android`, `ios`, `web`, `electron`. They are written in order,
    /// each once.
    pub fn platforms(mut self, platforms: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.platforms = platforms.into_iter().map(Into::into).collect();
        self.platforms.sort_unstable();
        self.platforms.dedup();
        self
    }

    /// Its place among the statements for its app and channel: higher than all before it, and at
    /// most 2^53 - 1. Devices refuse two statements with one sequence.
    pub fn sequence(mut self, sequence: u64) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// The moment of issue.
    pub fn issued_at(mut self, moment: Timestamp) -> Self {
        self.issued_at = Some(moment);
        self
    }

    /// The moment from which devices refuse it.
    pub fn expires_at(mut self, moment: Timestamp) -> Self {
        self.expiry = Some(Expiry::At(moment));
        self
    }

    /// How long after its issue devices take it.
    pub fn expires_in(mut self, span: Span) -> Self {
        self.expiry = Some(Expiry::In(span));
        self
    }

    /// The lowest native version that it is for; none is no limit.
    pub fn min_app_version(mut self, version: Option<NativeVersion>) -> Self {
        self.min_app_version = version;
        self
    }

    /// The highest native version that it is for; none is no limit.
    pub fn max_app_version(mut self, version: Option<NativeVersion>) -> Self {
        self.max_app_version = version;
        self
    }

    /// The [ids](live_updater::PublicKey::key_id) of keys that devices refuse from now on.
    pub fn revoked(mut self, key_ids: impl IntoIterator<Item = Sha256Digest>) -> Self {
        let ids = key_ids.into_iter();
        self.revoked = ids.map(|id| id.to_string()).collect();
        self
    }

    /// What will be signed.
    ///
    /// # Errors
    ///
    /// `usage`: a part was left out, it would expire before it is issued, or no native version lies
    /// in its range.
    pub fn build(self) -> Result<Payload, SigningError> {
        let missing = |part| SigningError::Incomplete { part };
        if self.platforms.is_empty() {
            return Err(missing("a platform"));
        }
        let sequence = self.sequence.ok_or_else(|| missing("a sequence"))?;
        let issued_at = self.issued_at.ok_or_else(|| missing("a moment of issue"))?;
        let expiry = self.expiry.ok_or_else(|| missing("an expiry"))?;
        let expires_at = expiry.after(issued_at)?;
        if let (Some(min), Some(max)) = (&self.min_app_version, &self.max_app_version)
            && min > max
        {
            let (min, max) = (min.clone(), max.clone());
            return Err(SigningError::NoNativeVersion { min, max });
        }
        Ok(Payload {
            app_id: self.app_id,
            channel: self.channel,
            platforms: self.platforms,
            version: self.version,
            sequence,
            issued_at,
            expires_at,
            min_app_version: self.min_app_version.map(|version| version.to_string()),
            max_app_version: self.max_app_version.map(|version| version.to_string()),
            action: self.action,
            bundle: self.bundle,
            revoked: Some(self.revoked).filter(|revoked| !revoked.is_empty()),
        })
    }

    /// The statement, signed with all these keys, and verified as a device would that pins them and
    /// wants them all.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build) and of [`Payload::sign`].
    pub fn sign(self, signers: &[Signer]) -> Result<Envelope, SigningError> {
        self.build()?.sign(signers)
    }

    fn new(app_id: String, channel: String, action: Action) -> Self {
        Self {
            app_id,
            channel,
            action,
            version: None,
            bundle: None,
            platforms: Vec::new(),
            sequence: None,
            issued_at: None,
            expiry: None,
            min_app_version: None,
            max_app_version: None,
            revoked: Vec::new(),
        }
    }
}

impl Expiry {
    fn after(self, issued_at: Timestamp) -> Result<Timestamp, SigningError> {
        let expires_at = match self {
            Self::At(moment) => moment,
            Self::In(span) => issued_at.after(span).ok_or(SigningError::ExpiresTooLate)?,
        };
        if expires_at <= issued_at {
            return Err(SigningError::ExpiresTooEarly {
                issued_at,
                expires_at,
            });
        }
        Ok(expires_at)
    }
}
