//! Whose work a rebuild is.
use std::time::Duration;

use domain::projections::MAX_WORKERS;
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Stop;

/// A rebuild that is ours until the lease runs out.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub id: Uuid,
    pub projection: String,
    /// `None` if nobody has begun yet.
    pub build: Option<i32>,
    /// The event that asked for it.
    pub event: Uuid,
    pub epoch: i64,
    /// How many share the work.
    pub workers: u8,
    /// Whether the build is compared with the live one before it is switched to.
    pub verifies: bool,
    pub lasts: Duration,
}

/// Takes the oldest rebuild of one of `projections` that is nobody's.
pub(super) async fn take(
    db: &PgPool,
    lasts: Duration,
    projections: &[String],
) -> Result<Option<Lease>, sqlx::Error> {
    let row = sqlx::query_file!("src/rebuilds/take.sql", interval(lasts), projections)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|it| Lease {
        id: it.id,
        projection: it.projection,
        build: it.build,
        event: it.event,
        epoch: it.epoch,
        workers: u8::try_from(it.workers).unwrap_or(1).clamp(1, MAX_WORKERS),
        verifies: it.verifies,
        lasts,
    }))
}

impl Lease {
    /// Renews the lease for as long as it is ours; returns when it is not.
    pub async fn keep(&self, db: &PgPool) -> Stop {
        loop {
            // A renewal may fail twice before the lease is over.
            tokio::time::sleep(self.lasts / 3).await;
            let renewed = async { self.hold(&mut *db.acquire().await?).await };
            match renewed.await {
                Err(Stop::Taken) => return Stop::Taken,
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a lease was not renewed"
                ),
                Ok(()) => {}
            }
        }
    }

    /// Insists that the rebuild is still ours, and renews the lease. Inside a transaction this is the fence: until it
    /// ends nobody else takes or ends the rebuild. Call it last, after the locks on checkpoints: so nobody waits long
    /// for the row, an abort least of all, and nobody waits in a circle.
    pub async fn hold(&self, db: &mut PgConnection) -> Result<(), Stop> {
        let held =
            sqlx::query_file!("src/rebuilds/hold.sql", self.id, self.epoch, interval(self.lasts))
                .execute(db)
                .await?;
        if held.rows_affected() == 1 { Ok(()) } else { Err(Stop::Taken) }
    }

    /// Says why it waits, and lets others have their turn before whoever takes it next. Returns whether that is news.
    pub async fn complain(
        &self,
        db: &PgPool,
        why: &str,
        wait: Duration,
    ) -> Result<bool, sqlx::Error> {
        let wait = interval(wait);
        let is_news =
            sqlx::query_file_scalar!("src/rebuilds/complain.sql", self.id, self.epoch, why, wait)
                .fetch_optional(db)
                .await?;
        Ok(is_news.unwrap_or(false))
    }

    /// Lets the next worker take it at once.
    pub async fn release(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        sqlx::query_file!("src/rebuilds/release.sql", self.id, self.epoch).execute(db).await?;
        Ok(())
    }
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
