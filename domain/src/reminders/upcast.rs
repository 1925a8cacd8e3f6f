use super::ReminderEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for ReminderEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
