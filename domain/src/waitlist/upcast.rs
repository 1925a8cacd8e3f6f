use super::WaitlistEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for WaitlistEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
