//! What can fall due: one line for each kind here, and its command in [`super::commands`].
use access::maintenance::Maintenance;
use domain::ids::BookingId;
use serde::{Deserialize, Serialize};

/// What is over when the timer falls due. Stored in table and messages: never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// One generation of a hold.
    Hold { booking: BookingId, generation: u32 },
    /// Play, which somebody had confirmed to come to.
    Miss { booking: BookingId, generation: u32 },
    /// The time that a move to this new place has for its three steps.
    Move { booking: BookingId, generation: u32 },
    /// The time that an account has to prove its e-mail address.
    Unverified,
    /// The day before the last day before play.
    ReminderDay { booking: BookingId, generation: u32 },
    /// The time that is left before somebody has to leave for play.
    ReminderHours { booking: BookingId, generation: u32 },
    /// Nothing: the way itself is measured. The number says which way it took.
    Canary { generation: u32 },
}

/// The kinds that this build can end. Any other is a newer build's, and left to that.
pub const KINDS: [&str; 7] = [HOLD, MISS, MOVE, UNVERIFIED, REMINDER_DAY, REMINDER_HOURS, CANARY];

/// Those that are ended now: during a maintenance, which gives holds back the time that it takes, all others.
pub fn ended_now(maintenance: &Maintenance) -> &'static [&'static str] {
    if maintenance.is_on() { &KINDS[1..] } else { &KINDS }
}

pub(super) const HOLD: &str = "hold";
pub(super) const MISS: &str = "miss";
pub(super) const MOVE: &str = "move";
pub(super) const REMINDER_DAY: &str = "reminder_day";
pub(super) const REMINDER_HOURS: &str = "reminder_hours";
const UNVERIFIED: &str = "unverified";
const CANARY: &str = "canary";

/// A row that says less than its kind needs.
#[derive(Debug, thiserror::Error)]
#[error("a timer of kind {0:?} cannot be read from its row")]
pub struct UnreadableKind(String);

impl Kind {
    /// As it is stored.
    pub fn from_row(
        kind: &str,
        booking: Option<&str>,
        generation: u32,
    ) -> Result<Self, UnreadableKind> {
        let unreadable = || UnreadableKind(kind.to_owned());
        let booking = || booking.and_then(|it| it.parse::<BookingId>().ok()).ok_or_else(unreadable);
        match kind {
            HOLD => Ok(Self::Hold { booking: booking()?, generation }),
            MISS => Ok(Self::Miss { booking: booking()?, generation }),
            MOVE => Ok(Self::Move { booking: booking()?, generation }),
            UNVERIFIED => Ok(Self::Unverified),
            REMINDER_DAY => Ok(Self::ReminderDay { booking: booking()?, generation }),
            REMINDER_HOURS => Ok(Self::ReminderHours { booking: booking()?, generation }),
            CANARY => Ok(Self::Canary { generation }),
            _ => Err(unreadable()),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Hold { .. } => HOLD,
            Self::Miss { .. } => MISS,
            Self::Move { .. } => MOVE,
            Self::Unverified => UNVERIFIED,
            Self::ReminderDay { .. } => REMINDER_DAY,
            Self::ReminderHours { .. } => REMINDER_HOURS,
            Self::Canary { .. } => CANARY,
        }
    }

    pub fn booking(&self) -> Option<&BookingId> {
        match self {
            Self::Hold { booking, .. }
            | Self::Miss { booking, .. }
            | Self::Move { booking, .. }
            | Self::ReminderDay { booking, .. }
            | Self::ReminderHours { booking, .. } => Some(booking),
            Self::Unverified | Self::Canary { .. } => None,
        }
    }

    pub fn generation(&self) -> u32 {
        match self {
            Self::Hold { generation, .. }
            | Self::Miss { generation, .. }
            | Self::Move { generation, .. }
            | Self::ReminderDay { generation, .. }
            | Self::ReminderHours { generation, .. }
            | Self::Canary { generation } => *generation,
            // An account is registered once.
            Self::Unverified => 1,
        }
    }

    /// Names its command, in ids: never renamed.
    pub(super) fn verb(&self) -> &'static str {
        match self {
            Self::Hold { .. } => "expire",
            Self::Miss { .. } => "miss",
            Self::Move { .. } => "end-move",
            Self::Unverified => "give-up",
            Self::ReminderDay { .. } | Self::ReminderHours { .. } => "remind",
            Self::Canary { .. } => "arrive",
        }
    }
}
