//! The rules. Nothing in this crate waits, reads a clock, draws a random number or touches a disk.
//!
//! Each feature is one module: its state and its two functions in `<feature>.rs`, and beside it what may be
//! asked (`command`), what happened (`event`, stored for ever) and why not (`rejection`).
#![warn(clippy::unwrap_used)]

pub mod admins;
pub mod audit;
pub mod bookings;
pub mod calendars;
pub mod changes;
pub mod claims;
pub mod courts;
pub mod decider;
pub mod deliveries;
pub mod features;
pub mod guests;
pub mod ids;
pub mod keys;
pub mod logins;
pub mod maintenance;
pub mod money;
pub mod notices;
pub mod numbers;
pub mod participants;
pub mod players;
pub mod policies;
pub mod projections;
pub mod reminders;
pub mod retention;
pub mod sealed;
pub mod series;
pub mod service_accounts;
pub mod sessions;
pub mod stored;
pub mod time;
pub mod users;
pub mod venues;
pub mod waitlist;
pub mod webhooks;
