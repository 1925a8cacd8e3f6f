//! Events → rows of table `timers`. A batch is folded first and written with two statements.
use async_trait::async_trait;
use domain::bookings::BookingEvent;
use domain::ids::BookingId;
use domain::stored::StoredEvent;
use event_store::{Position, Recorded};
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::Timer;

/// Names the checkpoint.
pub const NAME: &str = "timers";

/// Keeps table `timers` in step with the log.
pub struct TimersFollower;

#[async_trait]
impl Follower for TimersFollower {
    fn name(&self) -> &str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let mut changes = Changes::default();
        // Every event of a court-day is read: one that this build does not know could be the end of a hold.
        for it in events.iter().filter(|it| it.stream.starts_with("courtday-")) {
            let event = BookingEvent::read(&it.kind, &it.data).map_err(|error| {
                FollowError::Event { position: it.position, error: error.into() }
            })?;
            changes.fold(event, it.meta.at, it.position);
        }
        changes.write(tx).await?;
        Ok(())
    }
}

/// What a batch comes to, column by column.
#[derive(Default)]
struct Changes {
    timer_ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    streams: Vec<String>,
    bookings: Vec<String>,
    generations: Vec<i32>,
    armed_at: Vec<SqlTimestamp>,
    due_at: Vec<SqlTimestamp>,
    positions: Vec<i64>,
    ended: Vec<String>,
    ended_positions: Vec<i64>,
}

impl Changes {
    fn fold(&mut self, event: BookingEvent, at: Timestamp, position: Position) {
        use BookingEvent as E;
        match event {
            E::Held(held) => {
                // Without a clock there is nothing to wait for.
                if let Some(expires_at) = held.expires_at {
                    let timer = Timer::hold(held.booking, held.generation, expires_at);
                    self.arm(timer, at, position);
                }
            }
            E::HoldExtended { booking, generation, expires_at } => {
                self.end(&booking, position);
                self.arm(Timer::hold(booking, generation, expires_at), at, position);
            }
            E::Confirmed { booking, .. }
            | E::Expired { booking, .. }
            | E::Released { booking }
            | E::Cancelled { booking, .. }
            | E::Reinstated { booking, .. } => self.end(&booking, position),
            // Only what is confirmed moves, is missed, or has somebody checked in.
            E::Moved { .. } | E::CheckedIn { .. } | E::Missed { .. } => {}
            E::PaymentStarted { .. }
            | E::PaymentReceived { .. }
            | E::MoveAbandoned { .. }
            | E::RefundRequired { .. }
            | E::RefundSettled { .. }
            | E::RefundWithdrawn { .. }
            | E::Blocked { .. }
            | E::Unblocked { .. } => {}
        }
    }

    fn arm(&mut self, timer: Timer, at: Timestamp, position: Position) {
        self.timer_ids.push(timer.timer_id);
        self.kinds.push(timer.kind.name());
        self.streams.push(timer.stream);
        self.bookings.push(timer.booking.to_string());
        self.generations.push(timer.generation.cast_signed());
        self.armed_at.push(at.to_sqlx());
        self.due_at.push(timer.due_at.to_sqlx());
        self.positions.push(position.cast_signed());
    }

    fn end(&mut self, booking: &BookingId, position: Position) {
        self.ended.push(booking.to_string());
        self.ended_positions.push(position.cast_signed());
    }

    /// Arms first: what was held and ended in one batch must be there to be closed.
    async fn write(self, tx: &mut PgTransaction<'static>) -> Result<(), sqlx::Error> {
        if !self.timer_ids.is_empty() {
            sqlx::query_file!(
                "src/timers/arm.sql",
                &self.timer_ids,
                &self.kinds as &[&str],
                &self.streams,
                &self.bookings,
                &self.generations,
                &self.armed_at as &[SqlTimestamp],
                &self.due_at as &[SqlTimestamp],
                &self.positions,
            )
            .execute(&mut **tx)
            .await?;
        }
        if !self.ended.is_empty() {
            sqlx::query_file!("src/timers/close_ended.sql", &self.ended, &self.ended_positions)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }
}
