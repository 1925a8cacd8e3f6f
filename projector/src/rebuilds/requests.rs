//! What operators asked for and what came of it, read from the log into rows.
use std::sync::Arc;

use async_trait::async_trait;
use domain::projections::ProjectionEvent;
use event_store::{LogId, Position, Recorded, Store};
use jiff::Timestamp;
use runtime::follow::{FollowError, Follower};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, PgTransaction};
use tokio::sync::Notify;
use uuid::Uuid;

use super::wishes::{What, Wish};
use crate::projection::read;

/// Keeps table `rebuilds`.
pub(crate) struct Requests {
    /// Told when there may be something to do.
    pub news: Arc<Notify>,
}

/// Its checkpoint.
const NAME: &str = "rebuilds";

/// Streams of projections begin like this.
const PROJECTIONS: &str = "projection-";

/// Who ends a rebuild that failed; whoever else ends one aborts it.
pub(super) const ACTOR: &str = "system:projector";

#[derive(Serialize)]
struct Request<'a> {
    id: Uuid,
    projection: &'a str,
    event: Uuid,
    requested_at: Timestamp,
    requested_by: Option<&'a str>,
    workers: u8,
    verifies: bool,
}

#[derive(Serialize)]
struct End {
    id: Uuid,
    state: &'static str,
    finished_at: Timestamp,
    error: Option<String>,
}

#[async_trait]
impl Follower for Requests {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let Folded { requests, accepted, ends, wishes } = fold(events)?;
        for wish in &wishes {
            wish.write(tx).await?;
        }
        if !requests.is_empty() {
            sqlx::query_file!("src/rebuilds/request.sql", Json(&requests) as _)
                .execute(&mut **tx)
                .await?;
        }
        if !accepted.is_empty() {
            sqlx::query_file!("src/rebuilds/accept.sql", &accepted).execute(&mut **tx).await?;
        }
        if !ends.is_empty() {
            // First the locks, then the question whether a switch was faster: asked in one statement, it would be
            // answered from before the wait for the lock.
            let ids: Vec<Uuid> = ends.iter().map(|it| it.id).collect();
            sqlx::query_file!("src/rebuilds/lock.sql", &ids).fetch_all(&mut **tx).await?;
            sqlx::query_file!("src/rebuilds/end.sql", Json(&ends) as _).execute(&mut **tx).await?;
        }
        let nothing =
            requests.is_empty() && accepted.is_empty() && ends.is_empty() && wishes.is_empty();
        if !nothing {
            // Told before the commit: who looks too early looks again a second later.
            self.news.notify_one();
        }
        Ok(())
    }
}

/// What a batch says about rebuilds, and about projections as a whole.
struct Folded<'a> {
    requests: Vec<Request<'a>>,
    /// Rebuilds that may differ from what is live.
    accepted: Vec<Uuid>,
    ends: Vec<End>,
    wishes: Vec<Wish<'a>>,
}

fn fold(events: &[Recorded]) -> Result<Folded<'_>, FollowError> {
    let mut folded = Folded { requests: vec![], accepted: vec![], ends: vec![], wishes: vec![] };
    let Folded { requests, accepted, ends, wishes } = &mut folded;
    for event in events {
        let Some(projection) = event.stream.strip_prefix(PROJECTIONS) else {
            continue;
        };
        let at = event.meta.at;
        match read(event)? {
            ProjectionEvent::RebuildRequested { rebuild, how } => requests.push(Request {
                id: rebuild,
                projection,
                event: event.id,
                requested_at: at,
                requested_by: event.meta.actor.as_deref(),
                workers: how.workers,
                verifies: how.verifies,
            }),
            ProjectionEvent::DifferencesAccepted { rebuild } => accepted.push(rebuild),
            ProjectionEvent::Switched { rebuild } => {
                ends.push(End { id: rebuild, state: "switched", finished_at: at, error: None });
            }
            ProjectionEvent::Aborted { rebuild, reason } => {
                let failed = event.meta.actor.as_deref() == Some(ACTOR);
                let state = if failed { "failed" } else { "aborted" };
                ends.push(End { id: rebuild, state, finished_at: at, error: Some(reason) });
            }
            // The builds that have it parked see to these themselves.
            ProjectionEvent::RetryRequested { .. } | ProjectionEvent::Skipped { .. } => {}
            ProjectionEvent::Paused { reason } => {
                let by = event.meta.actor.as_deref();
                wishes.push(Wish { projection, at, what: What::Pause { by, reason } });
            }
            ProjectionEvent::Resumed {} => {
                wishes.push(Wish { projection, at, what: What::Resume });
            }
            ProjectionEvent::DropOldRequested {} => {
                wishes.push(Wish { projection, at, what: What::DropOld });
            }
        }
    }
    Ok(folded)
}

/// Whether all requests up to `position` are rows, and those that are over marked as such.
pub(super) async fn have_read(db: &PgPool, position: Position) -> Result<bool, sqlx::Error> {
    let read =
        sqlx::query_file_scalar!("src/rebuilds/position.sql", NAME).fetch_optional(db).await?;
    Ok(read.is_some_and(|it| position <= it.cast_unsigned()))
}

/// Makes sure that there is a checkpoint, and that it is of this log.
///
/// After the store was exchanged or restored, projections wait until they are rebuilt; that rebuild must be possible
/// to ask for, so this one begins again by itself. Its rows have ids of their own: read twice they stay the same. Pauses
/// go, for this log may know nothing of them: what it does know is paused again.
pub(crate) async fn prepare(db: &PgPool, store: &Store, log: LogId) -> Result<(), FollowError> {
    let head = store.head().await?;
    let mut tx = db.begin().await?;
    let begun = sqlx::query_file!("src/rebuilds/prepare.sql", NAME, log.0, head.cast_signed())
        .execute(&mut *tx)
        .await?;
    // With the checkpoint locked, so that no batch in hand pauses anything afterwards.
    if begun.rows_affected() != 0 {
        sqlx::query_file!("src/rebuilds/resume_all.sql").execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Has everything read again that operators asked for, and forgets that a projection is paused until its pause is met,
/// if there still is one. A restored log that has outgrown the checkpoint since looks like the one that was read.
pub(crate) async fn read_again(db: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/builds/move.sql", NAME, 0_i64).execute(&mut *db).await?;
    sqlx::query_file!("src/rebuilds/resume.sql", projection).execute(db).await?;
    Ok(())
}
