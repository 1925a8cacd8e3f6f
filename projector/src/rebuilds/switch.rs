//! From the live build to the one in lockstep with it: one transaction that no query notices.
use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::Stop;
use super::replay::Rebuild;
use crate::builds::{self, Build};

/// How long queries may queue behind a switch that waits for its locks. Longer, and they would be slow.
const LOCK_TIMEOUT_MILLIS: u32 = 200;
/// What queries get before the next attempt.
const BREATH: Duration = Duration::from_millis(300);
/// After this long somebody holds on to a view or a snapshot: operators hear of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to look whether old snapshots are gone; most last for milliseconds.
const LOOK: Duration = Duration::from_millis(20);

/// What an attempt came to.
enum Attempt {
    Switched,
    /// Somebody holds a lock. Nothing happened.
    Locked,
    /// The new build failed to keep up with the live one. Nothing happened.
    OutOfStep,
}

impl Rebuild<'_> {
    /// Switches. Returns false if the new build must catch up first.
    pub async fn switch(&self, build: &Build, live: &Build) -> Result<bool, Stop> {
        self.outlast_snapshots().await?;
        let begun = Instant::now();
        let mut told = false;
        loop {
            match self.attempt(build, live).await? {
                Attempt::Switched => return Ok(true),
                Attempt::OutOfStep => return Ok(false),
                Attempt::Locked => {}
            }
            if !told && PATIENCE < begun.elapsed() {
                told = true;
                tracing::warn!(
                    projection = build.projection,
                    "somebody does not let go of the views"
                );
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Waits until every transaction has ended that is running now. One of them may have read the live position
    /// before lockstep began; had it then met the switched views, it would see less than it answers for.
    async fn outlast_snapshots(&self) -> Result<(), Stop> {
        let db = &self.projector.db;
        let mut running =
            sqlx::query_file_scalar!("src/rebuilds/transactions.sql").fetch_all(db).await?;
        let begun = Instant::now();
        let mut told = false;
        while !running.is_empty() {
            if !told && PATIENCE < begun.elapsed() {
                told = true;
                tracing::warn!(transactions = running.len(), "a switch waits for old transactions");
            }
            tokio::time::sleep(LOOK).await;
            running = sqlx::query_file_scalar!("src/rebuilds/still_running.sql", &running)
                .fetch_all(db)
                .await?;
        }
        Ok(())
    }

    async fn attempt(&self, build: &Build, live: &Build) -> Result<Attempt, Stop> {
        match self.switch_once(build, live).await {
            Err(Stop::Locked) => Ok(Attempt::Locked),
            outcome => outcome,
        }
    }

    async fn switch_once(&self, build: &Build, live: &Build) -> Result<Attempt, Stop> {
        let mut tx = self.projector.db.begin().await?;
        limit_locks(&mut tx).await?;
        // From here on nobody applies anything to either of the two.
        live.lock(&mut tx).await?;
        self.lease.hold(&mut tx).await?;
        if !in_step(&mut tx, build, live).await? {
            return Ok(Attempt::OutOfStep);
        }
        builds::go_live(&mut tx, self.projection.as_ref(), build).await?;
        tx.commit().await?;
        Ok(Attempt::Switched)
    }
}

/// Whether a new build keeps up with the live one, batch by batch.
pub(super) async fn in_step(
    db: &mut PgConnection,
    build: &Build,
    live: &Build,
) -> Result<bool, sqlx::Error> {
    let Build { projection, number } = build;
    sqlx::query_file_scalar!("src/rebuilds/in_step.sql", projection, number, live.number)
        .fetch_one(db)
        .await
}

/// Lets statements fail that would make others queue behind them.
pub(super) async fn limit_locks(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let limit = LOCK_TIMEOUT_MILLIS.to_string();
    sqlx::query_file!("src/rebuilds/limit_locks.sql", limit).fetch_one(db).await?;
    Ok(())
}
