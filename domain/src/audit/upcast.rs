use super::AuditEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for AuditEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
