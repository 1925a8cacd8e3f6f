use super::CalendarEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for CalendarEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
