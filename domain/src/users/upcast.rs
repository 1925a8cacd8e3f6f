use serde_json::{Map, Value};

use super::UserEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for UserEvent {
    const UPCASTS: &'static [Upcast] = &[
        Upcast {
            from: "user.role-changed.v1",
            to: "user.role-changed.v2",
            change: without_a_reason,
        },
        Upcast { from: "user.disabled.v1", to: "user.disabled.v2", change: without_a_reason },
        Upcast { from: "user.enabled.v1", to: "user.enabled.v2", change: without_a_reason },
    ];
}

/// Before v2 nobody was asked why.
fn without_a_reason(data: &mut Map<String, Value>) {
    data.insert("reason".to_owned(), Value::Null);
}
