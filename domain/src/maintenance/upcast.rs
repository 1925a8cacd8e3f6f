use super::MaintenanceEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for MaintenanceEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
