use serde_json::{Map, Value};

use super::PlayerEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for PlayerEvent {
    const UPCASTS: &'static [Upcast] = &[
        Upcast {
            from: "player.lease-taken.v1",
            to: "player.lease-taken.v2",
            change: a_booking_of_its_own,
        },
        Upcast {
            from: "player.lease-extended.v1",
            to: "player.lease-extended.v2",
            change: a_booking_of_its_own,
        },
    ];
}

/// Before v2 moves took no lease, and a booking that had moved counted under its new id.
fn a_booking_of_its_own(data: &mut Map<String, Value>) {
    let booking = data.get("booking").cloned().unwrap_or_default();
    data.insert("reference".to_owned(), booking);
}
