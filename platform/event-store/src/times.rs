//! From a time to a place in the log.
//!
//! Events stand in the order of their commits. Their own times (`at`) are those of the commands, read before the commit,
//! from clocks that were corrected a little meanwhile: nearly in order, and not quite. So nobody looks for the first
//! event of a time, but for a place that is safely before it.
use std::time::Duration;

use jiff::Timestamp;

use crate::{EventStore, Position, ReadError};

/// How much older than its predecessors an event may be: longer than any command takes, with all its repetitions.
pub const SLACK: Duration = Duration::from_mins(2);

/// How many events are looked at together on the way back.
const PAGE: usize = 500;

/// What is older than this has only older things before it than `time`.
fn early(time: Timestamp) -> Timestamp {
    time.saturating_sub(SLACK).unwrap_or(Timestamp::MIN)
}

/// Reads from the end to the first event that is old enough: as long as the log is young, or `time` is near.
pub(crate) async fn walk_back<S>(store: &S, time: Timestamp) -> Result<Position, ReadError>
where
    S: EventStore + ?Sized,
{
    let early = early(time);
    let mut before = None;
    loop {
        let page = store.read_all_backwards(before, PAGE).await?;
        if let Some(it) = page.iter().find(|it| it.meta.at < early) {
            return Ok(it.position);
        }
        match page.last() {
            Some(oldest) => before = Some(oldest.position),
            None => return Ok(0),
        }
    }
}

/// Halves the log where positions count, and so any number between two of them is one: some thirty events read, of a
/// log of any length.
pub(crate) async fn bisect<S>(store: &S, time: Timestamp) -> Result<Position, ReadError>
where
    S: EventStore + ?Sized,
{
    let early = early(time);
    // What stands at the one is old enough, what stands at the other is not. Nothing stands at either of these yet.
    let (mut old, mut young) = (0, store.head().await?.saturating_add(1));
    while old + 1 < young {
        let middle = old + (young - old) / 2;
        match store.read_all(middle - 1, 1).await?.first() {
            Some(it) if it.meta.at < early => old = it.position,
            Some(_) | None => young = middle,
        }
    }
    Ok(old)
}
