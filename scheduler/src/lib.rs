//! What happens by itself: holds end, leases follow, closures reach court-days, free places are offered, people and webhooks are told, and
//! whoever leaves is forgotten. Events → timers, news and intents → commands and mail.
//!
//! **Invariant:** the scheduler alone sends. It decides nothing: every hold it ends is ended by its court-day, and
//! everything it sends is on record in the log.
#![warn(clippy::unwrap_used)]

pub mod audit;
pub mod caught_up;
pub mod closures;
pub mod erasures;
mod https;
pub mod leases;
pub mod mail;
pub mod notices;
mod reactions;
mod readiness;
pub mod reset;
pub mod retention;
mod rounds;
pub mod sms;
pub mod status;
pub mod timers;
pub mod waitlist;
pub mod webhooks;
mod words;

pub use reactions::Reactions;

use runtime::{Platform, StartError};

/// Begins everything, and returns what to wait for and to ask.
pub async fn start(platform: &Platform) -> Result<Reactions, StartError> {
    reactions::start(platform).await
}

/// Runs until the platform shuts down.
pub async fn run(platform: Platform) -> Result<(), StartError> {
    start(&platform).await?.until_shutdown(&platform.shutdown).await
}
