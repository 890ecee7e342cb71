//! Organisations, their apps and keys.

use super::Shared;
use super::bundles::{must_be_live, own_app};
use crate::catalogue::apps::{self, AppRecord};
use crate::catalogue::audit;
use crate::catalogue::keys::{self, ApiKey, KeyRecord, Permission};
use crate::catalogue::organisations::{self, Organisation};
use crate::clock;
use crate::error::ApiError;

impl Shared {
    /// Makes an organisation with a first key, and gives the key's secret this once.
    pub(crate) async fn create_organisation(
        &self,
        by: KeyRecord,
        id: &str,
        name: &str,
    ) -> Result<(Organisation, ApiKey), ApiError> {
        if !apps::is_id(id) {
            let message = "An organisation's id has up to 128 letters, digits, dots and lines";
            return Err(ApiError::invalid("invalid_organisation_id", message));
        }
        let organisation = Organisation::new(id, name);
        let secret = random_key()?;
        let made = self.database.write(move |sql| {
            must_be_live(sql, &by)?;
            if !organisations::insert(sql, &organisation)? {
                let message = format!("Organisation {} already exists", organisation.id);
                return Err(ApiError::conflict("organisation_already_exists", message));
            }
            keys::insert(sql, &KeyRecord::first(&organisation.id), &secret)?;
            audit::record(sql, &by, None, "organisation.create", &organisation.id)?;
            Ok::<_, ApiError>((organisation, secret))
        });
        made.await
    }

    /// Makes a key that may do everything in an organisation, for one that has lost its own, and
    /// gives its secret this once.
    pub(crate) async fn let_in(
        &self,
        by: KeyRecord,
        organisation: &str,
    ) -> Result<(KeyRecord, ApiKey), ApiError> {
        let secret = random_key()?;
        let id = organisation.to_owned();
        let made = self.database.write(move |sql| {
            must_be_live(sql, &by)?;
            if !organisations::list(sql)?.iter().any(|found| found.id == id) {
                return Err(ApiError::NotFound("Organisation"));
            }
            let key = KeyRecord::first(&id);
            keys::insert(sql, &key, &secret)?;
            audit::record(sql, &by, None, "organisation.key", &id)?;
            Ok::<_, ApiError>((key, secret))
        });
        made.await
    }

    /// Makes an app.
    pub(crate) async fn create_app(
        &self,
        key: KeyRecord,
        id: &str,
        name: &str,
    ) -> Result<AppRecord, ApiError> {
        if !apps::is_id(id) {
            let message = "An app's id has up to 128 letters, digits, dots and lines";
            return Err(ApiError::invalid("invalid_app_id", message));
        }
        if key.app.is_some() {
            return Err(ApiError::Forbidden("apps"));
        }
        let (wanted, name) = (id.to_owned(), name.to_owned());
        let made = self.database.write(move |sql| {
            must_be_live(sql, &key)?;
            if apps::find(sql, &wanted)?.is_some() {
                let message = format!("App {wanted} already exists");
                return Err(ApiError::conflict("app_already_exists", message));
            }
            audit::record(sql, &key, Some(&wanted), "app.create", &wanted)?;
            Ok(apps::insert(sql, &wanted, &key.organisation, &name)?)
        });
        let made = made.await?;
        self.offers.refresh(&self.database, id).await?;
        Ok(made)
    }

    /// Changes an app.
    pub(crate) async fn change_app(
        &self,
        key: KeyRecord,
        id: &str,
        change: impl FnOnce(&mut AppRecord) + Send + 'static,
    ) -> Result<AppRecord, ApiError> {
        let wanted = id.to_owned();
        let changed = self.database.write(move |sql| {
            let mut app = own_app(sql, &key, &wanted)?;
            change(&mut app);
            apps::update(sql, &app)?;
            audit::record(sql, &key, Some(&wanted), "app.change", &wanted)?;
            Ok::<_, ApiError>(app)
        });
        let changed = changed.await?;
        self.offers.refresh(&self.database, id).await?;
        Ok(changed)
    }

    /// Makes a key in the caller's organisation, and gives its secret this once.
    pub(crate) async fn create_key(
        &self,
        by: KeyRecord,
        name: &str,
        permission: Permission,
        app: Option<&str>,
    ) -> Result<(KeyRecord, ApiKey), ApiError> {
        let secret = random_key()?;
        let key = KeyRecord {
            id: uuid::Uuid::new_v4().to_string(),
            organisation: by.organisation.clone(),
            app: app.map(str::to_owned),
            name: name.to_owned(),
            permission,
            created_at: clock::now(),
        };
        let made = self.database.write(move |sql| {
            must_be_live(sql, &by)?;
            if let Some(app) = &key.app {
                own_app(sql, &by, app)?;
            }
            keys::insert(sql, &key, &secret)?;
            audit::record(sql, &by, key.app.as_deref(), "key.create", &key.name)?;
            Ok::<_, ApiError>((key, secret))
        });
        made.await
    }

    /// Ends a key of the caller's organisation.
    pub(crate) async fn revoke_key(&self, by: KeyRecord, id: &str) -> Result<(), ApiError> {
        let id = id.to_owned();
        let revoked = self.database.write(move |sql| {
            must_be_live(sql, &by)?;
            if keys::is_last(sql, &by.organisation, &id)? {
                let message = "It is the last key that may do everything: make another one first";
                return Err(ApiError::conflict("last_key", message));
            }
            if !keys::revoke(sql, &by.organisation, &id)? {
                return Err(ApiError::NotFound("Key"));
            }
            Ok(audit::record(sql, &by, None, "key.revoke", &id)?)
        });
        revoked.await
    }
}

fn random_key() -> Result<ApiKey, ApiError> {
    ApiKey::random().map_err(|error| ApiError::Internal(error.to_string()))
}
