//! What `execute` answers, case by case.
use std::sync::Arc;

use crate::support::tickets::{Command, Event, Rejection, SEATS, Tickets};
use event_store::hostile::Hostile;
use event_store::memory::MemoryStore;
use event_store::{ExecuteError, Executor, Expected, Metadata, Store, event_id};
use futures::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::made_by;

fn meta(command: u128) -> Metadata {
    Metadata::new(Uuid::from_u128(command), Timestamp::UNIX_EPOCH).actor("user:tester")
}

fn executor() -> Executor {
    Executor::new(Arc::new(MemoryStore::default()))
}

#[tokio::test]
async fn what_was_decided_is_recorded_under_the_command() {
    let executor = executor();
    for ticket in [1, 2] {
        executor
            .execute::<Tickets>("t", Command::Sell { ticket }, &meta(ticket.into()))
            .await
            .unwrap();
    }
    let done =
        executor.execute::<Tickets>("t", Command::Sell { ticket: 3 }, &meta(3)).await.unwrap();

    assert_eq!(done.appended, [Event::Sold { ticket: 3 }, Event::SoldOut {}]);
    assert_eq!((done.revision, done.position, done.state.len()), (Some(3), 4, 3));
    let ids: Vec<_> = [2, 3].map(|it| event_id("t", it, Uuid::from_u128(3))).into();
    assert_eq!(done.event_ids, ids);

    let recorded = executor.store().read_stream("t", 2, 9).await.unwrap();
    assert_eq!(recorded.iter().map(|it| it.id).collect::<Vec<_>>(), ids);
    assert_eq!(recorded[0].meta, meta(3));
    assert_eq!(
        (recorded[0].kind.as_str(), recorded[0].data.as_slice()),
        ("ticket.sold.v1", &br#"{"ticket":3}"#[..])
    );
}

#[tokio::test]
async fn what_is_already_true_appends_nothing_and_says_up_to_where() {
    let executor = executor();
    executor.execute::<Tickets>("t", Command::Sell { ticket: 1 }, &meta(1)).await.unwrap();
    executor.execute::<Tickets>("other", Command::Sell { ticket: 2 }, &meta(2)).await.unwrap();
    let done =
        executor.execute::<Tickets>("t", Command::Sell { ticket: 1 }, &meta(1)).await.unwrap();
    assert!(done.appended.is_empty() && done.event_ids.is_empty());
    assert_eq!((done.revision, done.position), (Some(0), 2));
}

#[tokio::test]
async fn a_refusal_says_up_to_where_it_holds() {
    let executor = executor();
    let early = executor.execute::<Tickets>("t", Command::Refund { ticket: 1 }, &meta(1)).await;
    let Err(ExecuteError::Rejected { rejection: Rejection::NotSold, position: 0 }) = early else {
        panic!("{early:?}");
    };
    executor.execute::<Tickets>("t", Command::Sell { ticket: 1 }, &meta(2)).await.unwrap();
    let other = executor.execute::<Tickets>("t", Command::Refund { ticket: 2 }, &meta(3)).await;
    let Err(ExecuteError::Rejected { rejection: Rejection::NotSold, position: 1 }) = other else {
        panic!("{other:?}");
    };
}

/// A scheduler that decided on what it remembers would find nothing to expire, and say so: the message would be gone,
/// and the hold open for ever.
#[tokio::test]
async fn an_expiry_is_not_lost_on_a_remembered_state() {
    let scheduler = executor();
    let api = Executor::new(scheduler.store().clone());
    let sell = async |executor: &Executor, ticket| {
        let command = Command::Sell { ticket };
        executor.execute::<Tickets>("t", command, &meta(ticket.into())).await.unwrap()
    };
    let expire = async |ticket: u64| {
        let command = Command::Refund { ticket };
        scheduler.execute::<Tickets>("t", command, &meta(100 + u128::from(ticket))).await
    };
    sell(&scheduler, 1).await;
    // Only what was read is remembered: from here on, that ticket 1 is sold and no other.
    expire(7).await.unwrap_err();
    sell(&api, 2).await;
    let done = expire(2).await.expect("held elsewhere, after what is remembered here");
    assert_eq!(done.appended, [Event::Refunded { ticket: 2 }]);

    // The other answer that appends nothing: what is already true here is no longer true there.
    expire(1).await.unwrap();
    let already = expire(1).await.unwrap();
    assert!(already.appended.is_empty());
    let seen = api.execute::<Tickets>("t", Command::Sell { ticket: 3 }, &meta(3)).await.unwrap();
    let refused = expire(9).await;
    let Err(ExecuteError::Rejected { rejection: Rejection::NotSold, position }) = refused else {
        panic!("{refused:?}");
    };
    assert!(seen.position <= position, "a reader who has come that far sees why");
}

#[tokio::test]
async fn a_long_stream_is_folded_to_its_end() {
    let executor = executor();
    let mut expected = Expected::NoStream;
    for page in 0..6 {
        let mut events = made_by(page, "t", expected.next_revision(), 200);
        for (ticket, event) in events.iter_mut().enumerate() {
            event.kind = ["ticket.sold.v1", "ticket.refunded.v1"][ticket % 2].to_owned();
            event.data =
                format!(r#"{{"ticket":{}}}"#, page * 100 + ticket as u128 / 2).into_bytes();
        }
        let appended = executor.store().append("t", expected, events).await.unwrap();
        expected = Expected::Exact(appended.revision);
    }
    let loaded = executor.load::<Tickets>("t").await.unwrap();
    assert_eq!((loaded.state.len(), loaded.revision), (600, Some(1_199)));
    let empty = executor.load::<Tickets>("nothing").await.unwrap();
    assert_eq!((empty.state.len(), empty.revision), (0, None));
}

#[tokio::test]
async fn an_event_nobody_knows_is_not_passed_over() {
    let executor = executor();
    let strange = made_by(1, "t", 0, 1);
    executor.store().append("t", Expected::NoStream, strange).await.unwrap();
    let done = executor.execute::<Tickets>("t", Command::Sell { ticket: 1 }, &meta(2)).await;
    assert!(matches!(done, Err(ExecuteError::Codec(_))), "{done:?}");
    assert!(executor.load::<Tickets>("t").await.is_err());
}

#[tokio::test]
async fn what_the_store_does_not_take_is_no_outage() {
    let done =
        executor().execute::<Tickets>("a name\n", Command::Sell { ticket: 1 }, &meta(1)).await;
    assert!(matches!(done, Err(ExecuteError::Codec(_))), "{done:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_always_too_late_is_told_so() {
    // Somebody sells and gives back again: sold out is no answer here.
    let rival = |store: Store, stream: String, roll: u64| async move {
        let rival = Executor::new(store);
        let ticket = 1_000 + roll % 1_000;
        for (command, number) in [(Command::Sell { ticket }, 0), (Command::Refund { ticket }, 1)] {
            let meta = meta(u128::from(roll) << 1 | number);
            rival.execute::<Tickets>(&stream, command, &meta).await.unwrap();
        }
    };
    let overrun = Hostile::new(Arc::new(MemoryStore::default()), 1).rival(rival).overrun();
    let executor = Executor::new(Arc::new(overrun));
    let done = executor.execute::<Tickets>("t", Command::Sell { ticket: 1 }, &meta(1)).await;
    assert!(matches!(done, Err(ExecuteError::Contended { attempts: 8 })), "{done:?}");
}

#[tokio::test]
async fn a_stampede_in_one_process_never_conflicts() {
    let executor = executor();
    let buyers = (0..200).map(|ticket| {
        let executor = executor.clone();
        async move {
            executor.execute::<Tickets>("t", Command::Sell { ticket }, &meta(ticket.into())).await
        }
    });
    let answers = join_all(buyers).await;
    let sold = answers.iter().filter(|it| it.is_ok()).count();
    assert_eq!(sold, SEATS);
    assert!(answers[..SEATS].iter().all(Result::is_ok), "first come, first served");
}
