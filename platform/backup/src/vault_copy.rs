//! The vault, table by table. What is in it is wrapped with the key-encryption key and stays so.
use std::io::Read;
use std::path::Path;

use age::x25519::{Identity, Recipient};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::envelope::Writing;
use crate::manifest::VaultCopy;
use crate::{BackupError, file};

/// Each with the order of its rows: the same content is the same file.
const TABLES: [(&str, &str); 3] =
    [("data_keys", "key_id"), ("tombstones", "key_id"), ("kept_secrets", "name")];

/// Whether the vault was empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    Written,
    WasThere,
}

/// One snapshot of all tables.
pub(crate) async fn take(
    db: &PgPool,
    chain: &Path,
    name: &str,
    recipients: &[Recipient],
) -> Result<VaultCopy, BackupError> {
    let mut tx = db.begin().await?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(&mut *tx)
        .await?;
    let mut to = Writing::begin(chain.join(name), recipients)?;
    let mut counts = [0; TABLES.len()];
    for ((table, order), count) in TABLES.into_iter().zip(&mut counts) {
        let rows = rows(&mut tx, table, order).await?;
        *count = rows.len() as u64;
        to.write(format!("{table} {}\n", rows.len()).as_bytes())?;
        for row in rows {
            to.write(row.as_bytes())?;
            to.write(b"\n")?;
        }
    }
    tx.commit().await?;
    let [keys, tombstones, secrets] = counts;
    Ok(VaultCopy { keys, tombstones, secrets, file: to.finish()? })
}

/// Puts it into a vault that is empty, all of it or nothing; one that holds the same already is left as it is.
pub(crate) async fn restore(
    copy: &VaultCopy,
    chain: &Path,
    identities: &[Identity],
    db: &PgPool,
) -> Result<Restored, BackupError> {
    let wanted = read(copy, chain, identities)?;
    let mut tx = db.begin().await?;
    let mut found = Vec::new();
    for (table, order) in TABLES {
        let lock = format!("LOCK TABLE {table} IN EXCLUSIVE MODE");
        sqlx::query(AssertSqlSafe(lock)).execute(&mut *tx).await?;
        found.push(rows(&mut tx, table, order).await?);
    }
    if found == wanted {
        return Ok(Restored::WasThere);
    }
    if found.iter().any(|it| !it.is_empty()) {
        return Err(BackupError::OtherVault);
    }
    for ((table, _), rows) in TABLES.into_iter().zip(wanted) {
        for rows in rows.chunks(1_000) {
            let insert = format!(
                "INSERT INTO {table} SELECT r.* FROM unnest($1::text[]) AS it (row), \
                 jsonb_populate_record(NULL::{table}, it.row::jsonb) AS r"
            );
            sqlx::query(AssertSqlSafe(insert)).bind(rows).execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(Restored::Written)
}

/// Rows as JSON, in which bytes are hexadecimal and times keep their microseconds.
async fn rows(db: &mut PgConnection, table: &str, order: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query("SET LOCAL timezone TO 'UTC'").execute(&mut *db).await?;
    let select = format!("SELECT to_jsonb(it)::text FROM {table} AS it ORDER BY {order}");
    sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(db).await
}

pub(crate) fn read(
    copy: &VaultCopy,
    chain: &Path,
    identities: &[Identity],
) -> Result<Vec<Vec<String>>, BackupError> {
    let path = chain.join(&copy.file.name);
    let mut text = String::new();
    let read = copy.file.open(chain, identities)?.read_to_string(&mut text);
    read.map_err(file(&path))?;
    let damaged = || BackupError::Damaged { path: path.clone(), what: "its tables are not whole" };
    let mut lines = text.lines();
    let mut tables = Vec::new();
    for (table, _) in TABLES {
        let head = lines.next().and_then(|it| it.strip_prefix(table)).ok_or_else(damaged)?;
        let count: usize = head.trim().parse().map_err(|_| damaged())?;
        let rows: Vec<String> = lines.by_ref().take(count).map(str::to_owned).collect();
        if rows.len() < count {
            return Err(damaged());
        }
        tables.push(rows);
    }
    Ok(tables)
}
