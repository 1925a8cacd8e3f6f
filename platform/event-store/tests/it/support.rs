//! What several of these tests need.
pub mod tickets;

use event_store::{Metadata, NewEvent, event_id};
use jiff::Timestamp;
use uuid::Uuid;

/// The events that `command` would append to `stream` from `revision` on.
pub fn made_by(command: u128, stream: &str, revision: u64, count: u64) -> Vec<NewEvent> {
    let command = Uuid::from_u128(command);
    let event = |revision| NewEvent {
        id: event_id(stream, revision, command),
        kind: "test.happened.v1".to_owned(),
        data: b"{}".to_vec(),
        meta: Metadata::new(command, Timestamp::UNIX_EPOCH),
    };
    (revision..revision + count).map(event).collect()
}
