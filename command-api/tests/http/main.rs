//! Stories over HTTP, on a log in memory and real databases for the vault and the edge.
mod accounts;
mod bookings;
mod catalogue;
mod contention;
mod documents;
mod hostile;
mod idempotency;
mod logins;
mod payments;
mod postgres;
mod projections;
mod registrations;
mod sessions;
mod users;
mod world;
