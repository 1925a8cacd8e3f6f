//! Everything a database holds, as text to search in.
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Every row of every table, one a line, with what is bytes there as text too.
pub async fn dump(url: &str) -> Vec<String> {
    let mut db = PgConnection::connect(url).await.expect("the database can be reached");
    let tables = "SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";
    let tables: Vec<String> =
        sqlx::query_scalar(tables).fetch_all(&mut db).await.expect("a list of tables");
    let mut lines = Vec::new();
    for table in tables {
        let bytes = "SELECT quote_ident(attname) FROM pg_attribute
            WHERE attrelid = $1::regclass AND atttypid = 'bytea'::regtype AND NOT attisdropped";
        let bytes: Vec<String> =
            sqlx::query_scalar(bytes).bind(&table).fetch_all(&mut db).await.unwrap_or_default();
        let texts =
            bytes.iter().map(|it| format!(" || ' ' || coalesce(encode({it}, 'escape'), '')"));
        let texts: String = texts.collect();
        let rows = format!("SELECT '{table} ' || t::text{texts} FROM {table} AS t");
        // A build that was dropped meanwhile holds nothing any more.
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut db).await.unwrap_or_default();
        lines.extend(rows);
    }
    lines
}
