use super::PlayerEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for PlayerEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
