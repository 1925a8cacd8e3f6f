//! What a projection is: tables, views on them, and what a batch of events does to the rows.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::stored::StoredEvent;
use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use sqlx::PgConnection;

/// Turns events into rows.
///
/// **Invariant:** the rows depend on the events and their order alone, never on how they were cut into batches:
/// that is why a rebuild ends where the live projection is.
#[async_trait]
pub trait Projection: Send + Sync {
    /// The name that operators know it by, and the first part of its schemas' names.
    fn name(&self) -> &'static str;

    /// What an event's rows belong to. Events of different keys change different rows, so that one of them may be applied
    /// late, and keys side by side. `None`: what it changes depends on everything before it.
    fn key<'a>(&self, event: &'a Recorded) -> Option<&'a str> {
        Some(&event.stream)
    }

    /// Makes the tables, in the first schema of the search path, with what [`Self::apply`] needs of keys and indexes.
    fn create(&self) -> &'static str;

    /// Makes the indexes that only queries need, or lets them be where they are: a rebuild does it once the rows are there.
    fn indexes(&self) -> &'static str {
        ""
    }

    /// Makes the views in schema `public`, or lets them stand on the tables of the first schema of the search path.
    fn views(&self) -> &'static str;

    /// Says what `events` are about to change, for those who listen. Called before [`Self::apply`] and in the same
    /// transaction, of the live build alone: what a rebuild reads again is no news, nor what was parked and comes late.
    async fn announce(
        &self,
        _db: &mut PgConnection,
        _build: i32,
        _events: &[Recorded],
    ) -> Result<(), FollowError> {
        Ok(())
    }

    /// Looks for what must never be in what `events` have left. Called after [`Self::apply`] and in the same transaction, of
    /// the live build alone: a rebuild reads again what was looked at.
    async fn inspect(
        &self,
        _db: &mut PgConnection,
        _events: &[Recorded],
    ) -> Result<(), FollowError> {
        Ok(())
    }

    /// Does to rows of any key what an erasure asks for. Called after [`Self::apply`], in the same transaction or in one that
    /// sees all rows of `events` and of those before; done twice it comes to the same.
    async fn forget(
        &self,
        _db: &mut PgConnection,
        _events: &[Recorded],
    ) -> Result<(), FollowError> {
        Ok(())
    }

    /// Applies a batch: folds it, then writes set-wise. Events of no interest are passed over in silence; one of a
    /// stream of interest that cannot be read is an error: see `crate::parking`.
    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError>;
}

/// Applies a batch, whatever the keys of the rows that it changes.
pub(crate) async fn apply(
    db: &mut PgConnection,
    projection: &dyn Projection,
    events: &[Recorded],
) -> Result<(), FollowError> {
    projection.apply(db, events).await?;
    projection.forget(db, events).await
}

/// Reads an event as one of `E`. What this build does not know may matter: it is an error, never passed over.
pub(crate) fn read<E: StoredEvent>(event: &Recorded) -> Result<E, FollowError> {
    E::read(&event.kind, &event.data).map_err(|error| {
        if E::knows(&event.kind) {
            unfit(event.position, error)
        } else {
            unfit(event.position, Newer { kind: event.kind.clone(), error })
        }
    })
}

/// An event of a build that is newer than this one: the projection waits for it to take over.
#[derive(Debug, thiserror::Error)]
#[error("this build does not know {kind}: a newer one has to take over")]
pub(crate) struct Newer {
    kind: String,
    #[source]
    error: serde_json::Error,
}

/// The id in the name of an event's stream.
pub(crate) fn id<T: std::str::FromStr>(event: &Recorded, prefix: &str) -> Result<T, FollowError>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let name = event.stream.strip_prefix(prefix).unwrap_or(&event.stream);
    name.parse().map_err(|error: T::Err| unfit(event.position, error))
}

pub(crate) fn unfit(
    position: Position,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> FollowError {
    FollowError::Event { position, error: error.into() }
}

/// Events changed something that no event had made.
#[derive(Debug, thiserror::Error)]
#[error("of {wanted} changes to {table} only {met} met a row")]
struct Unmet {
    table: &'static str,
    wanted: usize,
    met: u64,
}

/// Adds what an event did to a row to what those before it in the batch did; `both` puts two together, in this order.
pub(crate) fn then<K: Ord, C>(
    changes: &mut BTreeMap<K, C>,
    key: K,
    later: C,
    both: impl FnOnce(C, C) -> C,
) {
    let change = match changes.remove(&key) {
        Some(earlier) => both(earlier, later),
        None => later,
    };
    changes.insert(key, change);
}

/// Insists that every change met its row: a change that hits nothing would be an event skipped in silence.
pub(crate) fn all_met(
    table: &'static str,
    events: &[Recorded],
    wanted: usize,
    met: u64,
) -> Result<(), FollowError> {
    if met == wanted as u64 {
        return Ok(());
    }
    let position = events.last().map_or(0, |it| it.position);
    Err(unfit(position, Unmet { table, wanted, met }))
}
