//! A log moves from any store to any other, whole, in order, and whoever dies on the way.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use event_store::copy::{Copied, Copy, CopyError, Stage};
use event_store::eventstoredb::EventStoreDb;
use event_store::hostile::Meddler;
use event_store::log::STREAM;
use event_store::memory::MemoryStore;
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{
    AppendError, Appended, EventStore, Expected, LogId, NewEvent, Store, StreamEvent, log_id,
    open_log,
};
use jiff::Timestamp;
use testing::Scratch;
use uuid::Uuid;

use crate::double::Double;
use crate::support::made_by;

const HERE: u128 = 1;
const THERE: u128 = 2;

async fn copy(source: &Store, target: &Store) -> Result<Copied, CopyError> {
    let copy = Copy { source, target, until: None, progress: &|_: Stage, _, _| {} };
    copy.run(Uuid::from_u128(THERE), Timestamp::UNIX_EPOCH).await
}

fn memory() -> Store {
    Arc::new(MemoryStore::default())
}

async fn append(store: &Store, stream: &str, revision: u64, count: u64) {
    let mut events = made_by(u128::from(revision) + 9, stream, revision, count);
    for it in &mut events {
        it.data = format!("{{ \"n\": 1.50, \"of\": \"{}\" }}", it.id).into_bytes();
        it.meta.more.insert("theirs".to_owned(), serde_json::json!([1, { "b": 2, "a": null }]));
    }
    let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
    store.append(stream, expected, events).await.unwrap();
}

/// Streams that alternate, runs, one longer than an append takes, and the log's id in the middle.
async fn fill(store: &Store) -> u64 {
    for n in 0..20 {
        append(store, &format!("s-{}", n % 3), n / 3, 1).await;
    }
    open_log(store, Uuid::from_u128(HERE), Timestamp::UNIX_EPOCH).await.unwrap();
    append(store, "long-1", 0, 200).await;
    append(store, "long-1", 200, 200).await;
    append(store, "s-0", 7, 3).await;
    423
}

/// What a log holds, whatever its positions are.
async fn content(store: &Store) -> Vec<(String, StreamEvent)> {
    let all = store.read_all(0, usize::MAX).await.unwrap();
    let mine = all.into_iter().filter(|it| it.stream != STREAM);
    mine.map(|it| (it.stream.clone(), StreamEvent::from(it))).collect()
}

async fn moves(from: &Store, to: &Store) {
    let events = fill(from).await;
    let copied = copy(from, to).await.unwrap();
    assert_eq!((copied.found, copied.copied, copied.streams), (0, events, 4));
    assert!(copied.stood_still);
    assert_eq!(content(to).await, content(from).await);
    assert_eq!(copied.log, LogId(Uuid::from_u128(THERE)), "the copy is a log of its own");
    assert_eq!(log_id(to).await.unwrap(), Some(copied.log));
    assert_eq!(log_id(from).await.unwrap(), Some(LogId(Uuid::from_u128(HERE))));

    let again = copy(from, to).await.unwrap();
    assert_eq!((again.found, again.copied), (events, 0), "nothing twice");
    assert_eq!(again.fingerprint, copied.fingerprint);

    append(from, "s-1", 7, 2).await;
    append(from, "s-9", 0, 1).await;
    let on = copy(from, to).await.unwrap();
    assert_eq!((on.found, on.copied, on.streams), (events, 3, 5), "what came meanwhile follows");
    assert_ne!(on.fingerprint, copied.fingerprint);
    assert_eq!(content(to).await, content(from).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_memory_to_postgres_and_on_to_postgres() {
    let [one, other] = [Scratch::new(&MIGRATOR).await, Scratch::new(&MIGRATOR).await];
    let [one, other]: [(Store, Scratch); 2] =
        [one, other].map(|it| (Arc::new(PostgresStore::connect(&it.url, 2).unwrap()) as Store, it));
    moves(&memory(), &one.0).await;
    let on = Copy { source: &one.0, target: &other.0, until: None, progress: &|_, _, _| {} };
    on.run(Uuid::from_u128(3), Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(content(&other.0).await, content(&one.0).await);
    let itself = copy(&one.0, &one.0).await;
    assert!(matches!(itself, Err(CopyError::Same(_))), "{itself:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_postgres_to_eventstoredb() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let from: Store = Arc::new(PostgresStore::connect(&scratch.url, 2).unwrap());
    let double = Double::start().await;
    let to: Store = Arc::new(EventStoreDb::connect(&double.url()).unwrap());
    moves(&from, &to).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_eventstoredb_to_postgres() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let to: Store = Arc::new(PostgresStore::connect(&scratch.url, 2).unwrap());
    let double = Double::start().await;
    let from: Store = Arc::new(EventStoreDb::connect(&double.url()).unwrap());
    moves(&from, &to).await;
}

/// A target that dies: so many appends are recorded, the next one is or is not, and nobody hears of it.
struct Dying {
    inner: Store,
    left: AtomicI64,
    records_last: bool,
}

#[async_trait]
impl Meddler for Dying {
    fn inner(&self) -> &dyn EventStore {
        &*self.inner
    }

    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if 0 < left {
            return self.inner.append(stream, expected, events).await;
        }
        if left == 0 && self.records_last {
            self.inner.append(stream, expected, events).await?;
        }
        Err(AppendError::Unavailable("gone".into()))
    }
}

#[tokio::test]
async fn a_copy_that_dies_at_any_append_is_gone_on_with() {
    let from = memory();
    let events = fill(&from).await;
    for records_last in [false, true] {
        // The first append gives the target its id.
        for left in 0.. {
            let to = memory();
            let dying: Store =
                Arc::new(Dying { inner: to.clone(), left: AtomicI64::new(left), records_last });
            let died = copy(&from, &dying).await;
            if let Ok(copied) = died {
                assert!(20 < left, "it dies at every append before: {left}");
                assert_eq!(copied.copied, events);
                break;
            }
            assert!(matches!(died, Err(CopyError::Unwritten(_))), "{died:?}");
            let done = copy(&from, &to).await.unwrap();
            assert_eq!(done.found + done.copied, events, "after {left}");
            assert_eq!(content(&to).await, content(&from).await, "after {left}");
        }
    }
}

#[tokio::test]
async fn what_is_no_copy_of_the_source_is_not_built_upon() {
    type Spoil = fn(&mut NewEvent);
    let cases: [(Option<Spoil>, &str); 6] = [
        (Some(|it| it.id = Uuid::from_u128(3)), "has another id"),
        (Some(|it| "test.other.v1".clone_into(&mut it.kind)), "has another name"),
        (Some(|it| it.data = b"{ }".to_vec()), "has other data"),
        (Some(|it| it.meta.actor = Some("me".to_owned())), "has other metadata"),
        (None, "stands where the source has another"),
        (None, "stands where the source has ended"),
    ];
    for (spoil, why) in cases {
        let (from, to) = (memory(), memory());
        let ended = why.ends_with("ended");
        let stream = if spoil.is_some() || ended { "a" } else { "b" };
        from.append("a", Expected::NoStream, made_by(1, "a", 0, 2)).await.unwrap();
        let mut events = made_by(1, stream, 0, if ended { 3 } else { 2 });
        if let Some(spoil) = spoil {
            spoil(&mut events[1]);
        }
        to.append(stream, Expected::NoStream, events).await.unwrap();
        let before = to.head().await.unwrap();
        match copy(&from, &to).await {
            Err(CopyError::NoCopy { why: said, .. }) => assert_eq!(said, why),
            other => panic!("{why}: {other:?}"),
        }
        assert_eq!(to.head().await.unwrap(), before, "{why}: nothing was written");
    }
}

#[tokio::test]
async fn a_source_that_grows_meanwhile_did_not_stand_still() {
    let (from, to) = (memory(), memory());
    append(&from, "a", 0, 3).await;
    let inner = from.clone();
    let grows = move |stage, _, _| {
        if stage == Stage::Verifying {
            let inner = inner.clone();
            let append = async move { append(&inner, "late", 0, 1).await };
            // Memory never waits.
            futures::FutureExt::now_or_never(append);
        }
    };
    let copy = Copy { source: &from, target: &to, until: None, progress: &grows };
    let copied = copy.run(Uuid::from_u128(THERE), Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((copied.copied, copied.stood_still), (3, false));
}
