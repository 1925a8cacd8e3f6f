use super::NoticeEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for NoticeEvent {
    const UPCASTS: &'static [Upcast] = &[];
}
