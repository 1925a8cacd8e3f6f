use super::ParticipantsEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for ParticipantsEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
