use super::KeyEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for KeyEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
