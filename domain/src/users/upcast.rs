use super::UserEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for UserEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
