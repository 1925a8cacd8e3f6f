//! Takes commands over HTTP and turns them into events.
//!
//! **Invariant:** nothing here is decided on a projection; the stream that is written to decides. A 2xx means that
//! the event is in the log.
#![warn(clippy::unwrap_used)]

pub mod accounts;
mod answer;
mod app;
mod asked;
mod blocks;
mod bookings;
mod codes;
mod courts;
mod erasures;
mod idempotency;
mod if_match;
mod maintenance;
mod me;
mod merge_patch;
mod metrics;
mod openapi;
mod optional_body;
mod outbox;
mod participants;
mod password_resets;
mod payments;
mod problems;
mod projections;
pub mod reason;
mod refused;
mod registrations;
mod reminders;
mod routes;
mod second_factor;
mod service_accounts;
mod sessions;
mod shapes;
mod sms;
mod users;
mod venues;
mod waitlist;
mod webhooks;

pub use app::App;
pub use openapi::openapi;
pub use problems::KINDS;
pub use routes::routes;
pub use users::{Steward, StewardError};
