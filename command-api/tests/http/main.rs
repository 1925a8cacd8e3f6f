//! Stories over HTTP, on a log in memory and real databases for the vault and the edge.
mod bookings;
mod catalogue;
mod documents;
mod idempotency;
mod logins;
mod projections;
mod registrations;
mod sessions;
mod users;
mod world;
