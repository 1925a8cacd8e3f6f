use serde_json::{Map, Value, json};

use super::BookingEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for BookingEvent {
    const UPCASTS: &'static [Upcast] = &[
        Upcast { from: "booking.held.v1", to: "booking.held.v2", change: held_for_a_player },
        Upcast {
            from: "booking.cancelled.v1",
            to: "booking.cancelled.v2",
            change: cancelled_by_the_terms,
        },
        Upcast {
            from: "booking.hold-extended.v1",
            to: "booking.hold-extended.v2",
            change: extended_by_a_payment,
        },
    ];
}

/// Before v2 only players held, with a clock, and nothing had to be paid.
fn held_for_a_player(data: &mut Map<String, Value>) {
    let player = data.remove("player").unwrap_or_default();
    for (field, value) in [
        ("booked_for", json!({ "kind": "player", "user": player })),
        ("payment", json!("none")),
        ("payment_extension_seconds", json!(600)),
        ("moved_from", Value::Null),
        ("overridden", Value::Null),
    ] {
        data.insert(field.to_owned(), value);
    }
}

/// Before v2 nobody but the terms decided what was given back.
fn cancelled_by_the_terms(data: &mut Map<String, Value>) {
    data.insert("cause".to_owned(), json!({ "by": "player" }));
}

/// Before v2 nothing else extended a hold.
fn extended_by_a_payment(data: &mut Map<String, Value>) {
    data.insert("cause".to_owned(), json!({ "by": "payment" }));
}
