//! A new build compared with the live one, table by table, in a snapshot that shows both at one position.
mod table;

use std::time::{Duration, Instant};

use event_store::Position;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction};

use super::Stop;
use super::replay::Rebuild;
use super::switch::in_step;
use crate::builds::{Build, Standing};

use table::Table;

/// A table that is not the same in both builds. It says where they differ and never with which values: some of them are
/// personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub table: String,
    pub live_rows: i64,
    pub new_rows: i64,
    /// Columns that only one of the two has.
    pub columns: Vec<String>,
    /// The first rows that differ in what both have, by key.
    pub rows: Vec<DifferingRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferingRow {
    pub key: Value,
    /// `live`, `new` or `both`: which builds have it.
    pub is_in: String,
    /// Where both have it: what is different in it.
    pub columns: Vec<String>,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are the same, or may differ.
    Same,
    /// The build stands beside the live one until an operator says what is to become of it.
    Differs,
    /// The new build failed to keep up with the live one: there was nothing to compare.
    OutOfStep,
}

/// What a snapshot shows.
enum Seen {
    Differences(Vec<Difference>),
    OutOfStep,
    /// The live build is not where the new one is already.
    Behind,
}

/// How often to look whether the live build has come as far as the new one; mostly it is there.
const LOOK: Duration = Duration::from_millis(100);
/// After this long operators hear of it.
const PATIENCE: Duration = Duration::from_secs(30);

impl Rebuild<'_> {
    /// Compares two builds in lockstep, if that was asked for.
    pub(super) async fn verify(&self, build: &Build, live: &Build) -> Result<Verdict, Stop> {
        if !self.lease.verifies {
            return Ok(Verdict::Same);
        }
        let begun = Instant::now();
        let mut told = false;
        loop {
            match self.compare(build, live).await? {
                Seen::Differences(found) => return self.judge(build, &found).await,
                Seen::OutOfStep => return Ok(Verdict::OutOfStep),
                Seen::Behind => {}
            }
            if !told && PATIENCE < begun.elapsed() {
                told = true;
                let projection = &build.projection;
                tracing::warn!(projection, "a comparison waits for the live build to catch up");
            }
            self.insist_on_going_on().await?;
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn judge(&self, build: &Build, found: &[Difference]) -> Result<Verdict, Stop> {
        let mut tx = self.projector.db.begin().await?;
        self.lease.hold(&mut tx).await?;
        // Asked with the row locked: an operator who accepts later finds it standing.
        let stands = sqlx::query_file_scalar!(
            "src/rebuilds/compared.sql",
            self.lease.id,
            Json(found) as _,
            found.is_empty()
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        let (id, Build { projection, number }) = (self.lease.id, build);
        if found.is_empty() {
            tracing::info!(%id, projection, build = number, "as the live build");
        }
        for Difference { table, live_rows, new_rows, columns, rows } in found {
            let rows = rows.iter().map(|it| it.key.to_string()).collect::<Vec<_>>().join(" ");
            tracing::warn!(
                %id, projection, build = number, table, live_rows, new_rows, ?columns, rows,
                "differs from the live build"
            );
        }
        Ok(if stands { Verdict::Differs } else { Verdict::Same })
    }

    async fn compare(&self, build: &Build, live: &Build) -> Result<Seen, Stop> {
        let head = self.projector.store().head().await?;
        let mut tx = snapshot(self).await?;
        if !in_step(&mut tx, build, live).await? {
            return Ok(Seen::OutOfStep);
        }
        let (there, here) = (place(&mut tx, live).await?, place(&mut tx, build).await?);
        if there.log != here.log || head < there.position {
            let why = "the live build is of another log: there is nothing to compare with";
            return Err(Stop::Hopeless(why.to_owned()));
        }
        if there.position != here.position {
            return Ok(Seen::Behind);
        }
        let (old, new) = (live.schema(), build.schema());
        let names = sqlx::query_file_scalar!("src/rebuilds/tables.sql", old, new)
            .fetch_all(&mut *tx)
            .await?;
        let mut found = vec![];
        for name in names {
            found.extend(Table::of(&mut tx, name, &old, &new).await?.compare(&mut tx).await?);
        }
        Ok(Seen::Differences(found))
    }
}

async fn snapshot(rebuild: &Rebuild<'_>) -> Result<PgTransaction<'static>, sqlx::Error> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    rebuild.projector.db.begin_with(begin).await
}

async fn place(db: &mut PgConnection, build: &Build) -> Result<Standing, sqlx::Error> {
    let row = sqlx::query_file!("src/rebuilds/place.sql", build.checkpoint()).fetch_one(db).await?;
    let position: Position = row.position.cast_unsigned();
    Ok(Standing { log: event_store::LogId(row.log_id), position })
}
