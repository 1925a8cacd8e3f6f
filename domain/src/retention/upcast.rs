use super::RetentionEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for RetentionEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
