//! Applies events to fresh tables, cut into batches in every way that matters, and compares the rows.
use std::collections::BTreeSet;
use std::sync::Arc;

use event_store::Recorded;
use projector::projection::Projection;
use projector::projections;
use prometheus_client::metrics::counter::Counter;
use runtime::causes;
use runtime::follow::FollowError;
use runtime::migrations;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use testing::Scratch;
use vault::Vault;

pub const KEK: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// One projection on a database of its own.
pub struct Bench {
    read: Scratch,
    vault_db: Scratch,
    pub vault: Vault,
    pub overlaps: Counter,
    projection: Arc<dyn Projection>,
}

impl Bench {
    pub async fn of(name: &str) -> Self {
        let read = Scratch::new(&migrations::READ).await;
        let vault_db = Scratch::new(&vault::MIGRATOR).await;
        let vault = Vault::new(vault_db.pool.clone(), &KEK.to_owned().into()).expect("a key");
        let overlaps = Counter::default();
        let mut all = projections::all(&vault, &overlaps);
        all.retain(|it| it.name() == name);
        let projection = all.pop().expect("a projection of this name");
        Self { read, vault_db, vault, overlaps, projection }
    }

    /// Checks what `view` shows after `events`: applied at once, one by one, in two parts cut anywhere, and key by
    /// key.
    pub async fn check(&self, claim: &str, events: &[Recorded], view: &str, rows: Value) {
        self.check_columns(claim, events, view, &["*"], &rows).await;
    }

    pub async fn check_columns(
        &self,
        claim: &str,
        events: &[Recorded],
        view: &str,
        columns: &[&str],
        rows: &Value,
    ) {
        let mut db = self.read.pool.acquire().await.expect("a connection");
        let mut cuts: Vec<Vec<&[Recorded]>> = vec![events.chunks(1).collect()];
        cuts.extend((0..=events.len()).map(|at| {
            let (first, second) = events.split_at(at);
            vec![first, second]
        }));
        for batches in cuts {
            let sizes: Vec<usize> = batches.iter().map(|it| it.len()).collect();
            self.fresh(&mut db).await;
            for batch in batches {
                self.apply(&mut db, batch).await.unwrap_or_else(|error| {
                    panic!("{claim}, in batches of {sizes:?}: {}", causes(&error))
                });
            }
            assert_eq!(
                show(&mut db, view, columns).await,
                *rows,
                "{claim}, in batches of {sizes:?}"
            );
        }
        if let Some(shares) = self.share(&mut db, events).await {
            assert_eq!(show(&mut db, view, columns).await, *rows, "{claim}, in {shares} shares");
        }
    }

    /// The same, shared by the projection's keys: each share goes its own way to the end, the last one first, and what
    /// knows no keys comes when all are there.
    async fn share(&self, db: &mut PgConnection, events: &[Recorded]) -> Option<usize> {
        let keys: Option<BTreeSet<&str>> =
            events.iter().map(|it| self.projection.key(it)).collect();
        let keys: Vec<&str> = keys?.into_iter().collect();
        self.fresh(&mut *db).await;
        for key in keys.iter().rev() {
            let share = events.iter().filter(|it| self.projection.key(it) == Some(key));
            let share: Vec<Recorded> = share.cloned().collect();
            self.projection.apply(&mut *db, &share).await.expect("a share is applied");
        }
        self.projection.forget(&mut *db, events).await.expect("an erasure");
        Some(keys.len())
    }

    /// Checks that `events` are refused, and with which words.
    pub async fn refuses(&self, claim: &str, events: &[Recorded], words: &str) {
        let mut db = self.read.pool.acquire().await.expect("a connection");
        self.fresh(&mut db).await;
        let Err(error) = self.apply(&mut db, events).await else {
            panic!("{claim}: was applied");
        };
        let text = causes(&error);
        assert!(text.contains(words), "{claim}: {text}");
    }

    /// As a disk does it: no key, nothing in memory, and nobody who destroyed it.
    pub async fn lose_key_of(&self, subject: &str) {
        self.vault.destroy(subject, None).await.expect("no key");
        let forget = sqlx::query("DELETE FROM tombstones WHERE subject = $1").bind(subject);
        forget.execute(&self.vault_db.pool).await.expect("no tombstone");
    }

    pub async fn connection(&self) -> sqlx::pool::PoolConnection<sqlx::Postgres> {
        self.read.pool.acquire().await.expect("a connection")
    }

    /// Makes the tables in the first schema of the search path.
    pub async fn create(&self, db: &mut PgConnection) {
        sqlx::raw_sql(self.projection.create()).execute(db).await.expect("fresh tables");
    }

    pub async fn apply(
        &self,
        db: &mut PgConnection,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        self.projection.apply(db, events).await?;
        self.projection.forget(db, events).await?;
        self.projection.inspect(db, events).await
    }

    async fn fresh(&self, db: &mut PgConnection) {
        let tables = "SET client_min_messages = warning; DROP SCHEMA IF EXISTS fresh CASCADE; \
                      CREATE SCHEMA fresh; SET search_path TO fresh, public";
        let Self { projection, .. } = self;
        for sql in [tables, projection.create(), projection.indexes(), projection.views()] {
            sqlx::raw_sql(sql).execute(&mut *db).await.expect("fresh tables");
        }
    }
}

async fn show(db: &mut PgConnection, view: &str, columns: &[&str]) -> Value {
    sqlx::raw_sql("SET timezone TO 'UTC'").execute(&mut *db).await.expect("a setting");
    let columns = columns.join(", ");
    let sql = format!(
        "SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') FROM (SELECT {columns} FROM (SELECT * FROM {view} AS r ORDER BY r) AS v) AS v"
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await.expect("rows")
}
