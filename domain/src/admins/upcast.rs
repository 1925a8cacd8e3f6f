use super::AdminEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for AdminEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
