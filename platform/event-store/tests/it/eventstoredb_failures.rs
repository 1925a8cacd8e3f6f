//! The log in EventStoreDB outlives its client's defects and its server's absence. Played by the double.
use std::sync::Arc;
use std::time::Duration;

use event_store::eventstoredb::{ConnectError, EventStoreDb, prepare};
use event_store::{AppendError, Expected, Hindrance, ReadError, Store, Subscription};
use eventstore::{Client, ClientSettings, Error, ReadAllOptions, SubscribeToAllOptions};
use futures::future::join_all;
use testing::eventually;
use tokio::time::{Instant, timeout};

use crate::double::Double;
use crate::support::made_by;

const LONG: Duration = Duration::from_mins(1);

/// Longer than any call may take.
const OVER: Duration = Duration::from_secs(12);

async fn start() -> (Double, Store) {
    let double = Double::start().await;
    let store = connect(&double);
    (double, store)
}

fn connect(double: &Double) -> Store {
    Arc::new(EventStoreDb::connect(&double.url()).unwrap())
}

async fn works_again(store: &Store) {
    let works = async || store.head().await.is_ok();
    eventually("the store works again", LONG, works).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_connect_is_not_the_end() {
    let (double, store) = start().await;
    double.refuse(true);
    let failed = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await;
    assert!(matches!(failed, Err(AppendError::Unavailable(_))), "{failed:?}");
    assert!(matches!(store.head().await, Err(ReadError::Unavailable(_))));

    double.refuse(false);
    works_again(&store).await;
    store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    assert_eq!(store.read_all(0, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_itself_does_not_outlive_a_failed_connect() {
    prepare().unwrap();
    let double = Double::start().await;
    double.refuse(true);
    let client = Client::new(double.url().parse::<ClientSettings>().unwrap()).unwrap();
    assert!(client.read_all(&ReadAllOptions::default()).await.is_err());
    double.refuse(false);
    let again = client.read_all(&ReadAllOptions::default()).await;
    assert!(matches!(again, Err(Error::ConnectionClosed)), "the supervisor can go");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_outlives_cuts_and_absence() {
    let (double, store) = start().await;
    let other = connect(&double);
    let mut subscription = Subscription::new(store, 0, 3);
    let mut seen = Vec::new();
    for round in 0..4_u64 {
        let stream = format!("s-{round}");
        let events = made_by(round.into(), &stream, 0, 5);
        double.cut();
        if round % 2 == 1 {
            double.refuse(true);
            assert!(subscription.next().await.is_err() || subscription.next().await.is_err());
            double.refuse(false);
        }
        // Whatever became of the first try, the next one finds it.
        let append =
            async || other.append(&stream, Expected::NoStream, events.clone()).await.is_ok();
        eventually("the events are written", LONG, append).await;
        let begun = Instant::now();
        while seen.len() < 5 * (usize::try_from(round).unwrap() + 1) {
            assert!(begun.elapsed() < LONG, "the follower stalled");
            if let Ok(batch) = subscription.next().await {
                seen.extend(batch.events);
            }
        }
    }
    let places: Vec<_> = seen.iter().map(|it| (it.stream.clone(), it.revision)).collect();
    let written: Vec<_> = (0..4).flat_map(|s| (0..5).map(move |r| (format!("s-{s}"), r))).collect();
    assert_eq!(places, written, "once each, and in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_of_other_processes_arrive_where_subscriptions_end() {
    let (double, here) = start().await;
    double.end_subscriptions();
    let there = connect(&double);
    let begun = Instant::now();
    let mut after = 0;
    for n in 0..3_u64 {
        let stream = format!("s-{n}");
        let append = there.append(&stream, Expected::NoStream, made_by(n.into(), &stream, 0, 1));
        let ((), appended) = futures::join!(here.changed(after, LONG), append);
        after = appended.unwrap().position;
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "nobody woke the follower");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_is_not_spinning() {
    let (double, store) = start().await;
    let appended = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    store.changed(appended.position, Duration::from_secs(1)).await;
    let before = double.reads();
    store.changed(appended.position, Duration::from_secs(2)).await;
    let reads = double.reads() - before;
    assert!((1..=21).contains(&reads), "{reads} looks in two seconds");
}

/// Why the store does not use the client's subscriptions. The thread it leaves spinning ends with this test's process.
#[test]
fn the_client_itself_turns_for_ever_where_a_subscription_ends() {
    prepare().unwrap();
    let (report, reports) = std::sync::mpsc::channel();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let double = runtime.block_on(Double::start());
    double.end_subscriptions();
    let settings = double.url().parse::<ClientSettings>().unwrap();
    std::thread::spawn(move || {
        let clients = tokio::runtime::Runtime::new().unwrap();
        clients.block_on(async move {
            let client = Client::new(settings).unwrap();
            let mut events = client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
            let _ = report.send("subscribed");
            let _ = timeout(Duration::from_secs(1), events.next()).await;
            let _ = report.send("the timeout came");
        });
    });
    assert_eq!(reports.recv_timeout(OVER), Ok("subscribed"));
    assert!(reports.recv_timeout(Duration::from_secs(4)).is_err(), "subscriptions can be used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_appends_fail_nobody_else() {
    let (_double, store) = start().await;
    let first = made_by(1, "taken", 0, 1);
    store.append("taken", Expected::NoStream, first).await.unwrap();
    let append = async |n: u64| {
        let stream = if n.is_multiple_of(2) { "taken".to_owned() } else { format!("s-{n}") };
        store.append(&stream, Expected::NoStream, made_by((100 + n).into(), &stream, 0, 1)).await
    };
    let answers = join_all((0..40).map(append)).await;
    for (n, answer) in answers.iter().enumerate() {
        match answer {
            Ok(_) => assert_eq!(n % 2, 1),
            Err(AppendError::Conflict { actual: Some(0), .. }) => assert_eq!(n % 2, 0),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    assert_eq!(store.read_all(0, 100).await.unwrap().len(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_hangs_where_answers_are_late() {
    let (double, store) = start().await;
    store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    double.late(Duration::from_hours(1));
    let append = store.append("s-1", Expected::Exact(0), made_by(2, "s-1", 1, 1));
    let calls = async {
        futures::join!(append, store.head(), store.read_all(0, 9), store.read_stream("s-1", 0, 9))
    };
    let (append, head, all, stream) = timeout(OVER, calls).await.expect("an answer in time");
    assert!(matches!(append, Err(AppendError::Unavailable(_))), "{append:?}");
    assert!(head.is_err() && all.is_err() && stream.is_err());

    double.late(Duration::ZERO);
    works_again(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_was_lost_is_repeated() {
    let (double, store) = start().await;
    double.lose_answers(true);
    let events = made_by(1, "s-1", 0, 2);
    let lost = store.append("s-1", Expected::NoStream, events.clone()).await;
    assert!(matches!(lost, Err(AppendError::Unavailable(_))), "{lost:?}");

    double.lose_answers(false);
    let appended = store.append("s-1", Expected::NoStream, events).await.unwrap();
    let all = store.read_all(0, 10).await.unwrap();
    assert_eq!(all.len(), 2, "recorded once");
    assert_eq!((appended.revision, appended.position), (1, all[1].position));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgetful_server_is_asked_where_the_events_stand() {
    for forget in [Double::forget_positions, Double::forget_ids] {
        let (double, store) = start().await;
        let events = made_by(1, "s-1", 0, 2);
        let first = store.append("s-1", Expected::NoStream, events.clone()).await.unwrap();
        store.append("s-1", Expected::Exact(1), made_by(2, "s-1", 2, 1)).await.unwrap();
        forget(&double);
        let again = store.append("s-1", Expected::NoStream, events).await.unwrap();
        assert_eq!(again, first);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_keeps_for_itself_is_neither_written_nor_read() {
    let (_double, store) = start().await;
    for n in 0..100 {
        let stream = format!("s-{n}");
        store.append(&stream, Expected::NoStream, made_by(n, &stream, 0, 1)).await.unwrap();
    }
    let all = store.read_all(0, 1_000).await.unwrap();
    assert_eq!(all.len(), 100, "as many of the server's own stand between them");
    assert!(all.iter().all(|it| it.kind == "test.happened.v1"));
    assert_eq!(store.read_stream("$stats-127.0.0.1:2113", 0, 10).await.unwrap(), []);

    let to_its_stream = store.append("$s", Expected::NoStream, made_by(1, "$s", 0, 1)).await;
    assert!(matches!(to_its_stream, Err(AppendError::Refused(_))), "{to_its_stream:?}");
    let mut of_its_kind = made_by(1, "s", 0, 1);
    "$metadata".clone_into(&mut of_its_kind[0].kind);
    let of_its_kind = store.append("s", Expected::NoStream, of_its_kind).await;
    assert!(matches!(of_its_kind, Err(AppendError::Refused(_))), "{of_its_kind:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_own_events_are_read_over_once() {
    let (double, store) = start().await;
    let last = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    double.record_own(5_000);
    let reads = async |what: &str, most: u64| {
        let before = double.reads();
        assert!(store.read_all(last.position, 9).await.unwrap().is_empty(), "{what}");
        assert_eq!(store.head().await.unwrap(), last.position, "{what}");
        let reads = double.reads() - before;
        assert!(reads <= most, "{what}: {reads} pages");
    };
    reads("at first all of them", 200).await;
    reads("and then none", 2).await;
    // Somebody who begins anew does not take that from those who have been through.
    assert_eq!(store.read_all(0, 1).await.unwrap().len(), 1);
    double.record_own(30);
    reads("only what is new", 3).await;

    let next = store.append("s-1", Expected::Exact(0), made_by(2, "s-1", 1, 1)).await.unwrap();
    assert_eq!(store.read_all(last.position, 9).await.unwrap()[0].position, next.position);
    assert_eq!(store.head().await.unwrap(), next.position);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_over_is_forgotten_with_the_log_it_was_in() {
    let (double, store) = start().await;
    let last = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    double.record_own(1_000);
    assert!(store.read_all(last.position, 9).await.unwrap().is_empty());
    assert_eq!(store.head().await.unwrap(), last.position);

    // The server's own event before ours, and ours.
    double.restore(2);
    assert_eq!(store.head().await.unwrap(), last.position);
    let next = store.append("s-1", Expected::Exact(0), made_by(2, "s-1", 1, 1)).await.unwrap();
    let read = store.read_all(last.position, 9).await.unwrap();
    assert_eq!(read.first().map(|it| it.position), Some(next.position), "passed over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_urls_credentials_are_given_with_every_call() {
    let (double, store) = start().await;
    store.head().await.unwrap();
    assert_eq!(double.authorization(), None);

    // As they stand in the URL: the client decodes nothing.
    for (login, header) in [
        ("admin:changeit", "Basic YWRtaW46Y2hhbmdlaXQ="),
        ("admin:100%25", "Basic YWRtaW46MTAwJTI1"),
    ] {
        let url = double.url().replacen("://", &format!("://{login}@"), 1);
        let store: Store = Arc::new(EventStoreDb::connect(&url).unwrap());
        store.head().await.unwrap();
        assert_eq!(double.authorization().as_deref(), Some(header));
        let stream = format!("s-{}", login.len());
        store.append(&stream, Expected::NoStream, made_by(1, &stream, 0, 1)).await.unwrap();
        assert_eq!(double.authorization().as_deref(), Some(header));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_is_told_so() {
    let (double, store) = start().await;
    double.deny(true);
    let refused = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await;
    assert!(
        matches!(refused, Err(AppendError::Hindered { hindrance: Hindrance::Login, .. })),
        "{refused:?}"
    );
    for read in [store.head().await.map(drop), store.read_stream("s-1", 0, 1).await.map(drop)] {
        assert!(
            matches!(read, Err(ReadError::Hindered { hindrance: Hindrance::Login, .. })),
            "{read:?}"
        );
    }
    double.deny(false);
    store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.expect("let in again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_the_server_finds_too_large_is_refused_and_says_so() {
    let (double, store) = start().await;
    double.take_at_most(100);
    let mut events = made_by(1, "s-1", 0, 2);
    events[1].data = format!("\"{}\"", "x".repeat(200)).into_bytes();
    match store.append("s-1", Expected::NoStream, events).await {
        Err(AppendError::Refused(why)) => assert!(why.contains("Maximum Append Size"), "{why}"),
        other => panic!("{other:?}"),
    }
    store.append("s-1", Expected::NoStream, made_by(2, "s-1", 0, 2)).await.expect("nothing of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_says_its_version_if_it_is_new_enough_to_be_asked() {
    let double = Double::start().await;
    for (says, version) in [
        (Some("24.10.0"), Some([24, 10, 0])),
        (Some("25.0.1-prerelease"), Some([25, 0, 1])),
        (None, None),
    ] {
        double.be(says);
        let store = EventStoreDb::connect(&double.url()).unwrap();
        assert_eq!(store.version().await.unwrap(), version);
        works_again(&(Arc::new(store) as Store)).await;
    }
}

#[tokio::test]
async fn a_url_that_is_none_is_said_at_once_and_not_repeated() {
    for url in [
        "",
        "esdb://",
        "http://localhost:2113",
        "esdb://localhost:2113?tls=perhaps",
        "esdb://me:secret@?x",
        "esdb://me:sec/secret@localhost:2113",
        "esdb://me:secret@localhost:2113,other:secret",
    ] {
        match EventStoreDb::connect(url) {
            Err(error @ ConnectError::Url(_)) => {
                let said = error.to_string();
                assert!(!said.contains("secret"), "{said}");
                assert!(std::error::Error::source(&error).is_none(), "nothing that repeats it");
            }
            other => panic!("{url}: {:?}", other.err()),
        }
    }
}
