//! What the outside is told of every event that was ever stored.
use std::collections::BTreeSet;

use domain::changes::{Change, KINDS, STREAMS};
use domain::features::{of_event, prefix};
use serde_json::{Value, json};

/// One of each feature's streams whose events are told.
const TOLD: [&str; 3] = ["courtday-7FK2-2026-03-02", "court-7FK2", "venue-riverside"];

fn wire() -> Vec<(String, Value)> {
    let files = std::fs::read_dir("tests/wire").unwrap();
    let read = files.map(|it| std::fs::read(it.unwrap().path()).unwrap());
    let stored = read.map(|it| serde_json::from_slice::<Value>(&it).unwrap());
    stored.map(|it| (it["type"].as_str().unwrap().to_owned(), it["data"].clone())).collect()
}

#[test]
fn each_stored_event_of_courts_is_told_by_its_kind_and_no_other_is() {
    let mut told = BTreeSet::new();
    for (name, data) in wire() {
        let feature = of_event(&name).unwrap();
        let stream = TOLD.into_iter().find(|it| prefix(it) == feature.stream);
        let data = serde_json::to_vec(&data).unwrap();
        let change = Change::of(stream.unwrap_or(feature.stream), &name, &data).unwrap();
        assert_eq!(change.is_some(), stream.is_some(), "{name}");
        if let Some(change) = change {
            assert!(name.starts_with(&format!("{}.v", change.kind)), "{name}");
            told.insert(change.kind);
        }
    }
    assert_eq!(told, KINDS.into_iter().collect(), "every kind is of an event, and listed once");
    assert!(KINDS.is_sorted());
    assert_eq!(TOLD.map(prefix), STREAMS);
}

#[test]
fn a_change_is_ids_alone() {
    for (stream, name, data, told) in [
        (
            "courtday-7FK2-2026-03-02",
            "booking.released.v1",
            json!({"booking": "2026-03-02-7FK2-9X3M2KQD"}),
            json!({"booking": "2026-03-02-7FK2-9X3M2KQD", "court": "7FK2", "date": "2026-03-02"}),
        ),
        (
            "courtday-7FK2-2026-03-02",
            "courtday.unblocked.v1",
            json!({"block": "00000000-0000-0000-0000-000000000007"}),
            json!({"block": "00000000-0000-0000-0000-000000000007", "court": "7FK2", "date": "2026-03-02"}),
        ),
        (
            "court-7FK2",
            "court.returned.v1",
            json!({"from": "2026-03-02"}),
            json!({"court": "7FK2"}),
        ),
        (
            "venue-riverside",
            "venue.renamed.v1",
            json!({"name": "R"}),
            json!({"venue": "riverside"}),
        ),
    ] {
        let data = serde_json::to_vec(&data).unwrap();
        let change = Change::of(stream, name, &data).unwrap().unwrap();
        assert_eq!(serde_json::to_value(&change.data).unwrap(), told, "{name}");
    }
}

/// A program that follows must not stand still because one of us is a build ahead.
#[test]
fn what_a_newer_build_wrote_is_passed_over() {
    for (stream, name) in [
        ("courtday-7FK2-2026-03-02", "booking.held.v99"),
        ("courtday-7FK2-2026-03-02", "booking.lit.v1"),
        ("court-7FK2", "court.priced.v99"),
        ("venue-riverside", "venue.renamed.v99"),
    ] {
        assert_eq!(Change::of(stream, name, b"{}").unwrap(), None, "{name}");
    }
    assert!(Change::of("courtday-7FK2-2026-03-02", "booking.released.v1", b"{}").is_err());
}
