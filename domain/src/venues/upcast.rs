use super::VenueEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for VenueEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
