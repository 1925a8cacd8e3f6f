//! SMS: short texts, the way out by Twilio's Messages API, and for the demo a table that keeps them.
mod keep;
mod text;
pub mod twilio;

use jiff::SignedDuration;
use runtime::Clock;
use sqlx::PgPool;
use uuid::Uuid;

pub use text::{Filled, MOST_SEGMENTS, segments, write};
pub(crate) use twilio::SMS;
pub use twilio::{NoTwilio, Twilio};

/// The way out.
#[derive(Clone)]
pub enum Texter {
    Twilio(Box<Twilio>),
    /// The demo's: what is written there has been sent.
    Inbox {
        db: PgPool,
        clock: Clock,
    },
}

/// An SMS that the provider did not take. The reasons hold no personal data: of what the provider says only its number
/// is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTexted {
    /// It never will; `0` where it does not say why.
    #[error("the SMS provider refused it: {code}")]
    Refused { code: u32 },
    /// It may later: it said so, or could not be reached.
    #[error("{why}")]
    Unavailable { why: String, not_before: Option<SignedDuration> },
    /// It was asked and said nothing: it may have it already.
    #[error("{why}")]
    Unanswered { why: String },
}

impl Texter {
    /// Returns what the provider calls it. Sent again after an answer that was lost, it may arrive twice.
    pub async fn send(&self, intent: Uuid, to: &str, body: &str) -> Result<String, NotTexted> {
        match self {
            Self::Twilio(it) => it.send(intent, to, body).await,
            Self::Inbox { db, clock } => keep::keep(db, intent, to, body, clock.now()).await,
        }
    }
}
