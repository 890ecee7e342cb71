//! Brings a database to the newest layout.

use super::{Connection, DatabaseError, Value};

/// In their order; one that was released is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_first.sql")];

/// Applies what is missing, each migration in a transaction of its own.
pub(super) fn apply(connection: &mut dyn Connection) -> Result<(), DatabaseError> {
    let known = MIGRATIONS.len() as i64;
    for (version, migration) in (1..).zip(MIGRATIONS) {
        // Others may start at this moment too.
        connection.begin()?;
        connection.batch("CREATE TABLE IF NOT EXISTS layout (version BIGINT NOT NULL)")?;
        let found = connection.query_one("SELECT MAX(version) FROM layout", &[])?;
        let found = found
            .map_or(Ok(None), |row| row.optional_integer(0))?
            .unwrap_or(0);
        if found > known {
            return Err(DatabaseError::Newer { found, known });
        }
        if found < version {
            connection.define(migration)?;
            let insert = "INSERT INTO layout (version) VALUES (?1)";
            connection.execute(insert, &[Value::from(version)])?;
        }
        connection.batch("COMMIT")?;
    }
    Ok(())
}
