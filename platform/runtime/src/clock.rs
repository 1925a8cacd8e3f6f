//! The one clock: this machine's, corrected by the database's. A demo's can be moved on.
mod demo;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sqlx::{Connection, PgConnection, PgPool};

use crate::Shutdown;

pub use demo::{DemoClock, LOOK_EVERY, NotMoved};

/// The only source of time. Cheap to clone; clones share the correction.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    // All of them in microseconds.
    offset: Arc<AtomicI64>,
    skew: Arc<AtomicI64>,
    /// Of a demo's, ahead of the true time.
    ahead: Arc<AtomicI64>,
}

/// How often the clocks are compared: a machine's drift in a minute is far below a millisecond.
const EVERY: Duration = Duration::from_mins(1);
/// The quickest of so many answers is taken: its round trip bounds the error.
const SAMPLES: usize = 3;

impl Clock {
    pub fn new() -> Self {
        Self::default()
    }

    /// Now, to the microsecond: Postgres keeps no more, and a time must survive being stored.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_micros(self.offset.load(Ordering::Relaxed));
        let now = machine_now() + offset + self.ahead();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Sets how far the database's clock is ahead of this machine's. Tests move time with it.
    pub fn correct(&self, offset: SignedDuration) {
        self.offset.store(micros(offset), Ordering::Relaxed);
    }

    /// How far a demo's clock was moved on.
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_micros(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves a demo's clock on until it is so far ahead of the true time; it is never put back.
    fn move_on_to(&self, ahead: SignedDuration) {
        self.ahead.fetch_max(micros(ahead), Ordering::Relaxed);
    }

    /// How far the database's clock was ahead of this machine's when they were last compared.
    pub fn skew(&self) -> SignedDuration {
        SignedDuration::from_micros(self.skew.load(Ordering::Relaxed))
    }

    /// Compares with the database's clock, and goes by that from now on.
    pub async fn compare(&self, db: &PgPool) -> Result<SignedDuration, sqlx::Error> {
        let mut db = db.acquire().await?;
        let mut best: Option<(Duration, SignedDuration)> = None;
        for _ in 0..SAMPLES {
            let sample = sample(&mut db).await?;
            if best.is_none_or(|it| sample.0 < it.0) {
                best = Some(sample);
            }
        }
        let skew = best.map(|it| it.1).unwrap_or_default();
        self.skew.store(micros(skew), Ordering::Relaxed);
        self.correct(skew);
        Ok(skew)
    }

    /// Compares every minute until `shutdown`. When the database is away, the last correction holds.
    pub async fn keep(self, db: PgPool, shutdown: Shutdown) {
        let rounds = async {
            loop {
                tokio::time::sleep(EVERY).await;
                if let Err(error) = self.compare(&db).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the clock was not compared"
                    );
                }
            }
        };
        shutdown.run_until_cancelled(rounds).await;
    }
}

/// One answer: how long it took, and how far ahead the database was in the middle of that.
async fn sample(db: &mut PgConnection) -> Result<(Duration, SignedDuration), sqlx::Error> {
    // Whatever else the connection has to say is said before the stopwatch runs.
    db.ping().await?;
    let began = machine_now();
    let stopwatch = Instant::now();
    let theirs: i64 = sqlx::query_scalar(include_str!("clock/now.sql")).fetch_one(db).await?;
    let round_trip = stopwatch.elapsed();
    let ours = micros(began.as_duration())
        + micros(SignedDuration::try_from(round_trip / 2).unwrap_or_default());
    Ok((round_trip, SignedDuration::from_micros(theirs - ours)))
}

#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
fn machine_now() -> Timestamp {
    Timestamp::now()
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or_default()
}
