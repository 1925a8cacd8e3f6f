//! Several nodes of EventStoreDB, played by doubles: whoever leads is found and asked, whatever becomes of the others.
use std::sync::Arc;
use std::time::Duration;

use event_store::eventstoredb::EventStoreDb;
use event_store::{Expected, Store, Subscription};
use testing::eventually;
use tokio::time::Instant;

use crate::double::cluster::Cluster;
use crate::support::made_by;

const LONG: Duration = Duration::from_mins(1);

fn connect(url: &str) -> Store {
    Arc::new(EventStoreDb::connect(url).unwrap())
}

async fn append(store: &Store, n: u64) -> bool {
    let stream = format!("s-{n}");
    store.append(&stream, Expected::NoStream, made_by(n.into(), &stream, 0, 2)).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leader_is_found_from_any_seed_and_nobody_else_is_read() {
    for leader in [0, 1] {
        let cluster = Cluster::start().await;
        cluster.lead(leader);
        for (n, url) in (0..).zip([cluster.seeds(), cluster.discover(0), cluster.discover(1)]) {
            let store = connect(&url);
            assert!(append(&store, n).await, "{url}");
            assert_eq!(store.read_stream(&format!("s-{n}"), 0, 9).await.unwrap().len(), 2);
        }
        // A follower may be behind: what is refused there might be possible.
        assert_eq!(cluster.nodes[1 - leader].reads(), 0, "a follower was read");
    }
}

/// Somebody who wants to read anywhere does not get his way: what is decided is decided on what the leader knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preference_for_followers_is_not_heeded() {
    let cluster = Cluster::start().await;
    let store = connect(&format!("{}&nodePreference=follower", cluster.seeds()));
    assert!(append(&store, 1).await);
    assert_eq!(store.read_all(0, 9).await.unwrap().len(), 2);
    assert_eq!(cluster.nodes[1].reads(), 0, "a follower was read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_steps_down_is_left_without_a_failure() {
    let cluster = Cluster::start().await;
    let store = connect(&cluster.seeds());
    for n in 0..6 {
        let leader = usize::try_from(n % 2).unwrap();
        cluster.lead(leader);
        assert!(append(&store, n).await, "asked again where the leader is");
        let before = cluster.nodes[leader].reads();
        assert_eq!(store.read_stream(&format!("s-{n}"), 0, 9).await.unwrap().len(), 2);
        assert!(before < cluster.nodes[leader].reads());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_dies_is_followed_by_the_next() {
    let cluster = Cluster::start().await;
    let store = connect(&cluster.seeds());
    let mut subscription = Subscription::new(store.clone(), 0, 100);
    assert!(append(&store, 0).await);
    let mut seen = subscription.next().await.unwrap().events;

    cluster.lose(0);
    cluster.lead(1);
    eventually("the other node takes appends", LONG, async || append(&store, 1).await).await;
    let begun = Instant::now();
    while seen.len() < 4 {
        assert!(begun.elapsed() < LONG, "the follower stalled");
        if let Ok(batch) = subscription.next().await {
            seen.extend(batch.events);
        }
    }
    let places: Vec<_> = seen.iter().map(|it| (it.stream.as_str(), it.revision)).collect();
    assert_eq!(places, [("s-0", 0), ("s-0", 1), ("s-1", 0), ("s-1", 1)], "once each, in order");
}
