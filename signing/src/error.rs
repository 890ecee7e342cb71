//! What can go wrong, in one enum with stable codes.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use live_updater::{KeyError, NativeVersion};

use crate::keys::PrivateKeyError;
use crate::statement::{StatementProblem, Timestamp};

/// Everything that signing can fail with.
///
/// [`code`](SigningError::code) is stable; the message is for people, and never holds a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// A text is no private key that signs here.
    #[error("{}{source}", before(path.as_deref()))]
    PrivateKey {
        /// The file that it is in, where it is in one.
        path: Option<PathBuf>,
        /// What is wrong with it.
        source: PrivateKeyError,
    },

    /// A public key can't be used, or not with the algorithm that was named.
    #[error("{}{source}", before(path.as_deref()))]
    PublicKey {
        /// The file that it is in, where it is in one.
        path: Option<PathBuf>,
        /// What is wrong with it.
        source: KeyError,
    },

    /// The system gives no random numbers to make a key of.
    #[error("the system has no random numbers: {source}")]
    NoRandomNumbers {
        /// What it says.
        source: Box<dyn Error + Send + Sync>,
    },

    /// An RSA key could not be made.
    #[error("{source}")]
    KeyNotMade {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },

    /// A key can't be put into words.
    #[error("the {half} key can't be written as PEM")]
    KeyNotWritten {
        /// `private` or `public`.
        half: &'static str,
    },

    /// The computation of a signature failed.
    #[error("the key can't sign: {source}")]
    KeyFailed {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },

    /// No key was given to sign with.
    #[error("a key is needed")]
    NoSigner,

    /// A file can't be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },

    /// A file can't be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },

    /// A text is no release statement that devices read.
    #[error("{} is not a release statement: {source}", named(path.as_deref()))]
    NotAStatement {
        /// The file that it is in, where it is in one.
        path: Option<PathBuf>,
        /// What is wrong with it.
        source: StatementProblem,
    },

    /// A text is all that a server answers: that has a statement, and is none.
    #[error("{}", whole_answer(path.as_deref()))]
    WholeAnswer {
        /// The file that it is in, where it is in one.
        path: Option<PathBuf>,
    },

    /// A statement can't be put into words.
    #[error("{source}")]
    StatementNotWritten {
        /// Why.
        source: serde_json::Error,
    },

    /// A zip is not the one that the statement is about.
    #[error(
        "{} is not the bundle of this statement: {field} is {found}, and {stated} was stated",
        zip.display()
    )]
    OtherBundle {
        /// The zip.
        zip: PathBuf,
        /// The statement's field that says otherwise.
        field: &'static str,
        /// What the zip has.
        found: String,
        /// What the statement says.
        stated: String,
    },

    /// A part of the statement that it can't do without was left out.
    #[error("the statement needs {part}")]
    Incomplete {
        /// The part.
        part: &'static str,
    },

    /// The statement would never hold.
    #[error("it would expire before it is issued")]
    ExpiresTooEarly {
        /// When it is issued.
        issued_at: Timestamp,
        /// When it would expire.
        expires_at: Timestamp,
    },

    /// The statement would hold for longer than a moment can be written.
    #[error("it would expire after the year 9999")]
    ExpiresTooLate,

    /// The statement would be for no native version.
    #[error("no native version lies between {min} and {max}")]
    NoNativeVersion {
        /// The lowest that was asked for.
        min: NativeVersion,
        /// The highest that was asked for.
        max: NativeVersion,
    },

    /// All keys that sign are revoked by what they sign: devices refuse that.
    #[error("{} can't vouch for {} own revocation: sign with another one", these(*signers), their(*signers))]
    OwnRevocation {
        /// How many keys sign.
        signers: usize,
    },

    /// What devices would say of a zip, a signature or a statement.
    #[error(transparent)]
    Refused(#[from] live_updater::Error),
}

impl SigningError {
    /// The stable, `snake_case` name of this error. `usage` is for what the caller has to change
    /// before it can be tried at all, `internal` for a failure of the library or the system, and
    /// the others are those of [`live_updater::Error::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::PrivateKey { .. }
            | Self::PublicKey { .. }
            | Self::NoSigner
            | Self::Unreadable { .. }
            | Self::NotAStatement { .. }
            | Self::WholeAnswer { .. }
            | Self::Incomplete { .. }
            | Self::ExpiresTooEarly { .. }
            | Self::ExpiresTooLate
            | Self::NoNativeVersion { .. }
            | Self::OwnRevocation { .. } => "usage",
            Self::NoRandomNumbers { .. }
            | Self::KeyNotMade { .. }
            | Self::KeyNotWritten { .. }
            | Self::KeyFailed { .. }
            | Self::StatementNotWritten { .. } => "internal",
            Self::Unwritable { .. } => "storage",
            Self::OtherBundle { field: "size", .. } => "size_mismatch",
            Self::OtherBundle { .. } => "checksum_mismatch",
            Self::Refused(error) => error.code(),
        }
    }

    /// The same error, which names the file that the text was read from, where it is about a text.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        if let Self::PrivateKey { path, .. }
        | Self::PublicKey { path, .. }
        | Self::NotAStatement { path, .. }
        | Self::WholeAnswer { path } = &mut self
        {
            *path = Some(file.to_owned());
        }
        self
    }

    pub(crate) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn unwritable(path: &Path, source: io::Error) -> Self {
        Self::Unwritable {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn key_failed(source: impl Error + Send + Sync + 'static) -> Self {
        Self::KeyFailed {
            source: Box::new(source),
        }
    }
}

impl From<PrivateKeyError> for SigningError {
    fn from(source: PrivateKeyError) -> Self {
        Self::PrivateKey { path: None, source }
    }
}

impl From<KeyError> for SigningError {
    fn from(source: KeyError) -> Self {
        Self::PublicKey { path: None, source }
    }
}

impl From<StatementProblem> for SigningError {
    fn from(source: StatementProblem) -> Self {
        Self::NotAStatement { path: None, source }
    }
}

fn before(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!("{}: ", path.display()))
}

fn named(path: Option<&Path>) -> String {
    path.map_or_else(|| "this".to_owned(), |path| path.display().to_string())
}

fn whole_answer(path: Option<&Path>) -> String {
    let advice = path.map_or_else(String::new, |path| {
        let path = path.display();
        format!(": write that to a file of its own, as `jq .release {path}` does")
    });
    format!(
        "{} is a whole answer to a check, and the statement is its `release`{advice}",
        named(path)
    )
}

fn these(signers: usize) -> &'static str {
    if signers == 1 {
        "this key"
    } else {
        "these keys"
    }
}

fn their(signers: usize) -> &'static str {
    if signers == 1 { "its" } else { "their" }
}
