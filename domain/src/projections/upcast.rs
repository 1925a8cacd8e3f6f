use serde_json::{Map, Value, json};

use super::ProjectionEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for ProjectionEvent {
    const UPCASTS: &'static [Upcast] = &[Upcast {
        from: "projection.rebuild-requested.v1",
        to: "projection.rebuild-requested.v2",
        change: by_one_worker,
    }];
}

/// Before v2 one worker read the log, and nothing was compared.
fn by_one_worker(data: &mut Map<String, Value>) {
    data.insert("workers".to_owned(), json!(1));
    data.insert("verifies".to_owned(), json!(false));
}
