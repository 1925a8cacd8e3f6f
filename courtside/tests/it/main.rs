//! One binary for all of them: what takes time is linking.
mod config;
mod doctor;
#[allow(dead_code, clippy::allow_attributes, reason = "the log's own tests need all of it")]
#[path = "../../../platform/event-store/tests/it/double/mod.rs"]
mod double;
mod events;
mod migrate;
mod production;
mod tidy;
mod vault;
