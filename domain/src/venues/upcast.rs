use serde_json::{Map, Value, json};

use super::VenueEvent;
use crate::stored::{StoredEvent, Upcast};

impl StoredEvent for VenueEvent {
    const UPCASTS: &'static [Upcast] = &[Upcast {
        from: "venue.policy-set.v1",
        to: "venue.policy-set.v2",
        change: with_payment_and_quotas,
    }];
}

/// Before v2 nothing had to be paid and nobody was counted; from now on the seeds' quotas hold.
fn with_payment_and_quotas(data: &mut Map<String, Value>) {
    let Some(Value::Object(policy)) = data.get_mut("policy") else { return };
    for (field, value) in [
        ("release", json!({ "mode": "rolling" })),
        ("payment", json!("none")),
        ("payment_extension_seconds", json!(600)),
        ("max_open_holds", json!(2)),
        ("max_bookings_per_day", json!(2)),
        ("max_upcoming", json!(6)),
    ] {
        policy.insert(field.to_owned(), value);
    }
}
