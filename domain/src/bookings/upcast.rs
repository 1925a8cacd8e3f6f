use super::BookingEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for BookingEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
