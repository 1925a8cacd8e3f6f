//! What the server says, in the words of the port.
use eventstore::{RecordedEvent, ResolvedEvent};

use crate::{Metadata, ReadError, Recorded, Source, StreamEvent, Unreadable};

/// Whether the server keeps this name, of a stream or of an event, for itself.
pub(super) fn is_system(name: &str) -> bool {
    name.starts_with('$')
}

/// What was recorded, which for a link is the link.
pub(super) fn original(event: ResolvedEvent) -> Result<RecordedEvent, ReadError> {
    event.link.or(event.event).ok_or_else(|| corrupt("an event without an event"))
}

pub(super) fn of_stream(event: RecordedEvent) -> Result<StreamEvent, ReadError> {
    let meta: Metadata = serde_json::from_slice(&event.custom_metadata).map_err(corrupt)?;
    Ok(StreamEvent {
        revision: event.revision,
        id: event.id,
        kind: event.event_type,
        data: event.data.to_vec(),
        meta,
    })
}

pub(super) fn of_all(mut event: RecordedEvent) -> Result<Recorded, ReadError> {
    let at = event.position;
    if at.commit != at.prepare {
        // Written in an explicit transaction, which no client does any more; one number does not say where it stands.
        return Err(corrupt(format!("an event at {at:?}")));
    }
    let stream = std::mem::take(&mut event.stream_id);
    let (position, revision) = (at.commit, event.revision);
    match of_stream(event) {
        Ok(StreamEvent { revision, id, kind, data, meta }) => {
            Ok(Recorded { position, stream, revision, id, kind, data, meta })
        }
        Err(ReadError::Corrupt(source)) => {
            Err(corrupt(Unreadable { position, stream, revision, source }))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn corrupt(source: impl Into<Source>) -> ReadError {
    ReadError::Corrupt(source.into())
}
