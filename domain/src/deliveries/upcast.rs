use super::DeliveryEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for DeliveryEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
