//! Given events, then rows, however the events are cut into batches.
mod actions;
mod audit;
mod availability;
mod bookings;
mod calendars;
mod courts;
mod cuts;
mod erasures;
mod guests;
mod logins;
mod participants;
mod preferences;
mod service_accounts;
mod sessions;
mod statistics;
mod users;
mod waitlist;
