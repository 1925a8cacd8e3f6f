use super::ProjectionEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for ProjectionEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
