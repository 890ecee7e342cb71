//! A bundle that is to be made: what is told of it, and what its bytes are.

use live_updater::{Limits, list_bundle};
use semver::Version;

use crate::catalogue::apps;
use crate::catalogue::bundles::{Location, NewBundle};
use crate::catalogue::keys::KeyRecord;
use crate::error::ApiError;
use crate::files::Received;

/// The longest version that devices take.
const LONGEST_VERSION: usize = 128;
pub(super) const LONGEST_TEXT: usize = 64 * 1024;
/// The longest name of a key that devices tell.
const LONGEST_KEY_ID: usize = 20;

/// What is told of a bundle that is to be made; its bytes come beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) app: String,
    pub(crate) version: String,
    /// SHA-256 in hex: what the bytes have to be. Of an encrypted bundle it can't be checked.
    pub(crate) checksum: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) session_key: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) min_app_version: Option<String>,
    pub(crate) max_app_version: Option<String>,
    pub(crate) release_notes: Option<String>,
    pub(crate) mandatory: bool,
    pub(crate) link: Option<String>,
    pub(crate) comment: Option<String>,
}

impl Draft {
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if !apps::is_id(&self.app) {
            let message = "Invalid app_id: up to 128 letters, digits, dots, lines";
            return Err(ApiError::invalid("invalid_app_id", message));
        }
        if self.version.len() > LONGEST_VERSION || Version::parse(&self.version).is_err() {
            return Err(ApiError::invalid(
                "invalid_version_format",
                "Invalid version format",
            ));
        }
        for version in [&self.min_app_version, &self.max_app_version]
            .into_iter()
            .flatten()
        {
            let is_one = version.parse::<live_updater::NativeVersion>().is_ok();
            if !is_one || version.len() > LONGEST_VERSION {
                let message = "A native version has 1 to 4 numbers with dots between";
                return Err(ApiError::invalid("invalid_native_version", message));
            }
        }
        if let [Some(min), Some(max)] =
            [&self.min_app_version, &self.max_app_version].map(|version| {
                version
                    .as_ref()?
                    .parse::<live_updater::NativeVersion>()
                    .ok()
            })
            && min > max
        {
            let message = "No native version is from minAppVersion to maxAppVersion";
            return Err(ApiError::invalid("invalid_native_version", message));
        }
        let texts = [
            &self.release_notes,
            &self.link,
            &self.comment,
            &self.signature,
            &self.checksum,
            &self.session_key,
        ];
        if texts
            .into_iter()
            .flatten()
            .any(|text| text.len() > LONGEST_TEXT)
        {
            return Err(text_too_long());
        }
        let key_id = self.key_id.as_ref();
        if key_id.is_some_and(|id| id.len() > LONGEST_KEY_ID || id.chars().any(char::is_control)) {
            let message = "The name of a key has at most 20 bytes of plain text";
            return Err(ApiError::invalid("invalid_key_id", message));
        }
        Ok(())
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.session_key.as_ref().is_some_and(|key| !key.is_empty())
    }

    pub(super) fn into_bundle(
        self,
        content: Content,
        location: Location,
        by: &KeyRecord,
    ) -> NewBundle {
        NewBundle {
            app: self.app,
            version: self.version,
            checksum: content.checksum,
            size: content.size,
            location,
            files_sha256: content.files_sha256,
            unpacked_size: content.unpacked_size,
            signature: self.signature,
            session_key: self.session_key,
            key_id: self.key_id,
            min_app_version: self.min_app_version,
            max_app_version: self.max_app_version,
            release_notes: self.release_notes,
            mandatory: self.mandatory,
            link: self.link,
            comment: self.comment,
            created_by: by.id.clone(),
        }
    }
}

/// What was found in a bundle's bytes.
pub(super) struct Content {
    checksum: String,
    size: u64,
    files_sha256: Option<String>,
    unpacked_size: Option<u64>,
}

/// Looks at a bundle as a device would, so that no device has to refuse it.
pub(super) async fn inspect(
    draft: &Draft,
    received: &Received,
    is_stated: bool,
) -> Result<Content, ApiError> {
    if draft.is_encrypted() {
        let checksum = draft.checksum.clone();
        return Ok(Content {
            checksum: checksum.ok_or_else(missing_checksum)?,
            size: received.size,
            files_sha256: None,
            unpacked_size: None,
        });
    }
    if let Some(checksum) = &draft.checksum
        && !checksum.eq_ignore_ascii_case(&received.sha256)
    {
        let message = format!(
            "Checksum does not match: the bundle's SHA-256 is {}, not {checksum}",
            received.sha256
        );
        return Err(ApiError::invalid("checksum_mismatch", message));
    }
    let path = received.path().to_owned();
    let mut limits = Limits::default();
    // A statement names every file: devices that want one skip none.
    limits.skips_macos_files = !is_stated;
    let listed = tokio::task::spawn_blocking(move || list_bundle(&path, &limits));
    let listed = listed
        .await
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let files = listed.map_err(|error| {
        ApiError::invalid(
            error.code(),
            format!("Devices would refuse the bundle: {error}"),
        )
    })?;
    Ok(Content {
        checksum: received.sha256.clone(),
        size: received.size,
        files_sha256: Some(files.sha256().to_string()),
        unpacked_size: Some(files.total_size()),
    })
}

pub(super) fn text_too_long() -> ApiError {
    ApiError::invalid("text_too_long", "A text is longer than 65536 bytes")
}

pub(crate) fn missing_checksum() -> ApiError {
    ApiError::invalid("missing_checksum", "Missing checksum")
}
