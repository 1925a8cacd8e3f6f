use super::WebhookEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for WebhookEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
