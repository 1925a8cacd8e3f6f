//! Who waits together reads together; and nobody is answered by what was read before he asked.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crate::support::tickets::{Command, Rejection, SEATS, Tickets};
use async_trait::async_trait;
use event_store::hostile::{Meddler, Reading};
use event_store::memory::MemoryStore;
use event_store::{
    AppendError, Appended, EventStore, ExecuteError, Executor, Expected, Metadata, NewEvent,
    ReadError, Store,
};
use futures::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

const AN_HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_stampede_of_losers_reads_twice() {
    let (counted, executor) = counted();
    sell_out(&executor).await;
    counted.forget();
    let asking = (0..200).map(|it| sell(&executor, 1_000 + it));
    for answer in join_all(asking).await {
        assert!(matches!(answer, Err(ExecuteError::Rejected { .. })), "{answer:?}");
    }
    // The first one's reading began before the others had come.
    assert_eq!(counted.counts(), (2, 2), "readings of the stream, and of the log's end");
}

#[tokio::test]
async fn winners_among_the_losers_are_seen_by_who_comes_after_them() {
    let (_, executor) = counted();
    let asking = (0..200).map(|it| sell(&executor, it));
    let answers = join_all(asking).await;
    assert!(answers[..SEATS].iter().all(Result::is_ok), "first come, first served");
    assert!(answers[SEATS..].iter().all(Result::is_err), "no seat is sold twice");
}

#[tokio::test]
async fn nobody_is_refused_by_what_was_read_before_he_asked() {
    let (counted, executor) = counted();
    let elsewhere = Executor::new(Arc::new(counted.clone()));
    sell_out(&executor).await;
    for round in 0..3 {
        let refused = sell(&executor, 500 + round).await;
        assert!(refused.is_err(), "no seat is left");
        let back = Command::Refund { ticket: round };
        elsewhere.execute::<Tickets>("t", back, &meta(900 + round)).await.unwrap();
        let sold = sell(&executor, 700 + round).await;
        assert!(sold.is_ok(), "a seat came back before this was asked");
    }
}

#[tokio::test]
async fn who_looks_together_reads_together_and_sees_what_was_there_when_he_asked() {
    let (counted, executor) = counted();
    for ticket in 0..2 {
        sell(&executor, ticket).await.unwrap();
        counted.forget();
        let looking = (0..100).map(|_| executor.load::<Tickets>("t"));
        for it in join_all(looking).await {
            assert_eq!(it.unwrap().revision, Some(ticket));
        }
        assert_eq!(counted.counts(), (2, 0));
    }
}

/// Each waiting in turn for its own failure, the last would be told long after its client has gone.
#[tokio::test]
async fn who_waits_while_the_store_is_away_is_told_so_with_the_others() {
    let (counted, executor) = counted();
    sell_out(&executor).await;
    counted.forget();
    counted.away.store(true, Ordering::SeqCst);
    let asking = (0..100).map(|it| sell(&executor, 1_000 + it));
    for answer in join_all(asking).await {
        assert!(matches!(answer, Err(ExecuteError::Unreadable(_))), "{answer:?}");
    }
    let looking = (0..100).map(|_| executor.load::<Tickets>("t"));
    assert!(join_all(looking).await.iter().all(Result::is_err));
    assert_eq!(counted.counts(), (4, 0));

    counted.away.store(false, Ordering::SeqCst);
    assert!(matches!(sell(&executor, 1).await, Ok(done) if done.appended.is_empty()));
    assert!(executor.load::<Tickets>("t").await.is_ok());
}

#[tokio::test]
async fn what_may_be_a_little_old_is_read_once_in_a_while() {
    let (counted, executor) = counted();
    for _ in 0..2 {
        assert_eq!(recent(&executor, AN_HOUR).await, None);
    }
    assert_eq!(counted.counts(), (2, 0), "what is not there is looked for each time");
    sell(&executor, 0).await.unwrap();
    counted.forget();
    for _ in 0..10 {
        assert_eq!(recent(&executor, AN_HOUR).await, Some(0));
    }
    assert_eq!(counted.counts(), (1, 0));
    for _ in 0..10 {
        assert_eq!(recent(&executor, Duration::ZERO).await, Some(0));
    }
    assert_eq!(counted.counts(), (11, 0), "too old each time");
}

#[tokio::test]
async fn however_old_it_may_be_it_is_what_this_process_wrote() {
    let (_, executor) = counted();
    let written = AtomicBool::new(false);
    let write = async {
        for ticket in 0..u64::try_from(SEATS).unwrap() {
            let done = sell(&executor, ticket).await.unwrap();
            assert_eq!(recent(&executor, AN_HOUR).await, done.revision, "its own work");
        }
        written.store(true, Ordering::SeqCst);
    };
    let look = async || {
        while !written.load(Ordering::SeqCst) {
            recent(&executor, Duration::ZERO).await;
        }
    };
    tokio::join!(write, look(), look(), look());
}

async fn recent(executor: &Executor, age: Duration) -> Option<u64> {
    executor.load_recent::<Tickets>("t", age).await.unwrap().revision
}

/// A store that takes a moment to answer, and counts what it is asked.
#[derive(Clone)]
struct Counted {
    inner: Store,
    streams: Arc<AtomicU32>,
    heads: Arc<AtomicU32>,
    away: Arc<AtomicBool>,
}

fn counted() -> (Counted, Executor) {
    let store: Store = Arc::new(MemoryStore::default());
    let counted = Counted {
        inner: store,
        streams: Arc::default(),
        heads: Arc::default(),
        away: Arc::default(),
    };
    let executor = Executor::new(Arc::new(counted.clone()));
    (counted, executor)
}

impl Counted {
    fn counts(&self) -> (u32, u32) {
        (self.streams.load(Ordering::SeqCst), self.heads.load(Ordering::SeqCst))
    }

    fn forget(&self) {
        self.streams.store(0, Ordering::SeqCst);
        self.heads.store(0, Ordering::SeqCst);
    }
}

fn meta(command: u64) -> Metadata {
    Metadata::new(Uuid::from_u128(command.into()), Timestamp::UNIX_EPOCH)
}

async fn sell(
    executor: &Executor,
    ticket: u64,
) -> Result<event_store::Done<Tickets>, ExecuteError<Rejection>> {
    executor.execute::<Tickets>("t", Command::Sell { ticket }, &meta(ticket)).await
}

async fn sell_out(executor: &Executor) {
    for ticket in 0..SEATS {
        sell(executor, u64::try_from(ticket).unwrap()).await.unwrap();
    }
}

#[async_trait]
impl Meddler for Counted {
    fn inner(&self) -> &dyn EventStore {
        &*self.inner
    }

    async fn reading(&self, what: Reading) -> Result<(), ReadError> {
        match what {
            Reading::Stream => self.streams.fetch_add(1, Ordering::SeqCst),
            Reading::Head => self.heads.fetch_add(1, Ordering::SeqCst),
            Reading::All | Reading::PositionAt => return Ok(()),
        };
        tokio::task::yield_now().await;
        if what == Reading::Stream && self.away.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("away".into()));
        }
        Ok(())
    }

    async fn has_read(&self, _: Reading) {
        tokio::task::yield_now().await;
    }

    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        tokio::task::yield_now().await;
        self.inner.append(stream, expected, events).await
    }
}
