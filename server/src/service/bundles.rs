//! Bundles come and go.

use live_updater::{Limits, list_bundle};
use semver::Version;

use super::Shared;
use super::cleanup::must_count;
use crate::catalogue::apps::{self, AppRecord};
use crate::catalogue::bundles::{self, BundleRecord, Location, NewBundle};
use crate::catalogue::claims::Claim;
use crate::catalogue::keys::{self, KeyRecord, Permission};
use crate::catalogue::{audit, releases, uploads};
use crate::database::Sql;
use crate::error::ApiError;
use crate::files::{self, Received};

/// The longest version that devices take.
const LONGEST_VERSION: usize = 128;
const LONGEST_TEXT: usize = 64 * 1024;
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
    fn check(&self) -> Result<(), ApiError> {
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

    fn is_encrypted(&self) -> bool {
        self.session_key.as_ref().is_some_and(|key| !key.is_empty())
    }

    fn into_bundle(self, content: Content, location: Location, by: &KeyRecord) -> NewBundle {
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
struct Content {
    checksum: String,
    size: u64,
    files_sha256: Option<String>,
    unpacked_size: Option<u64>,
}

impl Shared {
    /// Fails where a bundle would be refused whatever its bytes are, before they come in.
    pub(crate) async fn must_be_welcome(
        &self,
        key: &KeyRecord,
        draft: &Draft,
    ) -> Result<(), ApiError> {
        draft.check()?;
        let (key, app) = (key.clone(), draft.app.clone());
        let found = self.database.read(move |sql| match apps::find(sql, &app)? {
            None if may_make_apps(&key) => Ok(()),
            _ => own_app(sql, &key, &app).map(|_| ()),
        });
        found.await
    }

    /// Makes a bundle of bytes that have come in.
    pub(crate) async fn add_uploaded(
        &self,
        key: KeyRecord,
        draft: Draft,
        received: Received,
    ) -> Result<BundleRecord, ApiError> {
        let (draft, content) = self.judge(draft, &received).await?;
        let file = files::key_of(&received.sha256);
        let claim = self.claim(&file).await?;
        let added = match self.keep(&file, &received).await {
            Ok(()) => {
                let location = Location::File(file);
                self.add(key, draft, content, location, Some(claim.clone()))
                    .await
            }
            Err(error) => Err(error),
        };
        if added.is_err() {
            self.give_up(claim).await;
        }
        added
    }

    /// Makes a bundle of what a URL leads to. The bytes are fetched and checked, and stay there.
    pub(crate) async fn add_external(
        &self,
        key: KeyRecord,
        draft: Draft,
        url: &str,
    ) -> Result<BundleRecord, ApiError> {
        self.must_be_welcome(&key, &draft).await?;
        let url = self.fetcher.parse(url)?;
        let received = self.fetcher.fetch(&url, &self.uploads).await?;
        let (draft, content) = self.judge(draft, &received).await?;
        let location = Location::External(url.into());
        self.add(key, draft, content, location, None).await
    }

    /// Keeps a file that a bundle is to be registered by.
    pub(crate) async fn keep_loose(
        &self,
        key: KeyRecord,
        file: &str,
        received: &Received,
    ) -> Result<(), ApiError> {
        let claim = self.claim(file).await?;
        let kept = match self.keep(file, received).await {
            Ok(()) => {
                let (file, size, claim) = (file.to_owned(), received.size, claim.clone());
                let kept = self.database.write(move |sql| {
                    must_be_live(sql, &key)?;
                    must_count(sql, &claim)?;
                    uploads::insert(sql, &file, &key.organisation, size)?;
                    Ok(audit::record(sql, &key, None, "upload", &file)?)
                });
                kept.await
            }
            Err(error) => Err(error),
        };
        if kept.is_err() {
            self.give_up(claim).await;
        }
        kept
    }

    /// Changes a bundle's link and comment; what is none stays as it is.
    pub(crate) async fn annotate_bundle(
        &self,
        key: KeyRecord,
        app: &str,
        id: i64,
        link: Option<String>,
        comment: Option<String>,
    ) -> Result<(), ApiError> {
        let texts = [&link, &comment];
        if texts
            .into_iter()
            .flatten()
            .any(|text| text.len() > LONGEST_TEXT)
        {
            return Err(text_too_long());
        }
        let name = app.to_owned();
        let changed = self.database.write(move |sql| {
            own_app(sql, &key, &name)?;
            let found = bundles::find(sql, &name, id)?.ok_or(ApiError::NotFound("Bundle"))?;
            bundles::annotate(sql, &name, id, link.as_deref(), comment.as_deref())?;
            let version = &found.bundle.version;
            audit::record(sql, &key, Some(&name), "bundle.metadata", version)?;
            Ok::<_, ApiError>(())
        });
        changed.await?;
        Ok(self.offers.refresh(&self.database, app).await?)
    }

    /// What a bundle's bytes are, and its signature where the service has a key.
    async fn judge(
        &self,
        mut draft: Draft,
        received: &Received,
    ) -> Result<(Draft, Content), ApiError> {
        draft.check()?;
        let is_signed_here = self.signing.signs(&draft.app) && !draft.is_encrypted();
        let content = inspect(&draft, received, is_signed_here).await?;
        if is_signed_here && draft.signature.is_none() {
            draft.signature = self
                .signing
                .sign_bundle(&draft.app, received.path())
                .await?;
        }
        Ok((draft, content))
    }

    async fn keep(&self, file: &str, received: &Received) -> Result<(), ApiError> {
        let stored = self.files.store(file, received.path()).await;
        stored.map_err(|source| ApiError::Storage {
            action: "Failed to keep the bundle in storage",
            source,
        })
    }

    /// Deletes one version of an app.
    pub(crate) async fn delete_bundle(
        &self,
        key: KeyRecord,
        app: &str,
        version: &str,
    ) -> Result<(), ApiError> {
        let (app, version) = (app.to_owned(), version.to_owned());
        let deleted = self.database.write(move |sql| {
            own_app(sql, &key, &app)?;
            let found = bundles::find_version(sql, &app, &version)?;
            let found = found.ok_or(ApiError::NotFound("Bundle"))?;
            let channels = releases::channels_of(sql, found.id)?;
            if !channels.is_empty() {
                let message = format!(
                    "Bundle {version} is what these channels give: {}. Set another one first",
                    channels.join(", ")
                );
                return Err(ApiError::conflict("cannot_delete_linked_version", message));
            }
            bundles::delete(sql, found.id)?;
            audit::record(sql, &key, Some(&app), "bundle.delete", &version)?;
            Ok(())
        });
        deleted.await?;
        self.remove_unneeded_files().await
    }

    /// Deletes all versions of an app that no channel gives, and tells how many.
    pub(crate) async fn delete_bundles(&self, key: KeyRecord, app: &str) -> Result<u64, ApiError> {
        let app = app.to_owned();
        let deleted = self.database.write(move |sql| {
            own_app(sql, &key, &app)?;
            let everything = bundles::Page {
                skip: 0,
                take: i64::MAX.unsigned_abs(),
            };
            let mut deleted = 0;
            for found in bundles::list(sql, &app, everything)? {
                if releases::channels_of(sql, found.id)?.is_empty() {
                    bundles::delete(sql, found.id)?;
                    deleted += 1;
                }
            }
            let detail = format!("{deleted} bundles");
            audit::record(sql, &key, Some(&app), "bundle.delete_all", &detail)?;
            Ok::<_, ApiError>(deleted)
        });
        let deleted = deleted.await?;
        self.remove_unneeded_files().await?;
        Ok(deleted)
    }

    async fn add(
        &self,
        key: KeyRecord,
        draft: Draft,
        content: Content,
        location: Location,
        claim: Option<Claim>,
    ) -> Result<BundleRecord, ApiError> {
        let app = draft.app.clone();
        let added = self.database.write(move |sql| {
            app_for(sql, &key, &draft.app)?;
            if let Some(claim) = &claim {
                must_count(sql, claim)?;
            }
            if bundles::find_version(sql, &draft.app, &draft.version)?.is_some() {
                let message = format!("Version {} already exists", draft.version);
                return Err(ApiError::conflict("version_already_exists", message));
            }
            let bundle = draft.into_bundle(content, location, &key);
            let added = bundles::insert(sql, bundle)?;
            let (app, version) = (&added.bundle.app, &added.bundle.version);
            audit::record(sql, &key, Some(app), "bundle.create", version)?;
            Ok(added)
        });
        let added = added.await?;
        self.offers.refresh(&self.database, &app).await?;
        Ok(added)
    }
}

/// The app, where the key may see it.
pub(crate) fn own_app(
    sql: &mut dyn Sql,
    key: &KeyRecord,
    app: &str,
) -> Result<AppRecord, ApiError> {
    must_be_live(sql, key)?;
    let found = apps::find(sql, app)?.filter(|found| {
        found.organisation == key.organisation
            && key.app.as_ref().is_none_or(|own| *own == found.id)
    });
    // Another organisation's app is as one that isn't there: nobody learns of it.
    found.ok_or(ApiError::NotFound("App"))
}

/// Fails where a key was revoked since its request began: a body may take minutes to come in.
pub(crate) fn must_be_live(sql: &mut dyn Sql, key: &KeyRecord) -> Result<(), ApiError> {
    match keys::is_live(sql, &key.id)? {
        true => Ok(()),
        false => Err(ApiError::Unauthorized),
    }
}

/// The app, which is made where there is none and the key is for the whole organisation.
fn app_for(sql: &mut dyn Sql, key: &KeyRecord, app: &str) -> Result<AppRecord, ApiError> {
    if may_make_apps(key) && apps::find(sql, app)?.is_none() {
        must_be_live(sql, key)?;
        audit::record(sql, key, Some(app), "app.create", app)?;
        return Ok(apps::insert(sql, app, &key.organisation, app)?);
    }
    own_app(sql, key, app)
}

fn may_make_apps(key: &KeyRecord) -> bool {
    key.app.is_none() && key.permission == Permission::All
}

/// Looks at a bundle as a device would, so that no device has to refuse it.
async fn inspect(draft: &Draft, received: &Received, is_stated: bool) -> Result<Content, ApiError> {
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

fn text_too_long() -> ApiError {
    ApiError::invalid("text_too_long", "A text is longer than 65536 bytes")
}

pub(crate) fn missing_checksum() -> ApiError {
    ApiError::invalid("missing_checksum", "Missing checksum")
}
