use super::ServiceAccountEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for ServiceAccountEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
