use super::GuestEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for GuestEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
