//! Arithmetic on instants that cannot fail: the end of time is late enough for any deadline.
use jiff::{SignedDuration, Timestamp};

pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
