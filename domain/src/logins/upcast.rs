use serde_json::{Map, Value};

use super::LoginEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for LoginEvent {
    const UPCASTS: &'static [Upcast] = &[
        Upcast { from: "login.succeeded.v1", to: "login.succeeded.v2", change: from_any_device },
        Upcast { from: "login.unlocked.v1", to: "login.unlocked.v2", change: without_a_reason },
    ];
}

/// Before v2 devices were not told apart.
fn from_any_device(data: &mut Map<String, Value>) {
    data.insert("device".to_owned(), Value::Null);
    data.insert("new_device".to_owned(), Value::Bool(false));
}

/// Before v2 nobody was asked why.
fn without_a_reason(data: &mut Map<String, Value>) {
    data.insert("reason".to_owned(), Value::Null);
}
