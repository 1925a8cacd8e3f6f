use super::SessionEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for SessionEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
