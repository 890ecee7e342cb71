//! Old bundles go: those beyond what an app keeps, and files that nobody names.

use super::Shared;
use crate::catalogue::{apps, bundles, releases, uploads};
use crate::clock;
use crate::error::ApiError;

/// How long a file is kept that was sent and never became a bundle, in days.
const LOOSE_DAYS: i64 = 400;

impl Shared {
    /// Removes the files that no bundle needs.
    pub(crate) async fn remove_unneeded_files(&self) -> Result<(), ApiError> {
        let _alone = self.storage.write().await;
        let files = self.files.keys().await.map_err(not_removed)?;
        let unneeded = self.database.read(move |sql| {
            let mut unneeded = Vec::new();
            for file in files {
                if uploads::size_of(sql, &file)?.is_none() {
                    unneeded.push(file);
                }
            }
            Ok::<_, ApiError>(unneeded)
        });
        for file in unneeded.await? {
            self.files.remove(&file).await.map_err(not_removed)?;
        }
        Ok(())
    }

    /// Deletes the bundles that an app keeps no longer: those that no channel gives, but for the
    /// newest.
    pub(crate) async fn apply_retention(&self) -> Result<u64, ApiError> {
        let deleted = self.database.write(|sql| {
            let mut deleted = 0;
            for app in apps::list(sql, None)? {
                let beyond = bundles::Page {
                    skip: app.keep_bundles.into(),
                    take: i64::MAX.unsigned_abs(),
                };
                for old in bundles::list(sql, &app.id, beyond)? {
                    if releases::channels_of(sql, old.id)?.is_empty() {
                        bundles::delete(sql, old.id)?;
                        deleted += 1;
                    }
                }
            }
            Ok::<_, ApiError>(deleted)
        });
        let deleted = deleted.await?;
        if deleted > 0 {
            tracing::info!(deleted, "old bundles were deleted");
            self.remove_unneeded_files().await?;
        }
        Ok(deleted)
    }

    /// Forgets devices that weren't seen, and reports that came, longer ago than they are kept.
    pub(crate) async fn forget_old_reports(&self) -> Result<(), ApiError> {
        let days = i64::from(self.settings.keep_reports_days);
        let before = clock::now() - days * clock::DAY;
        let forgotten = self.database.write(move |sql| {
            sql.execute(
                "DELETE FROM confirmations WHERE received_at < ?1",
                &[before.into()],
            )?;
            sql.execute("DELETE FROM devices WHERE last_seen < ?1", &[before.into()])?;
            let day = clock::day(before);
            sql.execute("DELETE FROM actions WHERE day < ?1", &[day.into()])?;
            sql.execute("DELETE FROM adoption WHERE day < ?1", &[day.into()])?;
            uploads::forget(sql, clock::now() - LOOSE_DAYS * clock::DAY)?;
            Ok::<_, ApiError>(())
        });
        forgotten.await?;
        self.remove_unneeded_files().await
    }
}

fn not_removed(source: std::io::Error) -> ApiError {
    ApiError::Storage {
        action: "Failed to delete bundle from storage",
        source,
    }
}
