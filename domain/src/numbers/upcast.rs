use super::NumberEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for NumberEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
