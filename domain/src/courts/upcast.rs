use super::CourtEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for CourtEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
