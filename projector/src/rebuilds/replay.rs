//! The log, replayed into a new build until it goes in lockstep with the live one.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::ahead::Ahead;
use super::lease::Lease;
use super::{Stop, culprit, tidy};
use crate::Projector;
use crate::builds::{self, Build, Standing};
use crate::live::{catch_up, without};
use crate::projection::Projection;

/// A rebuild in our hands.
pub(super) struct Rebuild<'a> {
    pub projector: &'a Projector,
    pub projection: &'a Arc<dyn Projection>,
    pub lease: &'a Lease,
    /// Events that operators have given up.
    pub skipped: Arc<BTreeSet<Uuid>>,
}

impl Rebuild<'_> {
    /// Returns the build to fill: the one somebody has begun, or a new one.
    pub async fn begin(&self) -> Result<Build, Stop> {
        if let Some(number) = self.lease.build {
            return Ok(Build::new(self.projection.name(), number));
        }
        let mut tx = self.projector.db.begin().await?;
        builds::alone(&mut tx, self.projection.name()).await?;
        self.lease.hold(&mut tx).await?;
        culprit::forget(&mut tx, self.projection.name()).await?;
        // The rebuild before may have been read as ended after we last tidied up, and a projection has one at a time.
        tidy::abandon(&mut tx).await?;
        let build = builds::make(&mut tx, self.projection.as_ref(), self.projector.log).await?;
        sqlx::query_file!("src/rebuilds/begin.sql", self.lease.id, build.number)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(build)
    }

    /// Applies chunk after chunk until the rest is less than one.
    pub async fn replay(&self, build: &Build) -> Result<(), Stop> {
        let begun = Instant::now();
        let mut done = 0;
        let after = self.standing(build).await?.position;
        let mut ahead =
            Ahead::new(self.projector.store().clone(), after, self.projector.pace.chunk);
        loop {
            self.insist_on_going_on().await?;
            let events = ahead.next().await?;
            if events.is_empty() {
                return Ok(());
            }
            done += events.len();
            self.apply(build, events, per_second(done, begun)).await?;
        }
    }

    /// Makes the indexes that a rebuild does without until the rows are there.
    pub async fn index(&self, build: &Build) -> Result<(), Stop> {
        let mut tx = self.projector.db.begin().await?;
        build.index(&mut tx, self.projection.as_ref()).await?;
        self.lease.hold(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn insist_on_going_on(&self) -> Result<(), Stop> {
        let paused = sqlx::query_file_scalar!("src/rebuilds/paused.sql", self.projection.name())
            .fetch_one(&self.projector.db)
            .await?;
        if paused { Err(Stop::Paused) } else { Ok(()) }
    }

    /// One chunk: rows, checkpoint, progress and the proof that the rebuild is still ours, all or nothing. Where it is
    /// shared, the rows are there before, with the workers' own places.
    async fn apply(&self, build: &Build, events: Vec<Recorded>, rate: f64) -> Result<(), Stop> {
        let (chunk, last) = (events.len(), events.last().map_or(0, |it| it.position));
        let head = self.projector.store().head().await?;
        let is_shared =
            1 < self.lease.workers && events.iter().all(|it| self.projection.key(it).is_some());
        let events = if is_shared { self.share(build, events).await? } else { events };
        let mut tx = self.projector.db.begin().await?;
        // Rows and checkpoint are lost together or not at all, so nobody need wait for the disk.
        sqlx::query_file!("src/rebuilds/do_not_wait.sql").execute(&mut *tx).await?;
        if is_shared {
            if let Err(error) = self.conclude(&mut tx, build, &events, last).await {
                tx.rollback().await?;
                return Err(self.stop_where_it_says(build, &events, error).await);
            }
        } else if let Err(error) = self.catch_up(&mut tx, build, &events).await {
            tx.rollback().await?;
            return Err(self.stop_at(build, &events, error).await);
        }
        self.lease.hold(&mut tx).await?;
        self.progress(&mut tx, chunk, head.saturating_sub(last), Some(rate)).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn catch_up(
        &self,
        tx: &mut PgTransaction<'static>,
        build: &Build,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        catch_up(tx, self.projection.as_ref(), build, events, &self.skipped).await
    }

    /// Moves the build to where all of its workers are. Erasures know no keys: now that every row of the chunk is there and
    /// nobody else writes any, none is missed.
    async fn conclude(
        &self,
        tx: &mut PgTransaction<'static>,
        build: &Build,
        events: &[Recorded],
        last: Position,
    ) -> Result<(), FollowError> {
        build.lock(tx).await?;
        build.enter(tx).await?;
        self.projection.forget(tx, &without(events, &self.skipped)).await?;
        build.move_to(tx, last).await?;
        Ok(())
    }

    /// Brings the build exactly as far as the live one, which cannot move meanwhile, and joins the two.
    ///
    /// Returns false, having done nothing, if there is more left than fits into one transaction.
    pub async fn join(&self, build: &Build, live: &Build) -> Result<bool, Stop> {
        let mut tx = self.projector.db.begin().await?;
        let goal = self.goal(live.lock(&mut tx).await?).await?;
        let from = build.lock(&mut tx).await?.position;
        let mut done = 0;
        if from < goal {
            let mut events =
                self.projector.store().read_all(from, self.projector.pace.chunk).await?;
            events.retain(|it| it.position <= goal);
            if events.last().is_none_or(|it| it.position < goal) {
                return Ok(false);
            }
            if let Err(error) = self.catch_up(&mut tx, build, &events).await {
                tx.rollback().await?;
                return Err(self.stop_at(build, &events, error).await);
            }
            done = events.len();
        }
        self.lease.hold(&mut tx).await?;
        self.progress(&mut tx, done, 0, None).await?;
        sqlx::query_file!("src/rebuilds/join.sql", self.lease.id, build.projection, build.number)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How far the live build has come; nowhere, if its position means nothing in this log.
    async fn goal(&self, live: Standing) -> Result<Position, Stop> {
        let head = self.projector.store().head().await?;
        let comparable = live.log == self.projector.log && live.position <= head;
        Ok(if comparable { live.position } else { 0 })
    }

    async fn standing(&self, build: &Build) -> Result<Standing, Stop> {
        let mut db = self.projector.db.acquire().await?;
        Ok(build.lock(&mut db).await?)
    }

    async fn progress(
        &self,
        tx: &mut PgTransaction<'static>,
        events: usize,
        left: Position,
        rate: Option<f64>,
    ) -> Result<(), Stop> {
        let db: &mut PgConnection = tx;
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        sqlx::query_file!(
            "src/rebuilds/progress.sql",
            self.lease.id,
            events,
            left.cast_signed(),
            rate
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to look at")]
fn per_second(events: usize, since: Instant) -> f64 {
    events as f64 / since.elapsed().as_secs_f64().max(1e-6)
}
