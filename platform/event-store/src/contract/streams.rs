//! What one stream promises to those who write to it.
use super::{NOTHING, event, events, read_everything};
use crate::{AppendError, Appended, Expected, NewEvent, Store, StreamEvent};

pub async fn a_stream_reads_back_in_order(store: &Store) {
    store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    store.append("s-2", Expected::NoStream, events([3])).await.unwrap();
    let appended = store.append("s-1", Expected::Exact(1), events([4])).await.unwrap();
    assert_eq!(appended.revision, 2);

    let read = store.read_stream("s-1", 0, 10).await.unwrap();
    let written = [event(1), event(2), event(4)];
    assert_eq!(read, written.into_iter().zip(0..).map(stands_at).collect::<Vec<_>>());
}

fn stands_at((event, revision): (NewEvent, u64)) -> StreamEvent {
    StreamEvent { revision, id: event.id, kind: event.kind, data: event.data, meta: event.meta }
}

pub async fn a_stream_never_written_is_empty(store: &Store) {
    store.append("s-1", Expected::NoStream, events([1])).await.unwrap();
    let too_long = "s".repeat(10_000);
    for never_written in ["s-2", "s-", "S-1", "s-1\0", "", "ß", &too_long] {
        let forwards = store.read_stream(never_written, 0, 10).await.unwrap();
        let backwards = store.read_stream_backwards(never_written, None, 10).await.unwrap();
        assert!(forwards.is_empty() && backwards.is_empty(), "{never_written:?}");
    }
}

pub async fn a_page_begins_where_asked_and_ends_at_its_limit(store: &Store) {
    store.append("s-1", Expected::NoStream, events(0..5)).await.unwrap();
    let page = async |from, limit| revisions(&store.read_stream("s-1", from, limit).await.unwrap());
    assert_eq!(page(0, 2).await, [0, 1]);
    assert_eq!(page(2, 2).await, [2, 3]);
    assert_eq!(page(4, 2).await, [4]);
    assert_eq!(page(5, 2).await, NOTHING);
    assert_eq!(page(u64::MAX, 2).await, NOTHING);
    assert_eq!(page(0, 0).await, NOTHING);
    assert_eq!(page(1, usize::MAX).await, [1, 2, 3, 4]);
}

pub async fn a_stream_reads_backwards(store: &Store) {
    store.append("s-0", Expected::NoStream, events([9])).await.unwrap();
    store.append("s-1", Expected::NoStream, events(0..5)).await.unwrap();
    let page = async |from, limit| {
        revisions(&store.read_stream_backwards("s-1", from, limit).await.unwrap())
    };
    assert_eq!(page(None, 2).await, [4, 3]);
    assert_eq!(page(Some(2), 2).await, [2, 1]);
    assert_eq!(page(Some(0), 2).await, [0]);
    assert_eq!(page(Some(99), 2).await, [4, 3]);
    assert_eq!(page(Some(u64::MAX), 1).await, [4]);
    assert_eq!(page(None, usize::MAX).await, [4, 3, 2, 1, 0]);
    assert_eq!(page(None, 0).await, NOTHING);
}

fn revisions(events: &[StreamEvent]) -> Vec<u64> {
    events.iter().map(|it| it.revision).collect()
}

pub async fn a_conflict_leaves_no_trace(store: &Store) {
    let first = store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    let second = store.append("s-1", Expected::NoStream, events([3])).await;
    assert_conflict(second, Expected::NoStream, Some(1));
    let third = store.append("s-1", Expected::Exact(0), events([3])).await;
    assert_conflict(third, Expected::Exact(0), Some(1));

    assert_eq!(store.head().await.unwrap(), first.position);
    assert_eq!(read_everything(store).await.len(), 2);
    let next = store.append("s-1", Expected::Exact(1), events([3])).await.unwrap();
    assert_eq!(next.revision, 2, "the stream goes on as if nothing had been");
}

pub async fn a_writer_who_is_ahead_of_the_stream_conflicts(store: &Store) {
    for revision in [0, 1, u64::MAX] {
        let expected = Expected::Exact(revision);
        let unborn = store.append("s-1", expected, events([1])).await;
        assert_conflict(unborn, expected, None);
    }
    store.append("s-1", Expected::NoStream, events([1])).await.unwrap();
    for revision in [1, u64::MAX] {
        let expected = Expected::Exact(revision);
        let ahead = store.append("s-1", expected, events([2])).await;
        assert_conflict(ahead, expected, Some(0));
    }
    assert_eq!(read_everything(store).await.len(), 1);
}

pub async fn of_writers_at_one_revision_one_wins(store: &Store) {
    let mut expected = Expected::NoStream;
    for round in 0..10 {
        let racers = (0..8).map(|it| store.append("s-1", expected, events([round * 8 + it])));
        let results = futures::future::join_all(racers).await;
        let won: Vec<_> = results.iter().filter_map(|it| it.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{results:?}");
        for lost in results.into_iter().filter(Result::is_err) {
            assert_conflict(lost, expected, Some(u64::from(round)));
        }
        expected = Expected::Exact(u64::from(round));
    }
    let read = store.read_stream("s-1", 0, 100).await.unwrap();
    assert_eq!(revisions(&read), (0..10).collect::<Vec<_>>());
}

pub async fn a_repeated_append_returns_the_first_result(store: &Store) {
    let first = store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    let again = store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    assert_eq!(again, first);

    let second = store.append("s-1", Expected::Exact(1), events([3])).await.unwrap();
    let again = store.append("s-1", Expected::Exact(1), events([3])).await.unwrap();
    assert_eq!(again, second);
    assert_eq!(read_everything(store).await.len(), 3);
}

pub async fn a_repeated_append_returns_the_first_result_after_others_wrote(store: &Store) {
    let first = store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    store.append("s-2", Expected::NoStream, events([3])).await.unwrap();
    store.append("s-1", Expected::Exact(1), events([4, 5])).await.unwrap();

    let again = store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(read_everything(store).await.len(), 5);
}

pub async fn other_events_at_the_same_place_conflict(store: &Store) {
    store.append("s-1", Expected::NoStream, events([1, 2])).await.unwrap();
    for other in [[3, 2], [1, 3], [2, 1]] {
        let other = store.append("s-1", Expected::NoStream, events(other)).await;
        assert_conflict(other, Expected::NoStream, Some(1));
    }
    let elsewhere = store.append("s-1", Expected::Exact(0), events([1, 2])).await;
    assert_conflict(elsewhere, Expected::Exact(0), Some(1));
    let in_another_stream = store.append("s-2", Expected::NoStream, events([1, 2])).await;
    assert_eq!(in_another_stream.unwrap().revision, 1, "streams do not know each other");
}

pub async fn a_longer_append_is_no_repetition_of_a_shorter_one(store: &Store) {
    store.append("s-1", Expected::NoStream, events([1])).await.unwrap();
    let longer = store.append("s-1", Expected::NoStream, events([1, 2])).await;
    assert_conflict(longer, Expected::NoStream, Some(0));

    store.append("s-1", Expected::Exact(0), events([3])).await.unwrap();
    let longer = store.append("s-1", Expected::NoStream, events([1, 2])).await;
    assert_conflict(longer, Expected::NoStream, Some(1));
}

fn assert_conflict(result: Result<Appended, AppendError>, believed: Expected, there: Option<u64>) {
    match result {
        Err(AppendError::Conflict { expected, actual }) => {
            assert_eq!((expected, actual), (believed, there));
        }
        other => panic!("no conflict but {other:?}"),
    }
}
