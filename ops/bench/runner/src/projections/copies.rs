//! What Postgres takes to hand out the events a rebuild reads and to take in the rows it writes, with nothing between:
//! COPY, twice.
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::process::Command;

use crate::booking::scene::Scene;
use crate::results::short;

#[derive(Clone, Debug, Serialize)]
pub struct Copied {
    pub round: usize,
    pub projection: String,
    pub out_seconds: f64,
    pub in_seconds: f64,
}

impl Copied {
    pub fn seconds(&self) -> f64 {
        self.out_seconds + self.in_seconds
    }

    pub fn line(&self, rounds: usize) -> String {
        let (out, into) = (short(self.out_seconds), short(self.in_seconds));
        let Self { round, projection, .. } = self;
        format!("round {}/{rounds}  copies of {projection}: out {out} s, in {into} s", round + 1)
    }
}

pub struct Copies {
    psql: PathBuf,
    log: String,
    read_url: String,
    read: PgPool,
    folder: PathBuf,
}

impl Copies {
    pub async fn new(scene: &Scene, pg_bin: &Path, folder: &Path) -> anyhow::Result<Self> {
        sqlx::raw_sql("CREATE SCHEMA copied").execute(&scene.read).await?;
        Ok(Self {
            psql: pg_bin.join("psql"),
            log: scene.environment["EVENT_STORE_URL"].clone(),
            read_url: scene.environment["READ_DATABASE_URL"].clone(),
            read: scene.read.clone(),
            folder: folder.to_owned(),
        })
    }

    pub async fn measure(&self, round: usize, projection: &str) -> anyhow::Result<Copied> {
        let began = Instant::now();
        self.psql(&self.log, "COPY events TO STDOUT", Stdio::null(), Stdio::null()).await?;
        let out_seconds = began.elapsed().as_secs_f64();
        let mut in_seconds = 0.0;
        for table in self.tables(projection).await? {
            in_seconds += self.take_in(&table).await?;
        }
        Ok(Copied { round, projection: projection.to_owned(), out_seconds, in_seconds })
    }

    /// Of the live build.
    async fn tables(&self, projection: &str) -> anyhow::Result<Vec<String>> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
             JOIN builds ON schemaname = projection || '_b' || build
             WHERE projection = $1 AND state = 'live'",
        )
        .bind(projection)
        .fetch_all(&self.read)
        .await?;
        ensure!(!tables.is_empty(), "{projection} has no tables");
        Ok(tables)
    }

    /// Into a table without any index: the least that writing these rows can take.
    async fn take_in(&self, table: &str) -> anyhow::Result<f64> {
        let path = self.folder.join("rows");
        let rows = std::fs::File::create(&path)?;
        self.psql(&self.read_url, &format!("COPY {table} TO STDOUT"), Stdio::null(), rows.into())
            .await?;
        let make =
            format!("DROP TABLE IF EXISTS copied.rows; CREATE TABLE copied.rows (LIKE {table})");
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&self.read).await?;
        let rows = std::fs::File::open(&path)?;
        let began = Instant::now();
        self.psql(&self.read_url, "COPY copied.rows FROM STDIN", rows.into(), Stdio::null())
            .await?;
        let took = began.elapsed().as_secs_f64();
        std::fs::remove_file(&path)?;
        Ok(took)
    }

    async fn psql(&self, url: &str, statement: &str, from: Stdio, to: Stdio) -> anyhow::Result<()> {
        let status = Command::new(&self.psql)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
            .stdin(from)
            .stdout(to)
            .status()
            .await
            .context("psql does not start")?;
        ensure!(status.success(), "psql failed at: {statement}");
        Ok(())
    }
}
