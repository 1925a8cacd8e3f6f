//! Timers: how a hold ends by itself, and everything else that time alone brings about.
//!
//! The log is the truth, table `timers` is its index by time, and a message is a wake-up. [`follower`] writes the
//! table, [`relay`] hands rows to a transport, [`consumer`] takes what falls due from it, and [`sweep`] finds what
//! never came. Each of them may die at any point, and any number of them may run: every one ends in the same
//! command ([`commands`]), which the court-day accepts once. [`canary`] measures the way, [`pruning`] clears it.
pub mod canary;
pub mod commands;
pub mod consumer;
pub mod fire;
pub mod follower;
pub mod in_process;
pub mod kind;
pub mod list;
pub mod metrics;
mod moves;
pub mod pruning;
pub mod rabbitmq;
pub mod relay;
pub mod reminders;
pub mod resume;
mod rows;
pub mod sweep;
pub mod transport;

use domain::ids::{BookingId, UserId};
use jiff::Timestamp;
use runtime::ids;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use kind::Kind;

/// What is over, and when. This is the message, word for word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    pub timer_id: Uuid,
    #[serde(flatten)]
    pub kind: Kind,
    /// The stream that decides.
    pub stream: String,
    pub due_at: Timestamp,
}

impl Timer {
    /// The end of one generation of a hold.
    pub fn hold(booking: BookingId, generation: u32, due_at: Timestamp) -> Self {
        let stream = booking.stream();
        Self::new(Kind::Hold { booking, generation }, stream, due_at)
    }

    /// The end of an account whose e-mail address nobody proves.
    pub fn unverified(user: UserId, due_at: Timestamp) -> Self {
        Self::new(Kind::Unverified, user.stream(), due_at)
    }

    /// Its id is the same wherever and however often it is derived.
    pub fn new(kind: Kind, stream: String, due_at: Timestamp) -> Self {
        let subject = match &kind {
            // Its stream names it, whatever time it is given by the settings of the day.
            Kind::Unverified => String::new(),
            it => it.booking().map_or_else(|| due_at.to_string(), ToString::to_string),
        };
        let generation = kind.generation().to_string();
        let parts = ["timer", &stream, kind.name(), &subject, &generation];
        Self { timer_id: ids::derive(ids::NAMESPACE, &parts), kind, stream, due_at }
    }

    /// The command that ends it: one id, whoever sends it and however often.
    pub fn command_id(&self) -> Uuid {
        Uuid::new_v5(&self.timer_id, self.kind.verb().as_bytes())
    }
}
