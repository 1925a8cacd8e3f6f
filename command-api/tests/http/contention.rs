//! Others are faster each time: the client is told so, within bounds, and that nothing happened.
use std::sync::Arc;

use event_store::hostile::Hostile;
use event_store::memory::MemoryStore;
use event_store::{Expected, NewEvent, Store};
use serde_json::Value;
use uuid::Uuid;

use crate::world::World;

const DAY: &str = "courtday-RV01-2026-11-22";

/// Writes to the day whatever was written there last, again: it changes nothing, and takes the revision.
async fn repeat_the_last(store: Store, stream: String, roll: u64) {
    if stream != DAY {
        return;
    }
    let last = store.read_stream_backwards(&stream, None, 1).await.unwrap();
    let Some(last) = last.into_iter().next() else {
        return;
    };
    let id = Uuid::from_u128(u128::from(roll) << 64);
    let again = NewEvent { id, kind: last.kind, data: last.data, meta: last.meta };
    store.append(&stream, Expected::Exact(last.revision), vec![again]).await.unwrap();
}

#[tokio::test]
async fn who_is_always_too_late_is_told_that_others_were_faster() {
    let inner: Store = Arc::new(MemoryStore::default());
    let hostile = Hostile::new(inner, 1).rival(repeat_the_last).overrun();
    let world = World::on(Arc::new(hostile), &[]).await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    // Nobody is there before the first booking; its release is what rivals then repeat.
    let held = world.send(eva.hold("10:00", "11:00", "first")).await;
    assert_eq!(held.status, 201, "{}", held.body);
    let release = format!("/v1/bookings/{}/release", held.text("id"));

    let reply = world.send(eva.post(&release, &Value::Null)).await;
    assert_eq!(reply.summary(), "503 contention");
    assert_eq!(reply.headers["retry-after"], "1");
    let reply = world.send(eva.hold("12:00", "13:00", "second")).await;
    assert_eq!(reply.summary(), "503 contention");
    let mut day = world.all().await.into_iter().filter(|it| it.stream == DAY);
    assert!(day.all(|it| it.kind == "booking.held.v2"), "nothing of it happened");
}
