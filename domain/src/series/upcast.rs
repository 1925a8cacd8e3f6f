use super::SeriesEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for SeriesEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
