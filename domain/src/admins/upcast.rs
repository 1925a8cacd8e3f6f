use serde_json::{Map, Value, json};

use super::AdminEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for AdminEvent {
    const UPCASTS: &'static [Upcast] =
        &[Upcast { from: "admin.left.v1", to: "admin.left.v2", change: at_no_epoch }];
}

/// Before v2 a departure was of an account at any epoch; one that is on its way still is announced anew.
fn at_no_epoch(data: &mut Map<String, Value>) {
    data.insert("epoch".to_owned(), json!(0));
}
