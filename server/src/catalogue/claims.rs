//! Which files are about to be named, and which are about to go: never one as well as the other.

use crate::clock;
use crate::database::{DatabaseError, Sql, Value};

/// How long a claim counts whose process may have died, and how long a removal.
const CLAIM: i64 = 6 * 3_600 * clock::SECOND;
const REMOVAL: i64 = 600 * clock::SECOND;
/// How long a removal that failed may still come into effect.
const SETTLING: i64 = 5 * clock::SECOND;

/// The right to have a file kept until a row names it.
#[derive(Debug, Clone)]
pub(crate) struct Claim(String);

/// Claims a file; none where it is being removed.
pub(crate) fn claim(sql: &mut dyn Sql, file: &str) -> Result<Option<Claim>, DatabaseError> {
    let removal = "SELECT file FROM removals WHERE file = ?1";
    if sql.query_one(removal, &[file.into()])?.is_some() {
        return Ok(None);
    }
    let id = uuid::Uuid::new_v4().to_string();
    let insert = "INSERT INTO claims (id, file, claimed_at) VALUES (?1, ?2, ?3)";
    let values = [Value::from(&id), file.into(), clock::now().into()];
    sql.execute(insert, &values)?;
    Ok(Some(Claim(id)))
}

/// Ends a claim; whether it still counted.
pub(crate) fn end(sql: &mut dyn Sql, claim: &Claim) -> Result<bool, DatabaseError> {
    let delete = "DELETE FROM claims WHERE id = ?1";
    Ok(sql.execute(delete, &[(&claim.0).into()])? > 0)
}

/// Ends the claims that are too old to be anybody's.
pub(crate) fn end_old(sql: &mut dyn Sql) -> Result<(), DatabaseError> {
    let before = clock::now() - CLAIM;
    sql.execute("DELETE FROM claims WHERE claimed_at < ?1", &[before.into()])?;
    Ok(())
}

/// Begins to remove a file that no row names; whether nobody has claimed it, or removes it already.
pub(crate) fn begin_removal(sql: &mut dyn Sql, file: &str) -> Result<bool, DatabaseError> {
    let claims = "SELECT id FROM claims WHERE file = ?1 LIMIT 1";
    if sql.query_one(claims, &[file.into()])?.is_some() {
        return Ok(false);
    }
    // Whoever began one long ago has died over it.
    let upsert = "INSERT INTO removals (file, began_at) VALUES (?1, ?2) ON CONFLICT (file) \
                  DO UPDATE SET began_at = excluded.began_at WHERE removals.began_at < ?3";
    let now = clock::now();
    let values = [file.into(), now.into(), (now - REMOVAL).into()];
    Ok(sql.execute(upsert, &values)? > 0)
}

/// A file has gone: whoever wants to may bring it again.
pub(crate) fn end_removal(sql: &mut dyn Sql, file: &str) -> Result<(), DatabaseError> {
    let delete = "DELETE FROM removals WHERE file = ?1";
    sql.execute(delete, &[file.into()]).map(|_| ())
}

/// A file could not be removed: whoever wants to may try again in a moment.
pub(crate) fn fail_removal(sql: &mut dyn Sql, file: &str) -> Result<(), DatabaseError> {
    let update = "UPDATE removals SET began_at = ?2 WHERE file = ?1";
    let over = clock::now() - REMOVAL + SETTLING;
    sql.execute(update, &[file.into(), over.into()]).map(|_| ())
}

/// Files whose removal began too long ago to be under way.
pub(crate) fn unfinished(sql: &mut dyn Sql) -> Result<Vec<String>, DatabaseError> {
    let query = "SELECT file FROM removals WHERE began_at < ?1";
    let rows = sql.query(query, &[(clock::now() - REMOVAL).into()])?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Ends all that was begun, where nobody else can have begun it.
pub(crate) fn end_all(sql: &mut dyn Sql) -> Result<(), DatabaseError> {
    sql.execute("DELETE FROM claims", &[])?;
    sql.execute("DELETE FROM removals", &[]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

    #[tokio::test]
    async fn a_file_is_claimed_or_removed_and_never_both() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("db")).await.unwrap();
        let tried = database.write(|sql| {
            let claims = [claim(sql, "a")?.unwrap(), claim(sql, "a")?.unwrap()];
            for claim in &claims {
                assert!(!begin_removal(sql, "a")?);
                assert!(end(sql, claim)?);
                assert!(!end(sql, claim)?, "it counts once");
            }
            assert!(begin_removal(sql, "a")?);
            assert!(!begin_removal(sql, "a")?, "somebody does");
            assert!(claim(sql, "a")?.is_none());
            assert!(claim(sql, "b")?.is_some());
            end_removal(sql, "a")?;
            assert!(claim(sql, "a")?.is_some());
            Ok::<_, DatabaseError>(())
        });
        tried.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_begun_long_ago_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("db")).await.unwrap();
        let tried = database.write(|sql| {
            let old = claim(sql, "a")?.unwrap();
            let before = clock::now() - CLAIM - 1;
            sql.execute("UPDATE claims SET claimed_at = ?1", &[before.into()])?;
            end_old(sql)?;
            assert!(begin_removal(sql, "a")?);
            assert!(
                !end(sql, &old)?,
                "whoever had it may not name the file any more"
            );
            assert!(unfinished(sql)?.is_empty());
            let before = clock::now() - REMOVAL - 1;
            sql.execute("UPDATE removals SET began_at = ?1", &[before.into()])?;
            assert_eq!(unfinished(sql)?, ["a"]);
            assert!(begin_removal(sql, "a")?);
            Ok::<_, DatabaseError>(())
        });
        tried.await.unwrap();
    }

    #[tokio::test]
    async fn a_removal_that_failed_is_tried_again_once_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("db")).await.unwrap();
        let tried = database.write(|sql| {
            assert!(begin_removal(sql, "a")?);
            fail_removal(sql, "a")?;
            assert!(!begin_removal(sql, "a")?, "it may still come into effect");
            assert!(claim(sql, "a")?.is_none());
            let earlier = "UPDATE removals SET began_at = began_at - ?1";
            sql.execute(earlier, &[(SETTLING + 1).into()])?;
            assert_eq!(unfinished(sql)?, ["a"]);
            assert!(begin_removal(sql, "a")?);
            end_removal(sql, "a")?;
            assert!(claim(sql, "a")?.is_some());
            Ok::<_, DatabaseError>(())
        });
        tried.await.unwrap();
    }
}
