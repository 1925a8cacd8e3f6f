//! Events → rows of table `timers`. A batch is folded first and written with a statement for each thing that can
//! happen to a row.
use async_trait::async_trait;
use domain::bookings::BookingEvent;
use domain::ids::{BookingId, UserId};
use domain::stored::StoredEvent;
use domain::users::UserEvent;
use event_store::{Position, Recorded};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::Timer;
use super::kind::{HOLD, Kind, MISS, MOVE, REMINDER_DAY, REMINDER_HOURS};
use super::reminders::Ahead;

/// Names the checkpoint. A follower that makes more of the same events has a new name: it reads them from the
/// beginning, and an older build goes on under its own.
pub const NAME: &str = "timers-4";

/// A move that took longer was left half-done: its three steps take milliseconds.
const MOVE_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Keeps table `timers` in step with the log.
pub struct TimersFollower {
    /// How long an account has to prove its e-mail address.
    pub verification: SignedDuration,
}

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
            let event =
                BookingEvent::read(&it.kind, &it.data).map_err(FollowError::at(it.position))?;
            changes.fold(event, it);
        }
        for it in events.iter().filter(|it| it.stream.starts_with(USERS)) {
            self.fold_account(&mut changes, it)?;
        }
        changes.write(tx).await?;
        Ok(())
    }
}

const USERS: &str = "user-";

impl TimersFollower {
    /// Told apart by name without their version: a newer version of one of these has to be waited for.
    fn fold_account(&self, changes: &mut Changes, it: &Recorded) -> Result<(), FollowError> {
        const CONCERN: [&str; 3] =
            ["user.registered.", "user.email-verified.", "user.erasure-requested."];
        if !CONCERN.iter().any(|name| it.kind.starts_with(name)) {
            return Ok(());
        }
        let id = it.stream.strip_prefix(USERS).unwrap_or_default();
        let user = UserId(Uuid::try_parse(id).map_err(FollowError::at(it.position))?);
        let event = UserEvent::read(&it.kind, &it.data).map_err(FollowError::at(it.position))?;
        let timer = Timer::unverified(user, it.meta.at + self.verification);
        match event {
            UserEvent::Registered { verification_required: true, .. } => {
                changes.made.push("armed", None, timer, it);
            }
            UserEvent::EmailVerified {} | UserEvent::ErasureRequested { .. } => {
                changes.over.push(timer.timer_id);
                changes.over_positions.push(it.position.cast_signed());
            }
            _ => {}
        }
        Ok(())
    }
}

/// What the end of a booking ends.
const ALL: [&str; 5] = [HOLD, MOVE, MISS, REMINDER_DAY, REMINDER_HOURS];

/// What a batch comes to, column by column.
#[derive(Default)]
struct Changes {
    made: Made,
    confirmed: Vec<String>,
    confirmed_positions: Vec<i64>,
    confirmed_at: Vec<SqlTimestamp>,
    ended: Vec<String>,
    ended_kinds: Vec<&'static str>,
    ended_positions: Vec<i64>,
    /// Timers of accounts, each by its own id.
    over: Vec<Uuid>,
    over_positions: Vec<i64>,
}

#[derive(Default)]
struct Made {
    timer_ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    streams: Vec<String>,
    bookings: Vec<Option<String>>,
    generations: Vec<i32>,
    armed_at: Vec<SqlTimestamp>,
    due_at: Vec<SqlTimestamp>,
    states: Vec<&'static str>,
    positions: Vec<i64>,
    traces: Vec<Option<String>>,
}

impl Changes {
    fn fold(&mut self, event: BookingEvent, it: &Recorded) {
        use BookingEvent as E;
        let position = it.position;
        match event {
            E::Held(held) => {
                let (booking, generation) = (&held.booking, held.generation);
                // Without a clock there is nothing to wait for.
                if let Some(expires_at) = held.expires_at {
                    let timer = Timer::hold(booking.clone(), generation, expires_at);
                    self.made.push("armed", Some(booking), timer, it);
                }
                if held.moved_from.is_some() {
                    let kind = Kind::Move { booking: booking.clone(), generation };
                    let timer = Timer::new(kind, booking.stream(), it.meta.at + MOVE_WITHIN);
                    self.made.push("armed", Some(booking), timer, it);
                }
                self.play(booking, generation, (held.starts_at, held.ends_at), it);
            }
            E::HoldExtended { booking, generation, expires_at, cause: _ } => {
                self.end(&booking, &[HOLD], position);
                let timer = Timer::hold(booking.clone(), generation, expires_at);
                self.made.push("armed", Some(&booking), timer, it);
            }
            E::Reinstated { booking, generation, starts_at, ends_at, .. } => {
                self.end(&booking, &ALL, position);
                self.play(&booking, generation, (starts_at, ends_at), it);
            }
            E::Confirmed { booking, .. } => {
                self.end(&booking, &[HOLD, MOVE], position);
                self.confirmed.push(booking.to_string());
                self.confirmed_positions.push(position.cast_signed());
                self.confirmed_at.push(it.meta.at.to_sqlx());
            }
            E::Expired { booking, .. }
            | E::Released { booking }
            | E::Cancelled { booking, .. }
            | E::Moved { booking, .. } => self.end(&booking, &ALL, position),
            E::CheckedIn { booking } | E::Missed { booking } => {
                self.end(&booking, &[MISS, REMINDER_DAY, REMINDER_HOURS], position);
            }
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

    /// Play has a beginning to be reminded of, and an end, which only a confirmation makes interesting; and that does not
    /// say when they are. What would have been told before it was booked is not told.
    fn play(
        &mut self,
        booking: &BookingId,
        generation: u32,
        (starts_at, ends_at): (Timestamp, Timestamp),
        it: &Recorded,
    ) {
        let kind = Kind::Miss { booking: booking.clone(), generation };
        let timer = Timer::new(kind, booking.stream(), ends_at);
        self.made.push("waiting", Some(booking), timer, it);
        for ahead in Ahead::BOTH {
            let due_at = starts_at - ahead.by();
            if it.meta.at < due_at {
                let timer = Timer::new(ahead.of(booking, generation), booking.stream(), due_at);
                self.made.push("waiting", Some(booking), timer, it);
            }
        }
    }

    fn end(&mut self, booking: &BookingId, kinds: &[&'static str], position: Position) {
        for kind in kinds {
            self.ended.push(booking.to_string());
            self.ended_kinds.push(kind);
            self.ended_positions.push(position.cast_signed());
        }
    }

    /// What was made, confirmed and ended in one batch is so in this order.
    async fn write(self, tx: &mut PgTransaction<'static>) -> Result<(), sqlx::Error> {
        self.made.write(tx).await?;
        if !self.confirmed.is_empty() {
            sqlx::query_file!(
                "src/timers/confirm.sql",
                &self.confirmed,
                &self.confirmed_positions,
                &self.confirmed_at as &[SqlTimestamp],
                &[REMINDER_DAY, REMINDER_HOURS] as &[&str],
            )
            .execute(&mut **tx)
            .await?;
        }
        if !self.ended.is_empty() {
            sqlx::query_file!(
                "src/timers/close_ended.sql",
                &self.ended,
                &self.ended_kinds as &[&str],
                &self.ended_positions
            )
            .execute(&mut **tx)
            .await?;
        }
        if !self.over.is_empty() {
            sqlx::query_file!("src/timers/close_over.sql", &self.over, &self.over_positions)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }
}

impl Made {
    fn push(
        &mut self,
        state: &'static str,
        booking: Option<&BookingId>,
        timer: Timer,
        it: &Recorded,
    ) {
        self.timer_ids.push(timer.timer_id);
        self.kinds.push(timer.kind.name());
        self.streams.push(timer.stream);
        self.bookings.push(booking.map(ToString::to_string));
        self.generations.push(timer.kind.generation().cast_signed());
        self.armed_at.push(it.meta.at.to_sqlx());
        self.due_at.push(timer.due_at.to_sqlx());
        self.states.push(state);
        self.positions.push(it.position.cast_signed());
        self.traces.push(it.meta.trace.clone());
    }

    async fn write(self, tx: &mut PgTransaction<'static>) -> Result<(), sqlx::Error> {
        if self.timer_ids.is_empty() {
            return Ok(());
        }
        sqlx::query_file!(
            "src/timers/arm.sql",
            &self.timer_ids,
            &self.kinds as &[&str],
            &self.streams,
            &self.bookings as &[Option<String>],
            &self.generations,
            &self.armed_at as &[SqlTimestamp],
            &self.due_at as &[SqlTimestamp],
            &self.states as &[&str],
            &self.positions,
            &self.traces as &[Option<String>],
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
