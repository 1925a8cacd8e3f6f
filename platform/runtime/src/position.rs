//! `Courtside-Position` and `Courtside-Min-Position`: what a client may count on having seen.
use axum::http::HeaderName;

pub use event_store::{LogId, PositionToken};

/// On every answer: to a command, where it was recorded; to a query, how far its projections have come.
pub static POSITION: HeaderName = HeaderName::from_static("courtside-position");
/// On a query: wait until this position is in the answer.
pub static MIN_POSITION: HeaderName = HeaderName::from_static("courtside-min-position");
/// `true` when the position asked for belongs to another log.
pub static POSITION_RESET: HeaderName = HeaderName::from_static("courtside-position-reset");
