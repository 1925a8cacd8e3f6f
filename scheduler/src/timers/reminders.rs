//! Reminders that time brings about: a day before play, and two hours.
//!
//! Nothing of it is decided anywhere: a due timer becomes an intent in one statement, whose id follows from the timer's, and
//! whether it is sent is looked up in the log. So a table made anew, or a log that was copied, intends it again and sends
//! nothing.
use domain::ids::BookingId;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;

use super::rows::ClosedBy;
use super::{Kind, Timer};
use crate::notices::Notice;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    Day,
    Hours,
}

impl Ahead {
    pub const BOTH: [Self; 2] = [Self::Day, Self::Hours];

    /// Before the start of play.
    pub fn by(self) -> SignedDuration {
        match self {
            Self::Day => SignedDuration::from_hours(24),
            Self::Hours => SignedDuration::from_hours(2),
        }
    }

    pub fn of(self, booking: &BookingId, generation: u32) -> Kind {
        let booking = booking.clone();
        match self {
            Self::Day => Kind::ReminderDay { booking, generation },
            Self::Hours => Kind::ReminderHours { booking, generation },
        }
    }

    /// How long it is of use: the first until the second comes, and that until play begins.
    fn valid(self) -> SignedDuration {
        match self {
            Self::Day => Self::Day.by() - Self::Hours.by(),
            Self::Hours => Self::Hours.by(),
        }
    }
}

/// Intends the message; `false` if it was intended before, or is of no use any more.
pub(super) async fn intend(
    db: &PgPool,
    timer: &Timer,
    (booking, ahead): (&BookingId, Ahead),
    by: ClosedBy,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let notice = Notice::Reminder { booking: booking.clone() };
    let intended = sqlx::query_file!(
        "src/timers/remind.sql",
        timer.timer_id,
        by.name(),
        at.to_sqlx() as SqlTimestamp,
        notice.intent(timer.timer_id),
        notice.kind(),
        serde_json::json!({ "booking": booking }),
        (timer.due_at + ahead.valid()).to_sqlx() as SqlTimestamp,
    );
    Ok(intended.execute(db).await?.rows_affected() == 1)
}
