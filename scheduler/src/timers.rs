//! Timers: how a hold ends by itself.
//!
//! The log is the truth, table `timers` is its index by time, and a message is a wake-up. [`follower`] writes the
//! table, [`relay`] hands rows to a transport, [`consumer`] takes what falls due from it, and [`sweep`] finds what
//! never came. Each of them may die at any point, and any number of them may run: every one ends in the same
//! command, which the court-day accepts once.
pub mod consumer;
pub mod expiry;
pub mod follower;
pub mod in_process;
pub mod metrics;
pub mod rabbitmq;
pub mod relay;
mod rows;
pub mod sweep;
pub mod transport;

use domain::ids::BookingId;
use jiff::Timestamp;
use runtime::ids;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One generation of a hold, and when it is over. This is the message, word for word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    pub timer_id: Uuid,
    pub kind: TimerKind,
    /// The court-day that decides.
    pub stream: String,
    pub booking: BookingId,
    pub generation: u32,
    pub due_at: Timestamp,
}

/// What is over when the timer falls due. Stored in table and messages: never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    Hold,
}

impl Timer {
    /// The timer of one generation of a hold; its id is the same wherever and however often it is derived.
    pub fn hold(booking: BookingId, generation: u32, due_at: Timestamp) -> Self {
        let kind = TimerKind::Hold;
        let stream = booking.stream();
        let parts = ["timer", &stream, kind.name(), &booking.to_string(), &generation.to_string()];
        let timer_id = ids::derive(ids::NAMESPACE, &parts);
        Self { timer_id, kind, stream, booking, generation, due_at }
    }

    /// The command that ends it: one id, whoever sends it and however often.
    pub fn command_id(&self) -> Uuid {
        Uuid::new_v5(&self.timer_id, b"expire")
    }
}

impl TimerKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
        }
    }
}
