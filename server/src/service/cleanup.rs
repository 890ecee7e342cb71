//! Old bundles go: those beyond what an app keeps, and files that nobody names.

use std::io;
use std::time::Duration;

use super::Shared;
use crate::catalogue::bundles::{self, BundleRecord, Location, Page};
use crate::catalogue::claims::{self, Claim};
use crate::catalogue::{apps, releases, uploads};
use crate::clock;
use crate::database::{DatabaseError, Sql};
use crate::error::ApiError;

/// How long a file is kept that was sent and never became a bundle, in days.
const LOOSE_DAYS: i64 = 400;
/// How often, and after which pauses, a file is asked for that is being removed.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);

impl Shared {
    /// Has a file kept until a row names it, or the claim is given up.
    pub(super) async fn claim(&self, file: &str) -> Result<Claim, ApiError> {
        for _ in 0..ATTEMPTS {
            let wanted = file.to_owned();
            let claimed = self
                .database
                .write(move |sql| claims::claim(sql, &wanted).map_err(ApiError::from));
            if let Some(claim) = claimed.await? {
                return Ok(claim);
            }
            // Whoever removes it may have failed, or died over it.
            self.remove_where_unneeded(vec![file.to_owned()]).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Err(ApiError::Storage {
            action: "The file is being removed: try again",
            source: io::ErrorKind::TimedOut.into(),
        })
    }

    /// What was kept for a row that didn't come to be goes again.
    pub(super) async fn give_up(&self, claim: Claim, file: &str) {
        let ended = self.database.write(move |sql| {
            claims::end(sql, &claim)?;
            Ok::<_, ApiError>(())
        });
        let removed = match ended.await {
            Ok(()) => self.remove_where_unneeded(vec![file.to_owned()]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, "a file that nobody needs stays for now");
        }
    }

    /// Removes what an earlier death left.
    pub(super) async fn tidy(&self) -> Result<(), ApiError> {
        if !self.database.is_shared() {
            // What was begun has ended with the process that began it.
            let ended = self.database.write(|sql| claims::end_all(sql));
            ended.await?;
        }
        self.remove_unneeded_files().await
    }

    /// Removes the files that no bundle needs.
    pub(crate) async fn remove_unneeded_files(&self) -> Result<(), ApiError> {
        let files = self.files.keys().await.map_err(not_removed)?;
        let unneeded = self.database.read(move |sql| {
            let named = uploads::named(sql)?;
            let mut unneeded = claims::unfinished(sql)?;
            unneeded.extend(files.into_iter().filter(|file| !named.contains(file)));
            Ok::<_, ApiError>(unneeded)
        });
        self.remove_where_unneeded(unneeded.await?).await
    }

    /// Removes those of these files that no bundle needs.
    pub(super) async fn remove_where_unneeded(&self, files: Vec<String>) -> Result<(), ApiError> {
        if files.is_empty() {
            return Ok(());
        }
        let begun = self.database.write(move |sql| {
            claims::end_old(sql)?;
            let mut begun = Vec::new();
            for file in files {
                // It may have got a name since.
                if uploads::size_of(sql, &file)?.is_none() && claims::begin_removal(sql, &file)? {
                    begun.push(file);
                }
            }
            Ok::<_, ApiError>(begun)
        });
        self.remove(begun.await?).await
    }

    /// Removes files that nobody can claim until then.
    async fn remove(&self, files: Vec<String>) -> Result<(), ApiError> {
        let (mut removed, mut failed, mut failure) = (Vec::new(), Vec::new(), None);
        for file in files {
            match self.files.remove(&file).await {
                Ok(()) => removed.push(file),
                Err(error) => {
                    failed.push(file);
                    failure = Some(error);
                }
            }
        }
        let ended = self.database.write(move |sql| {
            for file in removed {
                claims::end_removal(sql, &file)?;
            }
            for file in failed {
                claims::fail_removal(sql, &file)?;
            }
            Ok::<_, ApiError>(())
        });
        ended.await?;
        failure.map_or(Ok(()), |error| Err(not_removed(error)))
    }

    /// Deletes the bundles that an app keeps no longer: those that no channel gives, but for the
    /// newest.
    pub(crate) async fn apply_retention(&self) -> Result<u64, ApiError> {
        let deleted = self.database.write(|sql| {
            let mut all = Deleted::default();
            for app in apps::list(sql, None)? {
                let beyond = Page {
                    skip: app.keep_bundles.into(),
                    take: i64::MAX.unsigned_abs(),
                };
                let deleted = delete_ungiven(sql, &app.id, beyond)?;
                all.bundles += deleted.bundles;
                all.files.extend(deleted.files);
            }
            Ok::<_, ApiError>(all)
        });
        let deleted = deleted.await?;
        if deleted.bundles > 0 {
            tracing::info!(deleted = deleted.bundles, "old bundles were deleted");
            self.remove_where_unneeded(deleted.files).await?;
        }
        Ok(deleted.bundles)
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

/// What was deleted of an app.
#[derive(Debug, Default)]
pub(super) struct Deleted {
    pub(super) bundles: u64,
    /// What they were kept in; other bundles may need it.
    pub(super) files: Vec<String>,
}

/// Deletes those bundles of a page that no channel gives.
pub(super) fn delete_ungiven(
    sql: &mut dyn Sql,
    app: &str,
    page: Page,
) -> Result<Deleted, DatabaseError> {
    let mut deleted = Deleted::default();
    for found in bundles::list(sql, app, page)? {
        if releases::channels_of(sql, found.id)?.is_empty() {
            bundles::delete(sql, found.id)?;
            deleted.bundles += 1;
            deleted.files.extend(file_of(found));
        }
    }
    Ok(deleted)
}

/// What a bundle is kept in here.
pub(super) fn file_of(record: BundleRecord) -> Option<String> {
    match record.bundle.location {
        Location::File(file) => Some(file),
        Location::External(_) => None,
    }
}

/// Fails where a claim has ended, so that the file may have gone.
pub(super) fn must_count(sql: &mut dyn Sql, claim: &Claim) -> Result<(), ApiError> {
    match claims::end(sql, claim)? {
        true => Ok(()),
        false => Err(ApiError::Storage {
            action: "The bundle took too long to be kept: try again",
            source: io::ErrorKind::TimedOut.into(),
        }),
    }
}

fn not_removed(source: io::Error) -> ApiError {
    ApiError::Storage {
        action: "Failed to delete bundle from storage",
        source,
    }
}
