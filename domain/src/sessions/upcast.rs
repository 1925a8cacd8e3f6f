use serde_json::{Map, Value};

use super::SessionEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for SessionEvent {
    const UPCASTS: &'static [Upcast] = &[Upcast {
        from: "session.started.v1",
        to: "session.started.v2",
        change: with_a_password_alone,
    }];
}

/// Before v2 there was nothing but passwords.
fn with_a_password_alone(data: &mut Map<String, Value>) {
    data.insert("factor".to_owned(), Value::Bool(false));
}
