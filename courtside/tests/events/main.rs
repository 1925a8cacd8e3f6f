//! `courtside events` and `courtside audit` as operators run them: the binary, on real logs.
mod copied;
#[allow(dead_code, clippy::allow_attributes, reason = "not every test needs all of it")]
#[path = "../../../platform/event-store/tests/support/eventstoredb/mod.rs"]
mod double;
mod parked;
mod replayed;
mod restored;
mod shown;
mod system;
mod verified;
mod world;
