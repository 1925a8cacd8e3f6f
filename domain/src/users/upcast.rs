use serde_json::{Map, Value, json};

use super::UserEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for UserEvent {
    const UPCASTS: &'static [Upcast] = &[
        Upcast {
            from: "user.password-set.v1",
            to: "user.password-set.v2",
            change: set_when_registering,
        },
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

/// Before v2 nobody could set another password than the first.
fn set_when_registering(data: &mut Map<String, Value>) {
    data.insert("cause".to_owned(), json!("registered"));
}
