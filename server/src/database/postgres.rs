//! PostgreSQL, for a service on more than one machine.

use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use postgres::{Client, NoTls};

use super::{Connection, DatabaseError, Row, Sql, Value};

/// Names the turn of the one who writes, among all that use the database.
const WRITERS: &str = "SELECT pg_advisory_xact_lock(7311853600127)";

pub(super) struct Postgres {
    client: Client,
    statements: std::collections::HashMap<String, postgres::Statement>,
}

impl Postgres {
    pub(super) fn connect(settings: &str) -> Result<Self, DatabaseError> {
        Ok(Self {
            client: Client::connect(settings, NoTls)?,
            statements: std::collections::HashMap::new(),
        })
    }

    fn prepare(&mut self, sql: &str) -> Result<postgres::Statement, DatabaseError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        // No text of ours holds a question mark that isn't a place.
        let statement = self.client.prepare(&sql.replace('?', "$"))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Sql for Postgres {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        Value::must_fit(values)?;
        let statement = self.prepare(sql)?;
        Ok(self.client.execute(&statement, &places(values))?)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        Value::must_fit(values)?;
        let statement = self.prepare(sql)?;
        let rows = self.client.query(&statement, &places(values))?;
        rows.iter().map(row).collect()
    }
}

impl Connection for Postgres {
    fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.batch("BEGIN")?;
        self.batch(WRITERS)
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT].contains(kind)
    }

    to_sql_checked!();
}

fn places(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

fn row(row: &postgres::Row) -> Result<Row, DatabaseError> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        values.push(match *column.type_() {
            Type::INT8 => Value::from(row.try_get::<_, Option<i64>>(index)?),
            _ => Value::from(row.try_get::<_, Option<String>>(index)?),
        });
    }
    Ok(Row::new(values))
}
