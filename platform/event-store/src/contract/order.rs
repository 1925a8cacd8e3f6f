//! What the whole log promises to those who follow it.
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use tokio::time::Instant;
use uuid::Uuid;

use super::{NOTHING, at, event, events, positions, read_everything};
use crate::times::SLACK;
use crate::{AppendError, Expected, Position, Run, Store, Subscription, Untaken, open_log};

/// Longer than anything here takes. Who waits for this long was not woken.
const LONG: Duration = Duration::from_mins(1);

/// Sooner than the store's own looking would have woken anybody.
const AT_ONCE: Duration = Duration::from_secs(20);

pub async fn everything_has_one_order(store: &Store) {
    let mut ends = Vec::new();
    for n in 0..6 {
        let stream = format!("s-{}", n % 3);
        let expected = if n < 3 { Expected::NoStream } else { Expected::Exact(0) };
        ends.push(store.append(&stream, expected, events([n])).await.unwrap().position);
    }
    let all = read_everything(store).await;
    assert_eq!(positions(&all), ends, "in the order of the commits");
    assert!(ends.is_sorted_by(|one, next| one < next) && 0 < ends[0]);
    let streams: Vec<_> = all.iter().map(|it| (it.stream.as_str(), it.revision)).collect();
    assert_eq!(streams, [("s-0", 0), ("s-1", 0), ("s-2", 0), ("s-0", 1), ("s-1", 1), ("s-2", 1)]);
    assert_eq!(
        all.iter().map(|it| it.id).collect::<Vec<_>>(),
        (0..6).map(|it| event(it).id).collect::<Vec<_>>()
    );

    let page = async |after, limit| positions(&store.read_all(after, limit).await.unwrap());
    assert_eq!(page(0, 2).await, ends[..2]);
    assert_eq!(page(ends[1], 3).await, ends[2..5]);
    assert_eq!(page(ends[4], 3).await, ends[5..]);
    assert_eq!(page(ends[5], 3).await, NOTHING);
    assert_eq!(page(Position::MAX, 3).await, NOTHING);
    assert_eq!(page(0, 0).await, NOTHING);
    assert_eq!(store.head().await.unwrap(), ends[5]);
}

fn run(stream: &str, expected: Expected, numbers: std::ops::Range<u32>) -> Run {
    Run { stream: stream.to_owned(), expected, events: events(numbers) }
}

pub async fn runs_are_appended_in_their_order(store: &Store) {
    store.append("c", Expected::NoStream, events([99])).await.unwrap();
    let runs = vec![
        run("a", Expected::NoStream, 0..2),
        run("b", Expected::NoStream, 2..3),
        run("a", Expected::Exact(1), 3..4),
        run("c", Expected::Exact(0), 4..7),
        run("b", Expected::Exact(0), 7..8),
    ];
    let appended = store.append_in_order(runs.clone()).await.unwrap();
    let all = read_everything(store).await;
    let ids: Vec<_> = all.iter().map(|it| it.id).collect();
    assert_eq!(ids, [99, 0, 1, 2, 3, 4, 5, 6, 7].map(|it| event(it).id), "across streams too");
    let ends: Vec<_> = appended.iter().map(|it| (it.revision, it.position)).collect();
    let last = [2, 3, 4, 7, 8].map(|it: usize| (all[it].revision, all[it].position));
    assert_eq!(ends, last);

    assert_eq!(store.append_in_order(runs).await.unwrap(), appended, "found, and not done twice");
    assert_eq!(read_everything(store).await, all);
    assert_eq!(store.append_in_order(Vec::new()).await.unwrap(), []);
}

pub async fn of_runs_those_before_a_bad_one_are_recorded(store: &Store) {
    let mut good = 0;
    for bad in [run("a", Expected::Exact(7), 9..10), run("no name", Expected::NoStream, 9..10)] {
        let conflicts = bad.stream == "a";
        let stream = format!("s-{good}");
        let runs = vec![
            run(&stream, Expected::NoStream, good..good + 1),
            run(&stream, Expected::Exact(0), good + 1..good + 2),
            bad,
            run("behind", Expected::NoStream, 20..21),
        ];
        let Untaken { at, error } = store.append_in_order(runs).await.unwrap_err();
        let is_why = match error {
            AppendError::Conflict { .. } => conflicts,
            AppendError::Refused(_) => !conflicts,
            _ => false,
        };
        assert!(at == 2 && is_why, "{at}: {error:?}");
        good += 2;
        let ids: Vec<_> = read_everything(store).await.iter().map(|it| it.id).collect();
        assert_eq!(ids, (0..good).map(|it| event(it).id).collect::<Vec<_>>(), "a hole, or more");
    }
}

pub async fn everything_reads_backwards(store: &Store) {
    assert_eq!(store.head().await.unwrap(), 0, "the log is empty");
    assert_eq!(store.read_all_backwards(None, 5).await.unwrap(), []);
    store.append("s-1", Expected::NoStream, events(0..4)).await.unwrap();
    store.append("s-2", Expected::NoStream, events(4..6)).await.unwrap();
    let all = positions(&read_everything(store).await);
    let newest_first: Vec<_> = all.iter().rev().copied().collect();

    let page =
        async |before, limit| positions(&store.read_all_backwards(before, limit).await.unwrap());
    assert_eq!(page(None, 4).await, newest_first[..4]);
    assert_eq!(page(Some(newest_first[3]), 4).await, newest_first[4..]);
    assert_eq!(page(Some(all[0]), 4).await, NOTHING);
    assert_eq!(page(Some(0), 4).await, NOTHING);
    assert_eq!(page(Some(Position::MAX), usize::MAX).await, newest_first);
    assert_eq!(page(None, 0).await, NOTHING);
}

pub async fn positions_are_found_by_time(store: &Store) {
    assert_eq!(store.position_at(at(0)).await.unwrap(), 0);
    // More than a page, and with clocks that were corrected and commands that took their time: 1,530 stands behind 1,640.
    store.append("s-1", Expected::NoStream, events((0..150).map(|it| it * 10))).await.unwrap();
    store.append("s-2", Expected::NoStream, events([1_600, 1_640, 1_530, 1_650])).await.unwrap();
    for batch in 0..3 {
        let stream = format!("t-{batch}");
        let later = events((0..250).map(|it| 3_000 + batch * 250 + it));
        store.append(&stream, Expected::NoStream, later).await.unwrap();
    }
    let all = read_everything(store).await;
    let slack = SignedDuration::try_from(SLACK).unwrap();

    for second in [-1, 0, 1, 120, 121, 130, 1_000, 1_530, 1_600, 1_640, 1_700, 2_500, 3_200, 99_999]
    {
        let found = store.position_at(at(second)).await.unwrap();
        let (before, behind) = all.split_at(all.iter().filter(|it| it.position <= found).count());
        assert!(found == before.last().map_or(0, |it| it.position), "a place between two events");
        assert!(before.iter().all(|it| it.meta.at < at(second)), "{second}: some would be missed");
        let next = behind.first().is_none_or(|it| at(second) - slack <= it.meta.at);
        assert!(next, "{second}: earlier than need be");
    }
}

pub async fn a_follower_sees_everything_once_and_in_order(store: &Store) {
    const WRITERS: u32 = 8;
    const EACH: u32 = 25;
    let write = async |writer: u32| {
        let stream = format!("s-{writer}");
        let mut expected = Expected::NoStream;
        for n in 0..EACH {
            let appended =
                store.append(&stream, expected, events([writer * EACH + n])).await.unwrap();
            expected = Expected::Exact(appended.revision);
        }
    };
    let follow = async {
        let mut subscription = Subscription::new(store.clone(), 0, 7);
        let mut seen = Vec::new();
        while seen.len() < (WRITERS * EACH) as usize {
            let batch = subscription.next().await.unwrap();
            assert!(batch.events.len() <= 7);
            seen.extend(batch.events);
        }
        seen
    };
    let (seen, _) = futures::join!(follow, join_all((0..WRITERS).map(write)));
    assert_eq!(
        seen,
        read_everything(store).await,
        "nothing came to stand behind the follower's back"
    );
}

pub async fn a_follower_is_woken(store: &Store) {
    let begun = Instant::now();
    let mut after = 0;
    for n in 0..5 {
        let stream = format!("s-{n}");
        let append = store.append(&stream, Expected::NoStream, events([n]));
        let ((), appended) = futures::join!(store.changed(after, LONG), append);
        after = appended.unwrap().position;
    }
    assert!(begun.elapsed() < AT_ONCE, "nobody woke the follower");
}

pub async fn news_from_before_the_wait_are_not_missed(store: &Store) {
    let begun = Instant::now();
    let first = store.append("s-1", Expected::NoStream, events([1])).await.unwrap();
    let second = store.append("s-1", Expected::Exact(0), events([2])).await.unwrap();
    store.changed(0, LONG).await;
    store.changed(first.position, LONG).await;
    assert!(begun.elapsed() < AT_ONCE, "what was there already woke nobody");
    assert!(first.position < second.position);
}

pub async fn waiting_ends_by_itself(store: &Store) {
    let begun = Instant::now();
    let appended = store.append("s-1", Expected::NoStream, events([1])).await.unwrap();
    store.changed(appended.position, Duration::from_millis(20)).await;
    assert!(begun.elapsed() < AT_ONCE, "waiting went on");
}

pub async fn a_log_is_given_its_id_once(store: &Store) {
    let candidates: Vec<_> = (1..=8).map(Uuid::from_u128).collect();
    let openings = candidates.iter().map(|it| open_log(store, *it, at(0)));
    let ids: Vec<_> = join_all(openings).await.into_iter().map(Result::unwrap).collect();
    assert!(candidates.contains(&ids[0].0));
    assert!(ids.iter().all(|it| *it == ids[0]), "{ids:?}");

    let later = open_log(store, Uuid::from_u128(99), at(1)).await.unwrap();
    assert_eq!(later, ids[0]);
    let all = read_everything(store).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].stream.as_str(), all[0].kind.as_str()), ("log", "log.opened.v1"));
}
