//! What may be stored, and that it comes back as it was.
use serde_json::json;
use uuid::Uuid;

use super::{at, event, events, read_everything};
use crate::limits::{MAX_APPEND_BYTES, MAX_EVENT_BYTES, MAX_EVENTS, MAX_NAME_BYTES};
use crate::{AppendError, Expected, Metadata, NewEvent, Store};

pub async fn json_is_kept_byte_for_byte(store: &Store) {
    let written = [
        r#"{"b":1,"a":2}"#,
        r#"{ "spaces" : [ 1 , 2 ] }"#,
        r#""a zero \u0000 in a string""#,
        r#"{"\u0000":"\ud834\udd1e and 𝄞"}"#,
        r#"{"twice":1,"twice":2}"#,
        "1.10",
        "123456789012345678901234567890.123456789",
        "null",
        "\"line\u{2028}and\u{7f}\"",
    ];
    let new = (0..).zip(written).map(|(n, data)| NewEvent { data: data.into(), ..event(n) });
    store.append("s-1", Expected::NoStream, new.collect()).await.unwrap();

    let of_stream = store.read_stream("s-1", 0, 100).await.unwrap();
    let of_all = read_everything(store).await;
    for (index, data) in written.iter().enumerate() {
        assert_eq!(of_stream[index].data, data.as_bytes());
        assert_eq!(of_all[index].data, data.as_bytes());
    }
}

pub async fn metadata_travels_whole(store: &Store) {
    let mut full =
        Metadata::new(Uuid::from_u128(1), "2026-03-01T09:00:00.123456789Z".parse().unwrap())
            .correlation(Uuid::from_u128(2))
            .causation(Uuid::from_u128(3))
            .actor("user:ä\0");
    full.trace = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    full.more.insert("schema".to_owned(), json!(3));
    full.more.insert(
        "of another writer".to_owned(),
        json!({ "deep": [null, "\0", 1.5, { "a": true }] }),
    );
    let bare = Metadata::new(Uuid::from_u128(4), at(1));

    let new = vec![
        NewEvent { meta: full.clone(), ..event(1) },
        NewEvent { meta: bare.clone(), ..event(2) },
    ];
    store.append("s-1", Expected::NoStream, new).await.unwrap();

    let of_stream = store.read_stream("s-1", 0, 2).await.unwrap();
    assert_eq!((&of_stream[0].meta, &of_stream[1].meta), (&full, &bare));
    let of_all = read_everything(store).await;
    assert_eq!((&of_all[0].meta, &of_all[1].meta), (&full, &bare));
}

pub async fn an_append_is_recorded_whole_or_not_at_all(store: &Store) {
    let mut with_a_bad_end = events(0..5);
    with_a_bad_end[4].kind.push(char::from(0));
    let refused = store.append("s-1", Expected::NoStream, with_a_bad_end).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert_eq!(read_everything(store).await, []);

    store.append("s-1", Expected::NoStream, events(0..5)).await.unwrap();
    assert_eq!(store.read_stream("s-1", 0, 100).await.unwrap().len(), 5);
}

pub async fn the_largest_append_is_taken(store: &Store) {
    let name = "n".repeat(MAX_NAME_BYTES);
    let mut many: Vec<_> = (0..).map(event).take(MAX_EVENTS).collect();
    many[0].kind.clone_from(&name);
    let appended = store.append(&name, Expected::NoStream, many).await.unwrap();
    assert_eq!(appended.revision, MAX_EVENTS as u64 - 1);

    let large = (0..).map(sized).take(MAX_APPEND_BYTES / MAX_EVENT_BYTES);
    let appended = store.append("s-1", Expected::NoStream, large.collect()).await.unwrap();
    let read = store.read_stream("s-1", 0, 10).await.unwrap();
    assert_eq!(read.len() as u64, appended.revision + 1);
    assert_eq!(read[0].data, sized(0).data);
}

/// An event of exactly the largest size.
fn sized(n: u32) -> NewEvent {
    let small = event(n);
    let meta = serde_json::to_vec(&small.meta).unwrap().len();
    let data = format!("\"{}\"", "x".repeat(MAX_EVENT_BYTES - meta - 2));
    NewEvent { data: data.into_bytes(), ..small }
}

pub async fn what_cannot_be_stored_is_refused(store: &Store) {
    let long = "n".repeat(MAX_NAME_BYTES + 1);
    for stream in ["", "a space", "zero\0", "line\n", "ß", &long] {
        assert_refused(store, stream, events([1])).await;
    }
    for kind in ["", "a space", "zero\0", "ß.happened.v1", &long] {
        assert_refused(store, "s-1", vec![NewEvent { kind: kind.to_owned(), ..event(1) }]).await;
    }
    for data in ["", "{", "{} {}", "\"a raw zero \0\"", "undefined"] {
        assert_refused(store, "s-1", vec![NewEvent { data: data.into(), ..event(1) }]).await;
    }
    assert_refused(store, "s-1", vec![NewEvent { data: b"\"\xff\"".to_vec(), ..event(1) }]).await;
    assert_refused(store, "s-1", vec![]).await;
    assert_refused(store, "s-1", (0..).map(event).take(MAX_EVENTS + 1).collect()).await;

    let mut too_large = sized(1);
    too_large.data.push(b' ');
    assert_refused(store, "s-1", vec![too_large]).await;
    let too_many_bytes = (0..).map(sized).take(MAX_APPEND_BYTES / MAX_EVENT_BYTES);
    assert_refused(store, "s-1", too_many_bytes.chain([event(9)]).collect()).await;

    let mut twice = event(1);
    twice.meta.more.insert("command".to_owned(), json!("another"));
    assert_refused(store, "s-1", vec![twice]).await;

    assert_eq!(store.head().await.unwrap(), 0, "nothing of it was stored");
}

async fn assert_refused(store: &Store, stream: &str, events: Vec<NewEvent>) {
    let refused = store.append(stream, Expected::NoStream, events).await;
    match refused {
        Err(AppendError::Refused(why)) => {
            assert!(why.contains(' '), "says in a sentence why: {why}");
        }

        other => panic!("not refused but {other:?}"),
    }
}
