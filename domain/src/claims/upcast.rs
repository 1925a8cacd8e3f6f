use super::ClaimEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for ClaimEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
