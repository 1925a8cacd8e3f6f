//! Answers questions from the read models.
//!
//! **Invariant:** this crate knows no event type, opens no sealed field and writes nothing.
#![warn(clippy::unwrap_used)]

mod actions;
mod address;
mod app;
mod audit_list;
mod audit_log;
mod availability;
mod bookings;
mod calendars;
mod changes;
mod checkout;
mod console;
mod courts;
mod csv;
mod cursor;
mod etag;
mod exports;
mod format;
mod forward;
mod inbox;
mod live;
mod logins;
mod outbox;
mod pages;
mod preferences;
pub mod projections;
mod proofs;
mod readings;
mod refunds;
mod replay;
mod routes;
mod service_accounts;
mod sessions;
mod sheet;
mod snapshot;
mod statistics;
mod status;
mod timers;
pub mod users;
mod venues;
mod waitlist;
mod webhooks;

pub use app::App;
pub use routes::{openapi, routes};
