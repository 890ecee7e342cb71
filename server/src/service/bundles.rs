//! Bundles come and go.

use super::Shared;
use super::cleanup::{delete_ungiven, file_of, must_count};
use super::draft::{Content, Draft, LONGEST_TEXT, inspect, text_too_long};
use crate::catalogue::apps::{self, AppRecord};
use crate::catalogue::bundles::{self, BundleRecord, Location};
use crate::catalogue::claims::Claim;
use crate::catalogue::keys::{self, KeyRecord, Permission};
use crate::catalogue::{audit, releases, uploads};
use crate::database::Sql;
use crate::error::ApiError;
use crate::files::{self, Received};

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
                let location = Location::File(file.clone());
                self.add(key, draft, content, location, Some(claim.clone()))
                    .await
            }
            Err(error) => Err(error),
        };
        if added.is_err() {
            self.give_up(claim, &file).await;
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
            self.give_up(claim, file).await;
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
            Ok(file_of(found))
        });
        let file = deleted.await?;
        self.remove_where_unneeded(file.into_iter().collect()).await
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
            let deleted = delete_ungiven(sql, &app, everything)?;
            let detail = format!("{} bundles", deleted.bundles);
            audit::record(sql, &key, Some(&app), "bundle.delete_all", &detail)?;
            Ok::<_, ApiError>(deleted)
        });
        let deleted = deleted.await?;
        self.remove_where_unneeded(deleted.files).await?;
        Ok(deleted.bundles)
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
