use serde_json::{Map, Value};

use super::CourtEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for CourtEvent {
    const UPCASTS: &'static [Upcast] =
        &[Upcast { from: "court.priced.v1", to: "court.priced.v2", change: from_the_beginning }];
}

/// Before v2 a court had one price list at a time, for every date.
fn from_the_beginning(data: &mut Map<String, Value>) {
    data.insert("from".to_owned(), Value::Null);
}
