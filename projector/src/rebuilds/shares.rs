//! A chunk, shared by the projection's keys: each share is applied by a worker of its own, side by side, in a transaction
//! with the worker's place in the log.
//!
//! The build's checkpoint is moved when all are done. Whoever finds it with workers ahead of it reads the chunk again, and
//! each takes what it does not have yet: a kill costs a share.
use std::collections::BTreeSet;
use std::sync::Arc;

use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Stop;
use super::lease::Lease;
use super::replay::Rebuild;
use crate::builds::Build;
use crate::live::without;
use crate::parking::fault::{Fault, fault};
use crate::projection::Projection;

/// What one worker has of a chunk.
pub(super) struct Share {
    worker: u8,
    pub events: Vec<Recorded>,
}

/// What a worker works with.
#[derive(Clone)]
struct Workplace {
    db: PgPool,
    projection: Arc<dyn Projection>,
    build: Build,
    lease: Lease,
    skipped: Arc<BTreeSet<Uuid>>,
}

/// Why a share was not applied, and was rolled back.
enum Failed {
    Events(FollowError),
    Otherwise(Stop),
}

impl From<FollowError> for Failed {
    fn from(error: FollowError) -> Self {
        if fault(&error) == Fault::Event {
            Self::Events(error)
        } else {
            Self::Otherwise(error.into())
        }
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        FollowError::from(error).into()
    }
}

impl Rebuild<'_> {
    /// Applies a chunk as so many workers, and returns its events: in order within each key, and not beyond that.
    ///
    /// Every share is tried, whatever becomes of the others: the culprit is then the first there is.
    pub(super) async fn share(
        &self,
        build: &Build,
        events: Vec<Recorded>,
    ) -> Result<Vec<Recorded>, Stop> {
        let place = Workplace {
            db: self.projector.db.clone(),
            projection: Arc::clone(self.projection),
            build: build.clone(),
            lease: self.lease.clone(),
            skipped: Arc::clone(&self.skipped),
        };
        let mut working = JoinSet::new();
        for share in self.divide(events) {
            let place = place.clone();
            working.spawn(async move { (place.apply(&share).await, share) });
        }
        let (mut done, mut failed) = (vec![], vec![]);
        while let Some(it) = working.join_next().await {
            match it.unwrap_or_else(|it| std::panic::resume_unwind(it.into_panic())) {
                (Ok(()), share) => done.extend(share.events),
                (Err(Failed::Events(error)), share) => failed.push((share, error)),
                (Err(Failed::Otherwise(stop)), _) => return Err(stop),
            }
        }
        if failed.is_empty() { Ok(done) } else { Err(self.stop_at_shares(build, failed).await) }
    }

    fn divide(&self, events: Vec<Recorded>) -> impl Iterator<Item = Share> {
        let mut shares: Vec<Vec<Recorded>> = (0..self.lease.workers).map(|_| vec![]).collect();
        for event in events {
            let worker = self.projection.key(&event).map_or(0, |it| worker(it, self.lease.workers));
            shares[usize::from(worker)].push(event);
        }
        let shares = (0..).zip(shares).filter(|(_, events)| !events.is_empty());
        shares.map(|(worker, events)| Share { worker, events })
    }
}

impl Workplace {
    async fn apply(&self, share: &Share) -> Result<(), Failed> {
        let mut tx = self.db.begin().await?;
        sqlx::query_file!("src/rebuilds/do_not_wait.sql").execute(&mut *tx).await?;
        let from = share.lock(&mut tx, &self.build).await?;
        let seen = share.events.partition_point(|it| it.position <= from);
        let Some(last) = share.events[seen..].last() else { return Ok(()) };
        self.build.enter(&mut tx).await?;
        let events = without(&share.events[seen..], &self.skipped);
        self.projection.apply(&mut tx, &events).await?;
        let Build { projection, number } = &self.build;
        let (worker, position) = (i16::from(share.worker), last.position.cast_signed());
        sqlx::query_file!("src/rebuilds/move_worker.sql", projection, number, worker, position)
            .execute(&mut *tx)
            .await?;
        self.lease.hold(&mut tx).await.map_err(Failed::Otherwise)?;
        tx.commit().await?;
        Ok(())
    }
}

impl Share {
    /// Locks its worker's place in the log until the transaction ends; before the first event, if it is new here.
    pub async fn lock(
        &self,
        db: &mut PgConnection,
        Build { projection, number }: &Build,
    ) -> Result<Position, sqlx::Error> {
        let worker = i16::from(self.worker);
        let place =
            sqlx::query_file_scalar!("src/rebuilds/lock_worker.sql", projection, number, worker);
        Ok(place.fetch_one(db).await?.cast_unsigned())
    }
}

/// Whose a key is, of so many. FNV-1a, 64 bits: whoever goes on with a rebuild has to find the same, whatever it was
/// compiled with.
fn worker(key: &str, of: u8) -> u8 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of what differs in its last bytes only are alike.
    u8::try_from((hash >> 32) % u64::from(of)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::worker;

    #[test]
    fn whose_a_key_is_is_the_same_in_every_version() {
        let days = (1..=9).map(|it| format!("courtday-7FK2-2026-03-0{it}"));
        let workers: Vec<u8> = days.map(|it| worker(&it, 3)).collect();
        assert_eq!(workers, [2, 2, 1, 2, 1, 1, 0, 1, 0]);
        assert_eq!(worker("", 8), 4);
        assert_eq!(worker("anything", 1), 0);
    }
}
