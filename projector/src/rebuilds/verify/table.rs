//! One table of two builds.
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Difference, DifferingRow};
use crate::personal::PERSONAL;

/// As many differing rows as a person looks at.
const SHOWN: i64 = 10;

pub(super) struct Table {
    name: String,
    live: String,
    new: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    /// Ready to be named in a statement.
    quoted: String,
    is_live: bool,
    is_new: bool,
    is_key: bool,
}

impl Table {
    pub async fn of(
        db: &mut PgConnection,
        name: String,
        live: &str,
        new: &str,
    ) -> Result<Self, sqlx::Error> {
        let columns = sqlx::query_file_as!(Column, "src/rebuilds/columns.sql", live, new, name)
            .fetch_all(db)
            .await?;
        Ok(Self { name, live: live.to_owned(), new: new.to_owned(), columns })
    }

    /// Counts and hashes first: of tables that are the same, no two rows are compared.
    pub async fn compare(&self, db: &mut PgConnection) -> Result<Option<Difference>, sqlx::Error> {
        let alone = self.columns.iter().filter(|it| it.is_live != it.is_new);
        let columns: Vec<String> = alone.map(|it| it.name.clone()).collect();
        let (live_rows, live_hash) = self.sum(db, &self.live, |it| it.is_live).await?;
        let (new_rows, new_hash) = self.sum(db, &self.new, |it| it.is_new).await?;
        let differs = (live_rows, live_hash) != (new_rows, new_hash);
        if !differs && columns.is_empty() {
            return Ok(None);
        }
        let rows = if differs { self.differing(db).await? } else { vec![] };
        Ok(Some(Difference { table: self.name.clone(), live_rows, new_rows, columns, rows }))
    }

    fn shared(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|it| it.is_live && it.is_new)
    }

    /// How many rows, and a sum over the hashes of what both have of each, which is the same in whatever order they lie.
    async fn sum(
        &self,
        db: &mut PgConnection,
        schema: &str,
        is_there: impl Fn(&Column) -> bool,
    ) -> Result<(i64, String), sqlx::Error> {
        if !self.columns.iter().any(is_there) {
            return Ok((0, String::new()));
        }
        let columns: Vec<&str> = self.shared().map(|it| it.quoted.as_str()).collect();
        let (columns, table) = (columns.join(", "), &self.name);
        // Names that this build or Postgres has quoted.
        let sum = AssertSqlSafe(format!(
            "SELECT count(*), coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text \
             FROM {schema}.{table}"
        ));
        sqlx::query_as(sum).fetch_one(db).await
    }

    async fn differing(&self, db: &mut PgConnection) -> Result<Vec<DifferingRow>, sqlx::Error> {
        let keys: Vec<&Column> = self.shared().filter(|it| it.is_key).collect();
        let Some(first) = keys.first() else { return Ok(vec![]) };
        let shown = keys.iter().filter(|it| !self.is_personal(it));
        let shown: Vec<String> =
            shown.map(|Column { quoted, .. }| format!("{}, {quoted}", literal(quoted))).collect();
        // As text: not every type can be compared.
        let changed: Vec<String> = self
            .shared()
            .filter(|it| !it.is_key)
            .map(|Column { quoted: it, .. }| {
                let name = literal(it);
                format!("CASE WHEN a.{it}::text IS DISTINCT FROM b.{it}::text THEN {name} END")
            })
            .collect();
        let names: Vec<&str> = keys.iter().map(|it| it.quoted.as_str()).collect();
        let (first, shown) = (&first.quoted, shown.join(", "));
        let (changed, keys) = (changed.join(", "), names.join(", "));
        let Self { name, live, new, .. } = self;
        let differing = AssertSqlSafe(format!(
            "SELECT key, is_in, columns FROM ( \
                 SELECT {keys}, \
                     jsonb_build_object({shown}) AS key, \
                     CASE WHEN b.{first} IS NULL THEN 'live' WHEN a.{first} IS NULL THEN 'new' ELSE 'both' END AS is_in, \
                     CASE WHEN a.{first} IS NULL OR b.{first} IS NULL THEN '{{}}'::text[] \
                          ELSE array_remove(ARRAY[{changed}]::text[], NULL) END AS columns \
                 FROM {live}.{name} AS a FULL JOIN {new}.{name} AS b USING ({keys}) \
             ) AS rows \
             WHERE is_in <> 'both' OR columns <> '{{}}' ORDER BY {keys} LIMIT {SHOWN}"
        ));
        let rows: Vec<(Value, String, Vec<String>)> =
            sqlx::query_as(differing).fetch_all(db).await?;
        let rows = rows.into_iter();
        Ok(rows.map(|(key, is_in, columns)| DifferingRow { key, is_in, columns }).collect())
    }

    /// No key is, by now; nor is one shown that will be.
    fn is_personal(&self, column: &Column) -> bool {
        let mut tables = PERSONAL.iter().filter(|it| it.table == self.name);
        tables.any(|it| it.columns.contains(&column.name.as_str()))
    }
}

/// A quoted name as a text. Ours have neither quotes nor backslashes in them.
fn literal(quoted: &str) -> String {
    format!("'{}'", quoted.trim_matches('"'))
}
