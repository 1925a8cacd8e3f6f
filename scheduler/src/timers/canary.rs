//! Timers that end nothing: one every half minute, by each way in turn, so that a broken way is noticed before it
//! matters to anybody. Only table, transport and consumer see them; the log does not.
//!
//! Every scheduler tries to arm each, and they all derive the same id: it flies once, whoever is faster.
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::{Clock, Shutdown};
use sqlx::PgPool;

use super::{Kind, Timer};
use crate::rounds;

/// Arms canaries. Any number of these may run on one table.
pub struct Canaries {
    pub db: PgPool,
    pub clock: Clock,
    /// The durations that the transport carries whole: each is a way of its own.
    pub carried_seconds: Vec<u32>,
}

/// Often enough for an alert on a few minutes, and too rarely to be felt.
const EVERY_SECONDS: i64 = 30;
/// The way by the table: longer than what goes straight to the consumer, so that it has to wait first.
const BY_TABLE_SECONDS: u32 = 5;
/// Who wakes later than this leaves the half minute without one: a canary that began late would arrive late.
const LATEST: SignedDuration = SignedDuration::from_secs(2);
const MIN_WAIT: Duration = Duration::from_millis(10);
/// Names what decides of it, in its id and on its row.
const STREAM: &str = "canary";

impl Canaries {
    pub async fn run(&self, shutdown: Shutdown) {
        while !shutdown.is_cancelled() {
            if let Err(error) = rounds::in_time(self.round()).await {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "no canary flies");
            }
            let _ = tokio::time::timeout(self.until_the_next(), shutdown.cancelled()).await;
        }
    }

    /// Arms the canary of this half minute; `false` if it flies already, or it is too late for it.
    pub async fn round(&self) -> Result<bool, sqlx::Error> {
        let now = self.clock.now();
        let (timer, armed_at) = self.canary(now);
        if LATEST < now.duration_since(armed_at) {
            return Ok(false);
        }
        let armed = sqlx::query_file!(
            "src/timers/arm_canary.sql",
            timer.timer_id,
            timer.kind.name(),
            timer.stream,
            timer.kind.generation().cast_signed(),
            armed_at.to_sqlx() as SqlTimestamp,
            timer.due_at.to_sqlx() as SqlTimestamp,
        );
        Ok(armed.execute(&self.db).await?.rows_affected() == 1)
    }

    /// The canary of the half minute that `now` lies in, and when that began. It is the same for all that ask.
    fn canary(&self, now: Timestamp) -> (Timer, Timestamp) {
        let number = now.as_second().div_euclid(EVERY_SECONDS);
        let began = Timestamp::from_second(number * EVERY_SECONDS).unwrap_or(now);
        let ways: Vec<u32> =
            [BY_TABLE_SECONDS].iter().chain(&self.carried_seconds).copied().collect();
        let way = usize::try_from(number).unwrap_or_default() % ways.len();
        let due_at = began + SignedDuration::from_secs(ways[way].into());
        let generation = u32::try_from(way).unwrap_or_default();
        (Timer::new(Kind::Canary { generation }, STREAM.to_owned(), due_at), began)
    }

    fn until_the_next(&self) -> Duration {
        let now = self.clock.now();
        let (_, began) = self.canary(now);
        let next = began + SignedDuration::from_secs(EVERY_SECONDS);
        // Never 0: a clock that was corrected backwards must not make this a busy loop.
        Duration::try_from(next.duration_since(now)).unwrap_or_default().max(MIN_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_within_half_a_minute_means_the_same_canary_and_each_way_has_its_turn() {
        let canaries = |carried: &[u32]| {
            let db = PgPool::connect_lazy("postgres://nobody@localhost/none");
            let db = db.expect("nobody connects");
            Canaries { db, clock: Clock::new(), carried_seconds: carried.to_vec() }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let _entered = runtime.enter();
        let canaries = canaries(&[60, 900]);
        let at = |second| Timestamp::from_second(second).expect("a time");
        assert_eq!(canaries.canary(at(90)), canaries.canary(at(119)));
        assert_ne!(canaries.canary(at(90)), canaries.canary(at(120)));
        let ways = [90, 120, 150, 180].map(|it| {
            let (timer, armed_at) = canaries.canary(at(it));
            (timer.kind.generation(), timer.due_at.duration_since(armed_at).as_secs())
        });
        assert_eq!(ways, [(0, 5), (1, 60), (2, 900), (0, 5)]);
    }
}
