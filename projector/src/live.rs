//! The live build follows the log; a build in lockstep is taken along in the same transaction.
//!
//! **Invariant:** in every snapshot taken since lockstep began, the new build has come at least as far as the live
//! one. A query that read the live position and then meets views that have just been switched therefore never sees
//! less than the position it answers with.
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use event_store::{Executor, Position, Recorded};
use runtime::causes;
use runtime::follow::{FollowError, Follower};
use sqlx::{Acquire, PgConnection, PgPool, PgTransaction};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::builds::Build;
use crate::metrics::Measures;
use crate::parking::Parking;
use crate::projection::{Projection, apply};

/// Keeps one build of one projection in step with the log, as long as that build is the live one.
pub(crate) struct Live {
    projection: Arc<dyn Projection>,
    build: Build,
    checkpoint: String,
    db: PgPool,
    measures: Measures,
    parking: Parking,
    /// Told when the build turns out to be live no more.
    over: Arc<Notify>,
}

impl Live {
    pub fn new(
        projection: Arc<dyn Projection>,
        build: Build,
        db: PgPool,
        executor: Executor,
        measures: Measures,
        over: Arc<Notify>,
    ) -> Self {
        let checkpoint = build.checkpoint();
        let parking = Parking::new(Arc::clone(&projection), build.clone(), executor);
        Self { projection, build, checkpoint, db, measures, parking, over }
    }

    /// Says no more that it waits.
    async fn calm(&self, db: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query_file!("src/live/calm.sql", self.build.projection, self.build.number)
            .execute(db)
            .await?;
        Ok(())
    }

    /// Applies to the new build what it does not have yet. Its failure throws it out of lockstep and is no
    /// failure of the live build.
    async fn take_along(
        &self,
        tx: &mut PgTransaction<'static>,
        next: &Build,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let mut inner = tx.begin().await?;
        let outcome = match self.parking.given_up().await {
            Ok(skipped) => {
                catch_up(&mut inner, self.projection.as_ref(), next, events, &skipped).await
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => inner.commit().await?,
            Err(error) => {
                inner.rollback().await?;
                let why = causes(&error);
                tracing::warn!(
                    projection = next.projection,
                    build = next.number,
                    why,
                    "out of lockstep"
                );
                sqlx::query_file!("src/live/expel.sql", next.projection, next.number, why)
                    .execute(&mut **tx)
                    .await?;
            }
        }
        Ok(())
    }

    /// Says in the build's row why it waits before the event at `first`.
    ///
    /// In a transaction of its own, for the batch's is lost; and when that is over, for it may have locked this very row.
    async fn complain(&self, first: Position, error: &FollowError) {
        let Build { projection, number } = &self.build;
        let told = sqlx::query_file!(
            "src/live/complain.sql",
            projection,
            *number,
            causes(error),
            self.checkpoint,
            first.cast_signed()
        )
        .execute(&self.db)
        .await;
        if let Err(error) = told {
            tracing::warn!(
                projection,
                error = &error as &dyn std::error::Error,
                "cannot say why the projection waits"
            );
        }
    }
}

#[async_trait]
impl Follower for Live {
    fn name(&self) -> &str {
        &self.checkpoint
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        // The checkpoint's row is locked by having been moved. Whoever begins lockstep or switches locks it too, so
        // what is read here stays true until we commit.
        let Build { projection, number } = &self.build;
        let path = self.build.path();
        let here = sqlx::query_file!("src/live/standing.sql", projection, *number, path)
            .fetch_optional(&mut **tx)
            .await?;
        let Some(here) = here.filter(|it| it.is_live) else {
            // Another follower has the word.
            self.over.notify_one();
            let over = format!("build {number} of {projection} is not the live one any more");
            return Err(FollowError::Resting(over));
        };
        if here.is_paused {
            return Err(FollowError::Resting(format!("an operator has paused {projection}")));
        }
        let parked = here.keys.into_iter().collect();
        self.parking.apply(tx, events, parked).await?;
        if here.complains {
            self.calm(tx).await?;
        }
        if let Some(next) = here.next {
            self.take_along(tx, &Build::new(projection, next), events).await?;
        }
        Ok(())
    }

    fn committed(&self, events: &[Recorded]) {
        self.parking.committed();
        self.measures.applied(self.projection.name(), events.len());
    }

    async fn failed(&self, events: &[Recorded], error: &FollowError) {
        if matches!(error, FollowError::Resting(_)) {
            return;
        }
        if let Some(first) = events.first() {
            self.complain(first.position, error).await;
        }
    }
}

/// Applies to a build those of `events` that lie after its checkpoint and were not given up, and moves it.
pub(crate) async fn catch_up(
    db: &mut PgConnection,
    projection: &dyn Projection,
    build: &Build,
    events: &[Recorded],
    skipped: &BTreeSet<Uuid>,
) -> Result<(), FollowError> {
    let from = build.lock(db).await?.position;
    let seen = events.partition_point(|it| it.position <= from);
    let events = &events[seen..];
    let Some(last) = events.last() else {
        return Ok(());
    };
    build.enter(db).await?;
    apply(db, projection, &without(events, skipped)).await?;
    build.move_to(db, last.position).await?;
    Ok(())
}

/// Events but those that operators have given up.
pub(crate) fn without<'a>(events: &'a [Recorded], skipped: &BTreeSet<Uuid>) -> Cow<'a, [Recorded]> {
    if events.iter().any(|it| skipped.contains(&it.id)) {
        Cow::Owned(events.iter().filter(|it| !skipped.contains(&it.id)).cloned().collect())
    } else {
        Cow::Borrowed(events)
    }
}
