//! What every [`crate::EventStore`] owes its callers, as tests.
