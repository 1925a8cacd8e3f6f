use super::LoginEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for LoginEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
